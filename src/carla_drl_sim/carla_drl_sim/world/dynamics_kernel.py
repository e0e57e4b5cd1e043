"""Compiled kernel of the vehicle dynamics: one planar single-track car per row.

The model is the linear single-track model of Riekert and Schunck (1940) with Fiala's (1954) saturating lateral tyre
force, limited by the friction circle. Slip is the sideways speed of an axle over its rolling speed; below
`SLIP_SPEED` the rolling speed is held there, which turns the tyre into a damper: the car then follows its wheels like
a kinematic model and comes to rest without the singularity of the slip angle at standstill.

Axes: x forward, y right, yaw clockwise seen from above (CARLA's). In the plane these are an ordinary pair of axes.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inline

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# Columns of the parameter table.
(
    MASS,
    YAW_INERTIA,
    TO_FRONT,
    TO_REAR,
    MAX_STEER,
    STEER_RATE,
    POWER,
    TRACTIVE_FORCE,
    FRONT_DRIVE,
    TOP_SPEED,
    DRAG,
    ROLLING_FORCE,
    BRAKE_FORCE,
    HAND_BRAKE_FORCE,
    FRICTION,
    FRONT_TRACTION,
    REAR_TRACTION,
    FRONT_CORNERING,
    REAR_CORNERING,
    NUM_PARAMETERS,
) = range(20)

# Columns of the control array.
THROTTLE, STEER, BRAKE, HAND_BRAKE, REVERSE, MANUAL, GEAR, NUM_CONTROLS = range(8)

GRAVITY = 9.81
MAX_SUBSTEP = 0.01
SLIP_SPEED = 2.5
"""Least rolling speed in the slip, m/s; keeps the tyre's time constant above the substep."""
REVERSE_TOP_SPEED = 10.0
SUSPENSION_TRAVEL = 0.15
"""A car no more than this above the ground (m) has its wheels on the ground."""
GRIP_USE = 0.99
"""Share of an axle's grip that drive and brakes can use, as anti-lock and traction control leave some."""
REST_SPEED = 0.02


@compiled_inline
def _limit(value: float, low: float, high: float, otherwise: float) -> float:
    """`value` between `low` and `high`; `otherwise` where it is not a number."""
    if value != value:
        return otherwise
    return min(max(value, low), high)


@compiled_inline
def _lateral_force(across: float, along: float, stiffness: float, grip: float) -> float:
    """Fiala's force (N) against a sideways speed `across` at rolling speed `along`; slope `stiffness` at 0."""
    slip = across / max(abs(along), SLIP_SPEED)
    if grip <= 0.0:
        return 0.0
    x = stiffness * abs(slip) / (3.0 * grip)
    force = grip if x >= 1.0 else grip * x * (3.0 - 3.0 * x + x * x)
    return -force if slip > 0.0 else force


@compiled
def step_all(
    rows: int,
    dt: float,
    substeps: int,
    ground_z: float,
    active: Bools,
    simulated: Bools,
    held: Bools,
    held_velocity: Floats,
    parameters: Floats,
    control: Floats,
    position: Floats,
    rotation: Floats,
    velocity: Floats,
    angular_velocity: Floats,
    acceleration: Floats,
    wheel_steer: Floats,
) -> None:
    """Advance rows 0..`rows` of the state by `substeps` steps of `dt` s, in place.

    Units are those of `VehicleDynamics`. Rows do not see each other, so a row's result does not depend on `rows`.
    """
    degree = math.pi / 180.0
    for i in range(rows):
        if not active[i]:
            continue
        if not simulated[i]:
            for k in range(3):
                velocity[i, k] = 0.0
                angular_velocity[i, k] = 0.0
                acceleration[i, k] = 0.0
            continue
        p = parameters[i]
        mass, inertia, to_front, to_rear = p[MASS], p[YAW_INERTIA], p[TO_FRONT], p[TO_REAR]
        front_load = mass * GRAVITY * to_rear / (to_front + to_rear)
        rear_load = mass * GRAVITY - front_load
        front_grip, rear_grip = p[FRICTION] * front_load, p[FRICTION] * rear_load
        front_traction, rear_traction = p[FRONT_TRACTION], p[REAR_TRACTION]
        front_stiffness, rear_stiffness = p[FRONT_CORNERING] * front_load, p[REAR_CORNERING] * rear_load

        throttle = _limit(control[i, THROTTLE], 0.0, 1.0, 0.0)
        brake = _limit(control[i, BRAKE], 0.0, 1.0, 0.0)
        target_steer = _limit(control[i, STEER], -1.0, 1.0, 0.0) * p[MAX_STEER]
        if control[i, MANUAL] > 0.5:
            gear = control[i, GEAR]
            direction = 1.0 if gear > 0.5 else (-1.0 if gear < -0.5 else 0.0)
        else:
            direction = -1.0 if control[i, REVERSE] > 0.5 else 1.0
        top_speed = p[TOP_SPEED] if direction > 0.0 else REVERSE_TOP_SPEED
        front_share = front_load / (front_load + rear_load)
        front_brake = brake * p[BRAKE_FORCE] * front_share
        rear_brake = brake * p[BRAKE_FORCE] - front_brake
        if control[i, HAND_BRAKE] > 0.5:
            rear_brake += p[HAND_BRAKE_FORCE]
        front_brake = min(front_brake, GRIP_USE * front_grip)
        rear_brake = min(rear_brake, GRIP_USE * rear_grip)
        slowing = front_brake + rear_brake + p[ROLLING_FORCE]

        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        yaw = rotation[i, 1] * degree
        world_vx, world_vy, vz = velocity[i, 0], velocity[i, 1], velocity[i, 2]
        before_x, before_y, before_z = world_vx, world_vy, vz
        rate = angular_velocity[i, 2] * degree
        steer = wheel_steer[i] * degree
        steer_step = p[STEER_RATE] * dt

        for _ in range(substeps):
            steer += min(max(target_steer - steer, -steer_step), steer_step)
            cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
            if z <= ground_z + SUSPENSION_TRAVEL:
                vx = world_vx * cos_yaw + world_vy * sin_yaw
                vy = world_vy * cos_yaw - world_vx * sin_yaw

                drive = throttle * min(p[TRACTIVE_FORCE], p[POWER] / max(abs(vx), 0.1))
                drive *= direction * min(max(top_speed - direction * vx, 0.0), 1.0)
                front_drive = drive * p[FRONT_DRIVE]
                rear_drive = drive - front_drive
                front_drive = min(max(front_drive, -front_traction), front_traction)
                rear_drive = min(max(rear_drive, -rear_traction), rear_traction)

                # Brakes oppose the motion and hold at rest; they use grip only as far as they resist something.
                rolling = min(abs(vx) / 0.5, 1.0)
                sign = 1.0 if vx >= 0.0 else -1.0
                front_use = (
                    GRIP_USE * front_drive / front_traction - sign * rolling * front_brake / front_grip
                )
                rear_use = GRIP_USE * rear_drive / rear_traction - sign * rolling * rear_brake / rear_grip
                front_use = min(max(front_use, -1.0), 1.0)
                rear_use = min(max(rear_use, -1.0), 1.0)

                cos_steer, sin_steer = math.cos(steer), math.sin(steer)
                front_vy = vy + to_front * rate
                along = vx * cos_steer + front_vy * sin_steer
                across = front_vy * cos_steer - vx * sin_steer
                front_side = _lateral_force(
                    across, along, front_stiffness, front_grip * math.sqrt(1.0 - front_use * front_use)
                )
                rear_side = _lateral_force(
                    vy - to_rear * rate, vx, rear_stiffness, rear_grip * math.sqrt(1.0 - rear_use * rear_use)
                )

                speed = math.sqrt(vx * vx + vy * vy)
                force_x = front_drive * cos_steer + rear_drive - front_side * sin_steer - p[DRAG] * speed * vx
                force_y = front_drive * sin_steer + front_side * cos_steer + rear_side - p[DRAG] * speed * vy
                torque = to_front * (front_drive * sin_steer + front_side * cos_steer) - to_rear * rear_side
                vx += dt * force_x / mass
                vy += dt * force_y / mass
                rate += dt * torque / inertia
                loss = dt * slowing / mass
                if abs(vx) <= loss:
                    vx = 0.0
                    if abs(vy) < REST_SPEED and abs(rate) < REST_SPEED:
                        vy = 0.0
                        rate = 0.0
                else:
                    vx -= loss if vx > 0.0 else -loss
                if held[i]:
                    vx, vy = held_velocity[i, 0], held_velocity[i, 1]
                world_vx = vx * cos_yaw - vy * sin_yaw
                world_vy = vx * sin_yaw + vy * cos_yaw
            x += dt * world_vx
            y += dt * world_vy
            yaw += dt * rate
            vz -= dt * GRAVITY
            z += dt * vz
            if z <= ground_z:
                z = ground_z
                vz = 0.0

        yaw_deg = yaw / degree
        rotation[i, 1] = yaw_deg - 360.0 * math.floor((yaw_deg + 180.0) / 360.0)
        if z <= ground_z + SUSPENSION_TRAVEL:
            rotation[i, 0] = 0.0
            rotation[i, 2] = 0.0
        position[i, 0], position[i, 1], position[i, 2] = x, y, z
        velocity[i, 0], velocity[i, 1], velocity[i, 2] = world_vx, world_vy, vz
        angular_velocity[i, 0] = 0.0
        angular_velocity[i, 1] = 0.0
        angular_velocity[i, 2] = rate / degree
        span = dt * substeps
        acceleration[i, 0] = (world_vx - before_x) / span
        acceleration[i, 1] = (world_vy - before_y) / span
        acceleration[i, 2] = (vz - before_z) / span
        wheel_steer[i] = steer / degree
