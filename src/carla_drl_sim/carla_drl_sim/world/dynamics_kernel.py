"""Compiled kernel of the vehicle dynamics: one single-track car per row, on flat or sloping ground.

The model is the linear single-track model of Riekert and Schunck (1940) with Fiala's (1954) saturating lateral tyre
force, limited by the friction circle. Slip is the sideways speed of an axle over its rolling speed; below
`SLIP_SPEED` the rolling speed is held there, which turns the tyre into a damper: the car then follows its wheels like
a kinematic model and comes to rest without the singularity of the slip angle at standstill.

On a slope the car moves in the plane through its wheels: gravity pulls along it, the axles carry what is left. The
axles' loads follow the longitudinal tyre force F by F h / L (h height of the centre of mass, L wheelbase).

Anti-lock brakes, traction and stability control are built in: drive and pedal leave the tyres what the corner asks for,
and the throttle closes where the front axle slides. Only the hand brake breaks the rear axle loose.

Axes: x forward, y right, yaw clockwise seen from above (CARLA's). In the plane these are an ordinary pair of axes.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import Table, float32_2, float64_1
from carla_drl_sim.world.compiled import compiled, compiled_inline
from carla_drl_sim.world.dynamics_ackermann import drive as ackermann_drive
from carla_drl_sim.world.dynamics_columns import (
    ACKERMANN_GEAR,
    AIR_DRAG,
    BRAKE,
    BRAKE_FORCE,
    CENTRE_HEIGHT,
    DRAG,
    FRICTION,
    FRONT_ACROSS,
    FRONT_ALONG,
    FRONT_CORNERING,
    FRONT_DRIVE,
    FRONT_LOAD,
    FULL_POWER_FROM,
    GEAR,
    GEAR_SPEED,
    GEARS,
    GRAVITY,
    GRIP_USE,
    HAND_BRAKE,
    HAND_BRAKE_FORCE,
    LEAST_ALONG,
    LEAST_LOAD,
    LOAD_TIME,
    MANUAL,
    MASS,
    MAX_STEER,
    MAX_SUBSTEP,
    POWER,
    REAR_ACROSS,
    REAR_ALONG,
    REAR_CORNERING,
    REAR_LOAD,
    REST_SPEED,
    REVERSE,
    REVERSE_SPEED,
    ROLLING_FORCE,
    SHIFT_DOWN,
    SHIFT_UP,
    SLIDING,
    SLIP_SPEED,
    STEER,
    STEER_CURVE,
    STEER_CURVE_POINTS,
    STEER_CURVE_STEP,
    STEER_RATE,
    SUSPENSION_TRAVEL,
    THROTTLE,
    TO_FRONT,
    TO_REAR,
    TOP_SPEED,
    TRACK,
    TRACTIVE_FORCE,
    WHEEL_RADIUS,
    YAW_INERTIA,
)
from carla_drl_sim.world.dynamics_ground import plane_below
from carla_drl_sim.world.vehicle_arrays import driving, influences, motion, present, wheels

Floats = npt.NDArray[np.float64]


@compiled_inline
def _limit(value: float, low: float, high: float, otherwise: float) -> float:
    """`value` between `low` and `high`; `otherwise` where it is not a number."""
    if value != value:
        return otherwise
    return min(max(value, low), high)


@compiled_inline
def _lateral_force(slip: float, stiffness: float, grip: float) -> float:
    """Fiala's force (N) against a slip (sideways over rolling speed) of slope `stiffness` at 0."""
    if grip <= 0.0:
        return 0.0
    x = stiffness * abs(slip) / (3.0 * grip)
    force = grip if x >= 1.0 else grip * x * (3.0 - 3.0 * x + x * x)
    return -force if slip > 0.0 else force


@compiled_inline
def _force_left(side: float, grip: float) -> float:
    """Greatest drive or brake force (N) of an axle that stability control allows beside the lateral force `side`."""
    return GRIP_USE * math.sqrt(max(grip * grip - side * side, LEAST_ALONG * LEAST_ALONG * grip * grip))


@compiled
def _steering_share(row: Floats, speed: float) -> float:
    """Share of the steering angle that is left at a speed, from the tabled steering curve."""
    place = min(abs(speed) / STEER_CURVE_STEP, STEER_CURVE_POINTS - 1.0)
    index = min(int(place), STEER_CURVE_POINTS - 2)
    below, above = row[STEER_CURVE + index], row[STEER_CURVE + index + 1]
    return float(below + (above - below) * (place - index))


@compiled
def _engaged_gear(row: Floats, control: Floats, current: int, speed: float) -> int:
    """Gear in this step: the chosen one, or what the automatic gearbox takes; -1 reverse, 0 neutral."""
    if control[MANUAL] > 0.5:
        chosen = control[GEAR]
        if chosen < -0.5:
            return -1
        return min(int(chosen + 0.5), int(row[GEARS])) if chosen > 0.5 else 0
    if control[REVERSE] > 0.5:
        return -1
    gear = max(current, 1)
    while gear < int(row[GEARS]) and speed > SHIFT_UP * row[GEAR_SPEED + gear - 1]:
        gear += 1
    while gear > 1 and speed < SHIFT_DOWN * row[GEAR_SPEED + gear - 1]:
        gear -= 1
    return gear


@compiled
def step_vehicles(vehicles: Table, below: Table, span: float, road_friction: float) -> None:
    """Advance all vehicles by `span` s, in place, in equal substeps of at most `MAX_SUBSTEP`.

    Units are those of `VehicleDynamics`. Vehicles do not see each other, so what one does is the same whoever is there.

    Args:
        vehicles, below: `table` and `ground` of `VehicleDynamics`.
        road_friction: factor on the friction of all tyres.
    """
    active, _, simulated = present(vehicles)
    falls, held, held_velocity = influences(vehicles)
    control, ackermann, gears, parameters = driving(vehicles)
    position, rotation, velocity, angular_velocity, acceleration = motion(vehicles)
    wheel_steer, wheel_turn, axles, moved_load = wheels(vehicles)
    numbers, ground, deck = float64_1(below, 0), float32_2(below, 1), float32_2(below, 2)
    origin_x, origin_y, cell, ground_z = numbers[0], numbers[1], numbers[2], numbers[3]
    is_flat = numbers[4] != 0.0
    degree = math.pi / 180.0
    substeps = max(1, math.ceil(span / MAX_SUBSTEP - 1e-9))
    dt = span / substeps
    span = dt * substeps
    for i in range(active.size):
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
        wheelbase = to_front + to_rear
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        yaw = rotation[i, 1] * degree
        world_vx, world_vy, vz = velocity[i, 0], velocity[i, 1], velocity[i, 2]
        before_x, before_y, before_z = world_vx, world_vy, vz
        rate = angular_velocity[i, 2] * degree
        steer = wheel_steer[i] * degree

        # The plane below the wheels: height at (from_x, from_y) and its gradient.
        cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
        from_x, from_y, plane_z = x, y, ground_z
        gradient_x, gradient_y = 0.0, 0.0
        sin_pitch, cos_pitch, sin_roll, cos_roll = 0.0, 1.0, 0.0, 1.0
        is_sloped = False
        start_pitch, start_roll = 0.0, 0.0
        if not is_flat:
            plane_z, along, across = plane_below(
                x, y, z, cos_yaw, sin_yaw, to_front, to_rear, p[TRACK], origin_x, origin_y, cell, ground, deck
            )
            is_sloped = along != 0.0 or across != 0.0
            gradient_x = along * cos_yaw - across * sin_yaw
            gradient_y = along * sin_yaw + across * cos_yaw
            cos_pitch, cos_roll = 1.0 / math.sqrt(1.0 + along * along), 1.0 / math.sqrt(1.0 + across * across)
            sin_pitch, sin_roll = along * cos_pitch, across * cos_roll
            start_pitch, start_roll = math.atan(along), -math.atan(across)

        vx = (world_vx * cos_yaw + world_vy * sin_yaw) * cos_pitch + vz * sin_pitch
        vy = (world_vy * cos_yaw - world_vx * sin_yaw) * cos_roll + vz * sin_roll
        if control[i, GEAR] == ACKERMANN_GEAR:
            ackermann_drive(ackermann[i], control[i], p[MAX_STEER], vx, span)
        gear = _engaged_gear(p, control[i], gears[i], vx)
        gears[i] = gear
        direction = 1.0 if gear > 0 else (-1.0 if gear < 0 else 0.0)
        throttle = _limit(control[i, THROTTLE], 0.0, 1.0, 0.0)
        brake = _limit(control[i, BRAKE], 0.0, 1.0, 0.0)
        target_steer = _limit(control[i, STEER], -1.0, 1.0, 0.0) * p[MAX_STEER] * _steering_share(p, vx)
        rev_limit = p[GEAR_SPEED + gear - 1] if gear > 0 else p[REVERSE_SPEED]
        top_speed = min(p[TOP_SPEED], rev_limit) if gear > 0 else rev_limit
        full_power_from = max(p[FULL_POWER_FROM] * rev_limit, 0.1) if gear > 0 else 0.1
        hand_brake = p[HAND_BRAKE_FORCE] if control[i, HAND_BRAKE] > 0.5 else 0.0
        steer_step = p[STEER_RATE] * dt
        friction = p[FRICTION] * road_friction
        falling = GRAVITY if falls[i] else 0.0
        least_load = LEAST_LOAD * mass * GRAVITY
        per_mass, per_inertia = dt / mass, dt / inertia
        rear_share, lever = to_front / wheelbase, p[CENTRE_HEIGHT] / wheelbase
        settling = min(dt / LOAD_TIME, 1.0)
        # Grip follows the load that braking moves, stiffness that at rest: it hardly grows beyond the nominal load.
        front_stiffness = p[FRONT_CORNERING] * mass * GRAVITY * to_rear / wheelbase
        rear_stiffness = p[REAR_CORNERING] * mass * GRAVITY * to_front / wheelbase
        moved = moved_load[i]
        rolled = 0.0
        front_load, rear_load, front_along, rear_along, front_side, rear_side, drag = (
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
        )

        for step in range(substeps):
            steer += min(max(target_steer - steer, -steer_step), steer_step)
            if step > 0:
                cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
                if is_sloped:
                    along = gradient_x * cos_yaw + gradient_y * sin_yaw
                    across = gradient_y * cos_yaw - gradient_x * sin_yaw
                    cos_pitch = 1.0 / math.sqrt(1.0 + along * along)
                    cos_roll = 1.0 / math.sqrt(1.0 + across * across)
                    sin_pitch, sin_roll = along * cos_pitch, across * cos_roll
            surface = plane_z + gradient_x * (x - from_x) + gradient_y * (y - from_y)
            if z <= surface + SUSPENSION_TRAVEL:
                vx = (world_vx * cos_yaw + world_vy * sin_yaw) * cos_pitch + vz * sin_pitch
                vy = (world_vy * cos_yaw - world_vx * sin_yaw) * cos_roll + vz * sin_roll

                weight = mass * GRAVITY * cos_pitch * cos_roll
                rear_load = weight * rear_share + moved
                rear_load = min(max(rear_load, least_load), weight - least_load)
                front_load = weight - rear_load
                front_grip, rear_grip = friction * front_load, friction * rear_load

                # What the tyres would do without drive and brakes.
                cos_steer, sin_steer = math.cos(steer), math.sin(steer)
                front_vy = vy + to_front * rate
                forward = vx * cos_steer + front_vy * sin_steer
                sideways = front_vy * cos_steer - vx * sin_steer
                front_slip = sideways / max(abs(forward), SLIP_SPEED)
                rear_slip = (vy - to_rear * rate) / max(abs(vx), SLIP_SPEED)
                front_asked = _lateral_force(front_slip, front_stiffness, front_grip)
                front_limit = _force_left(front_asked, front_grip)
                rear_asked = _lateral_force(rear_slip, rear_stiffness, rear_grip)
                rear_limit = _force_left(rear_asked, rear_grip)

                drive = throttle * min(p[TRACTIVE_FORCE], p[POWER] / max(abs(vx), full_power_from))
                drive *= direction * min(max(top_speed - direction * vx, 0.0), 1.0)
                # Stability control takes the engine back where the front tyres do not follow the steering any more.
                drive *= min(max((front_grip - abs(front_asked)) / (SLIDING * front_grip), 0.0), 1.0)
                front_drive = drive * p[FRONT_DRIVE]
                rear_drive = drive - front_drive
                front_drive = min(max(front_drive, -front_limit), front_limit)
                rear_drive = min(max(rear_drive, -rear_limit), rear_limit)

                # Brakes are shared out by load; they oppose the motion, hold at rest, and use grip only as far as
                # they resist something.
                front_brake = brake * p[BRAKE_FORCE] * front_load / weight
                rear_brake = min(brake * p[BRAKE_FORCE] - front_brake, rear_limit) + hand_brake
                # It also eases the front brake where the rear axle begins to slide: braking has unloaded it.
                steady = min(max((rear_grip - abs(rear_asked)) / (SLIDING * rear_grip), LEAST_ALONG), 1.0)
                front_brake = min(front_brake, steady * front_limit)
                rear_brake = min(rear_brake, GRIP_USE * rear_grip)
                rolling = min(abs(vx) / 0.5, 1.0)
                sign = 1.0 if vx >= 0.0 else -1.0
                front_along = front_drive - sign * rolling * front_brake
                rear_along = rear_drive - sign * rolling * rear_brake
                front_side = _lateral_force(
                    front_slip,
                    front_stiffness,
                    math.sqrt(max(front_grip * front_grip - front_along * front_along, 0.0)),
                )
                rear_side = _lateral_force(
                    rear_slip,
                    rear_stiffness,
                    math.sqrt(max(rear_grip * rear_grip - rear_along * rear_along, 0.0)),
                )

                speed = math.sqrt(vx * vx + vy * vy)
                drag = p[DRAG] * speed * vx
                pull_x = drag + mass * falling * sin_pitch
                pull_y = p[DRAG] * speed * vy + mass * falling * sin_roll
                force_x = front_drive * cos_steer + rear_drive - front_side * sin_steer - pull_x
                force_y = front_drive * sin_steer + front_side * cos_steer + rear_side - pull_y
                torque = to_front * (front_drive * sin_steer + front_side * cos_steer) - to_rear * rear_side
                vx_before = vx
                vx += per_mass * force_x
                vy += per_mass * force_y
                rate += per_inertia * torque
                loss = per_mass * (front_brake + rear_brake + p[ROLLING_FORCE])
                if abs(vx) <= loss:
                    vx = 0.0
                    if abs(vy) < REST_SPEED and abs(rate) < REST_SPEED:
                        vy = 0.0
                        rate = 0.0
                else:
                    vx -= loss if vx > 0.0 else -loss
                tyre_force = (vx - vx_before) / per_mass + pull_x
                moved += (tyre_force * lever - moved) * settling
                if held[i]:
                    vx, vy = held_velocity[i, 0], held_velocity[i, 1]
                    moved = 0.0
                rolled += dt * vx
                along_ground, across_ground = vx * cos_pitch, vy * cos_roll
                world_vx = along_ground * cos_yaw - across_ground * sin_yaw
                world_vy = along_ground * sin_yaw + across_ground * cos_yaw
            x += dt * world_vx
            y += dt * world_vy
            yaw += dt * rate
            vz -= dt * falling
            z += dt * vz
            surface = plane_z + gradient_x * (x - from_x) + gradient_y * (y - from_y)
            if z <= surface:
                z = surface
                vz = gradient_x * world_vx + gradient_y * world_vy

        yaw_deg = yaw / degree
        yaw_deg -= 360.0 * math.floor((yaw_deg + 180.0) / 360.0)
        pitch_rate, roll_rate = 0.0, 0.0
        if not is_flat:
            cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
            surface, along, across = plane_below(
                x, y, z, cos_yaw, sin_yaw, to_front, to_rear, p[TRACK], origin_x, origin_y, cell, ground, deck
            )
        if z <= surface + SUSPENSION_TRAVEL:
            pitch, roll = 0.0, 0.0
            if not is_flat:
                # From the ground alone: a car that lands or was put down has not turned like that.
                pitch, roll = math.atan(along), -math.atan(across)
                pitch_rate = (pitch - start_pitch) / span / degree
                roll_rate = (roll - start_roll) / span / degree
                pitch, roll = pitch / degree, roll / degree
                z = max(z, surface)
            # Positive pitch and roll turn against the axes to the right and forward (Unreal's rotators).
            angular_velocity[i, 0] = pitch_rate * sin_yaw - roll_rate * cos_yaw
            angular_velocity[i, 1] = -pitch_rate * cos_yaw - roll_rate * sin_yaw
            rotation[i, 0], rotation[i, 2] = pitch, roll
        else:
            cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
            right_rate = angular_velocity[i, 1] * cos_yaw - angular_velocity[i, 0] * sin_yaw
            forward_rate = angular_velocity[i, 0] * cos_yaw + angular_velocity[i, 1] * sin_yaw
            rotation[i, 0] = min(max(rotation[i, 0] - span * right_rate, -89.0), 89.0)
            roll = rotation[i, 2] - span * forward_rate
            rotation[i, 2] = roll - 360.0 * math.floor((roll + 180.0) / 360.0)
            front_load, rear_load = 0.0, 0.0
        rotation[i, 1] = yaw_deg
        angular_velocity[i, 2] = rate / degree
        position[i, 0], position[i, 1], position[i, 2] = x, y, z
        velocity[i, 0], velocity[i, 1], velocity[i, 2] = world_vx, world_vy, vz
        acceleration[i, 0] = (world_vx - before_x) / span
        acceleration[i, 1] = (world_vy - before_y) / span
        acceleration[i, 2] = (vz - before_z) / span
        wheel_steer[i] = steer / degree
        turn = wheel_turn[i] + rolled / p[WHEEL_RADIUS] / degree
        wheel_turn[i] = turn - 360.0 * math.floor((turn + 180.0) / 360.0)
        moved_load[i] = moved
        axles[i, FRONT_LOAD], axles[i, REAR_LOAD] = front_load, rear_load
        axles[i, FRONT_ALONG], axles[i, REAR_ALONG] = front_along, rear_along
        axles[i, FRONT_ACROSS], axles[i, REAR_ACROSS] = front_side, rear_side
        axles[i, AIR_DRAG] = drag
