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

from carla_drl_sim.world import dynamics_lanes as lane
from carla_drl_sim.world.array_table import Table, float32_2, float64_1
from carla_drl_sim.world.compiled import compiled, compiled_inline, compiled_inner
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
    HAND_BRAKE,
    HAND_BRAKE_FORCE,
    LEAST_LOAD,
    MANUAL,
    MASS,
    MAX_STEER,
    MAX_SUBSTEP,
    POWER,
    REAR_ACROSS,
    REAR_ALONG,
    REAR_CORNERING,
    REAR_LOAD,
    REVERSE,
    REVERSE_SPEED,
    ROLLING_FORCE,
    SHIFT_DOWN,
    SHIFT_UP,
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
from carla_drl_sim.world.dynamics_lanes import LANES, NUM_NUMBERS, run_substeps
from carla_drl_sim.world.vehicle_arrays import driving, influences, motion, present, wheels

Floats = npt.NDArray[np.float64]


@compiled_inline
def _limit(value: float, low: float, high: float, otherwise: float) -> float:
    """`value` between `low` and `high`; `otherwise` where it is not a number."""
    if value != value:
        return otherwise
    return min(max(value, low), high)


@compiled_inner
def _steering_share(row: Floats, speed: float) -> float:
    """Share of the steering angle that is left at a speed, from the tabled steering curve."""
    place = min(abs(speed) / STEER_CURVE_STEP, STEER_CURVE_POINTS - 1.0)
    index = min(int(place), STEER_CURVE_POINTS - 2)
    below, above = row[STEER_CURVE + index], row[STEER_CURVE + index + 1]
    return float(below + (above - below) * (place - index))


@compiled_inner
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


@compiled_inner
def _take_over(
    vehicles: Table,
    below: Table,
    slots: npt.NDArray[np.int64],
    count: int,
    dt: float,
    substeps: int,
    road_friction: float,
    lanes: Floats,
    starts: Floats,
) -> None:
    """Fill a block for `run_substeps` with the vehicles in `slots`; pitch and roll of the ground go to `starts`."""
    degree = math.pi / 180.0
    falls, held, held_velocity = influences(vehicles)
    control, ackermann, gears, parameters = driving(vehicles)
    position, rotation, velocity, angular_velocity, _ = motion(vehicles)
    wheel_steer, _, _, moved_load = wheels(vehicles)
    numbers, ground, deck = float64_1(below, 0), float32_2(below, 1), float32_2(below, 2)
    origin_x, origin_y, cell, ground_z = numbers[0], numbers[1], numbers[2], numbers[3]
    is_flat = numbers[4] != 0.0
    for k in range(count):
        i = slots[k]
        p = parameters[i]
        mass, inertia, to_front, to_rear = p[MASS], p[YAW_INERTIA], p[TO_FRONT], p[TO_REAR]
        wheelbase = to_front + to_rear
        x, y, z = position[i, 0], position[i, 1], position[i, 2]
        yaw = rotation[i, 1] * degree
        world_vx, world_vy, vz = velocity[i, 0], velocity[i, 1], velocity[i, 2]
        rate = angular_velocity[i, 2] * degree
        steer = wheel_steer[i] * degree

        # The plane below the wheels: height at its place and its gradient.
        cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
        plane_z = ground_z
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
        if control[i, GEAR] == ACKERMANN_GEAR:
            ackermann_drive(ackermann[i], control[i], p[MAX_STEER], vx, dt * substeps)
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
        lanes[lane.AT_X + k] = x
        lanes[lane.AT_Y + k] = y
        lanes[lane.AT_Z + k] = z
        lanes[lane.AT_YAW + k] = yaw
        lanes[lane.AT_RATE + k] = rate
        lanes[lane.AT_WORLD_VX + k] = world_vx
        lanes[lane.AT_WORLD_VY + k] = world_vy
        lanes[lane.AT_VZ + k] = vz
        lanes[lane.AT_STEERING + k] = steer
        lanes[lane.AT_MOVED + k] = moved_load[i]
        lanes[lane.AT_COS_YAW + k] = cos_yaw
        lanes[lane.AT_SIN_YAW + k] = sin_yaw
        lanes[lane.AT_COS_PITCH + k] = cos_pitch
        lanes[lane.AT_SIN_PITCH + k] = sin_pitch
        lanes[lane.AT_COS_ROLL + k] = cos_roll
        lanes[lane.AT_SIN_ROLL + k] = sin_roll
        lanes[lane.AT_FROM_X + k] = x
        lanes[lane.AT_FROM_Y + k] = y
        lanes[lane.AT_PLANE_Z + k] = plane_z
        lanes[lane.AT_GRADIENT_X + k] = gradient_x
        lanes[lane.AT_GRADIENT_Y + k] = gradient_y
        lanes[lane.AT_SLOPED + k] = 1.0 if is_sloped else 0.0
        lanes[lane.AT_MASS + k] = mass
        lanes[lane.AT_PER_MASS + k] = dt / mass
        lanes[lane.AT_PER_INERTIA + k] = dt / inertia
        lanes[lane.AT_TO_FRONT + k] = to_front
        lanes[lane.AT_TO_REAR + k] = to_rear
        lanes[lane.AT_REAR_SHARE + k] = to_front / wheelbase
        lanes[lane.AT_LEVER + k] = p[CENTRE_HEIGHT] / wheelbase
        lanes[lane.AT_LEAST_LOAD + k] = LEAST_LOAD * mass * GRAVITY
        lanes[lane.AT_FRICTION + k] = p[FRICTION] * road_friction
        lanes[lane.AT_FRONT_STIFFNESS + k] = p[FRONT_CORNERING] * mass * GRAVITY * to_rear / wheelbase
        lanes[lane.AT_REAR_STIFFNESS + k] = p[REAR_CORNERING] * mass * GRAVITY * to_front / wheelbase
        lanes[lane.AT_THROTTLE + k] = throttle
        lanes[lane.AT_BRAKE_FORCE + k] = brake * p[BRAKE_FORCE]
        lanes[lane.AT_HAND_BRAKE + k] = hand_brake
        lanes[lane.AT_DRIVE_FORCE + k] = p[TRACTIVE_FORCE]
        lanes[lane.AT_POWER + k] = p[POWER]
        lanes[lane.AT_FULL_POWER_FROM + k] = full_power_from
        lanes[lane.AT_DIRECTION + k] = direction
        lanes[lane.AT_TOP_SPEED + k] = top_speed
        lanes[lane.AT_FRONT_DRIVE + k] = p[FRONT_DRIVE]
        lanes[lane.AT_DRAG + k] = p[DRAG]
        lanes[lane.AT_ROLLING_FORCE + k] = p[ROLLING_FORCE]
        lanes[lane.AT_FALLING + k] = GRAVITY if falls[i] else 0.0
        lanes[lane.AT_HELD + k] = 1.0 if held[i] else 0.0
        lanes[lane.AT_HELD_VX + k] = held_velocity[i, 0]
        lanes[lane.AT_HELD_VY + k] = held_velocity[i, 1]
        lanes[lane.AT_TARGET_STEER + k] = target_steer
        lanes[lane.AT_STEER_STEP + k] = p[STEER_RATE] * dt
        lanes[lane.AT_FRONT_LOAD + k], lanes[lane.AT_REAR_LOAD + k], lanes[lane.AT_DRAG_FORCE + k] = (
            0.0,
            0.0,
            0.0,
        )
        lanes[lane.AT_FRONT_ALONG + k], lanes[lane.AT_REAR_ALONG + k], lanes[lane.AT_ROLLED + k] = (
            0.0,
            0.0,
            0.0,
        )
        lanes[lane.AT_FRONT_SIDE + k], lanes[lane.AT_REAR_SIDE + k] = 0.0, 0.0
        starts[k, 0], starts[k, 1] = start_pitch, start_roll


@compiled_inner
def _give_back(
    vehicles: Table,
    below: Table,
    slots: npt.NDArray[np.int64],
    count: int,
    span: float,
    lanes: Floats,
    starts: Floats,
) -> None:
    """Write what `run_substeps` has done in `span` s to the vehicles in `slots`."""
    degree = math.pi / 180.0
    parameters = driving(vehicles)[3]
    position, rotation, velocity, angular_velocity, acceleration = motion(vehicles)
    wheel_steer, wheel_turn, axles, moved_load = wheels(vehicles)
    numbers, ground, deck = float64_1(below, 0), float32_2(below, 1), float32_2(below, 2)
    origin_x, origin_y, cell = numbers[0], numbers[1], numbers[2]
    is_flat = numbers[4] != 0.0
    for k in range(count):
        i = slots[k]
        p = parameters[i]
        x, y, z, yaw = (
            lanes[lane.AT_X + k],
            lanes[lane.AT_Y + k],
            lanes[lane.AT_Z + k],
            lanes[lane.AT_YAW + k],
        )
        world_vx, world_vy, vz = (
            lanes[lane.AT_WORLD_VX + k],
            lanes[lane.AT_WORLD_VY + k],
            lanes[lane.AT_VZ + k],
        )
        cos_yaw, sin_yaw = lanes[lane.AT_COS_YAW + k], lanes[lane.AT_SIN_YAW + k]
        surface, along, across = lanes[lane.AT_SURFACE + k], 0.0, 0.0
        front_load, rear_load = lanes[lane.AT_FRONT_LOAD + k], lanes[lane.AT_REAR_LOAD + k]
        yaw_deg = yaw / degree
        yaw_deg -= 360.0 * math.floor((yaw_deg + 180.0) / 360.0)
        pitch_rate, roll_rate = 0.0, 0.0
        if not is_flat:
            cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
            surface, along, across = plane_below(
                x,
                y,
                z,
                cos_yaw,
                sin_yaw,
                p[TO_FRONT],
                p[TO_REAR],
                p[TRACK],
                origin_x,
                origin_y,
                cell,
                ground,
                deck,
            )
        if z <= surface + SUSPENSION_TRAVEL:
            pitch, roll = 0.0, 0.0
            if not is_flat:
                # From the ground alone: a car that lands or was put down has not turned like that.
                pitch, roll = math.atan(along), -math.atan(across)
                pitch_rate = (pitch - starts[k, 0]) / span / degree
                roll_rate = (roll - starts[k, 1]) / span / degree
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
        angular_velocity[i, 2] = lanes[lane.AT_RATE + k] / degree
        position[i, 0], position[i, 1], position[i, 2] = x, y, z
        acceleration[i, 0] = (world_vx - velocity[i, 0]) / span
        acceleration[i, 1] = (world_vy - velocity[i, 1]) / span
        acceleration[i, 2] = (vz - velocity[i, 2]) / span
        velocity[i, 0], velocity[i, 1], velocity[i, 2] = world_vx, world_vy, vz
        wheel_steer[i] = lanes[lane.AT_STEERING + k] / degree
        turn = wheel_turn[i] + lanes[lane.AT_ROLLED + k] / p[WHEEL_RADIUS] / degree
        wheel_turn[i] = turn - 360.0 * math.floor((turn + 180.0) / 360.0)
        moved_load[i] = lanes[lane.AT_MOVED + k]
        axles[i, FRONT_LOAD], axles[i, REAR_LOAD] = front_load, rear_load
        axles[i, FRONT_ALONG], axles[i, REAR_ALONG] = (
            lanes[lane.AT_FRONT_ALONG + k],
            lanes[lane.AT_REAR_ALONG + k],
        )
        axles[i, FRONT_ACROSS], axles[i, REAR_ACROSS] = (
            lanes[lane.AT_FRONT_SIDE + k],
            lanes[lane.AT_REAR_SIDE + k],
        )
        axles[i, AIR_DRAG] = lanes[lane.AT_DRAG_FORCE + k]


@compiled
def step_vehicles(vehicles: Table, below: Table, span: float, road_friction: float) -> None:
    """Advance all vehicles by `span` s, in place, in equal substeps of at most `MAX_SUBSTEP`.

    Units are those of `VehicleDynamics`. Vehicles do not see each other, so what one does is the same whoever is there.

    Args:
        vehicles, below: `table` and `ground` of `VehicleDynamics`.
        road_friction: factor on the friction of all tyres.
    """
    active, _, simulated = present(vehicles)
    _, _, velocity, angular_velocity, acceleration = motion(vehicles)
    substeps = max(1, math.ceil(span / MAX_SUBSTEP - 1e-9))
    dt = span / substeps
    lanes, starts = np.empty(NUM_NUMBERS), np.empty((LANES, 2))
    slots = np.empty(LANES, np.int64)
    count = 0
    for i in range(active.size):
        if active[i] and simulated[i]:
            slots[count] = i
            count += 1
        elif active[i]:
            velocity[i] = 0.0
            angular_velocity[i] = 0.0
            acceleration[i] = 0.0
        if count == LANES or (count > 0 and i == active.size - 1):
            _take_over(vehicles, below, slots, count, dt, substeps, road_friction, lanes, starts)
            run_substeps(lanes, count, substeps, dt)
            _give_back(vehicles, below, slots, count, dt * substeps, lanes, starts)
            count = 0
