"""Compiled substeps of the vehicle dynamics, for up to `LANES` vehicles side by side.

A substep is one long chain of operations on one vehicle, most of whose time is waiting. Here each step of the chain is
done for all vehicles of a block, so that the compiler makes vector instructions of it; what a vehicle does is the same to
the bit as alone. Conditions are choices between two results, both of which are computed.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_loops_inner
from carla_drl_sim.world.dynamics_columns import (
    GRAVITY,
    GRIP_USE,
    LEAST_ALONG,
    LOAD_TIME,
    REST_SPEED,
    SLIDING,
    SLIP_SPEED,
    SUSPENSION_TRAVEL,
)

Floats = npt.NDArray[np.float64]

LANES = 8

(
    AT_X,
    AT_Y,
    AT_Z,
    AT_YAW,
    AT_RATE,
    AT_WORLD_VX,
    AT_WORLD_VY,
    AT_VZ,
    AT_STEERING,
    AT_MOVED,
    AT_ROLLED,
    AT_COS_YAW,
    AT_SIN_YAW,
    AT_COS_STEER,
    AT_SIN_STEER,
    AT_COS_PITCH,
    AT_SIN_PITCH,
    AT_COS_ROLL,
    AT_SIN_ROLL,
    AT_FRONT_LOAD,
    AT_REAR_LOAD,
    AT_FRONT_ALONG,
    AT_REAR_ALONG,
    AT_FRONT_SIDE,
    AT_REAR_SIDE,
    AT_DRAG_FORCE,
    AT_SURFACE,
    AT_FROM_X,
    AT_FROM_Y,
    AT_PLANE_Z,
    AT_GRADIENT_X,
    AT_GRADIENT_Y,
    AT_SLOPED,
    AT_MASS,
    AT_PER_MASS,
    AT_PER_INERTIA,
    AT_TO_FRONT,
    AT_TO_REAR,
    AT_REAR_SHARE,
    AT_LEVER,
    AT_LEAST_LOAD,
    AT_FRICTION,
    AT_FRONT_STIFFNESS,
    AT_REAR_STIFFNESS,
    AT_THROTTLE,
    AT_BRAKE_FORCE,
    AT_HAND_BRAKE,
    AT_DRIVE_FORCE,
    AT_POWER,
    AT_FULL_POWER_FROM,
    AT_DIRECTION,
    AT_TOP_SPEED,
    AT_FRONT_DRIVE,
    AT_DRAG,
    AT_ROLLING_FORCE,
    AT_FALLING,
    AT_HELD,
    AT_HELD_VX,
    AT_HELD_VY,
    AT_TARGET_STEER,
    AT_STEER_STEP,
    NUM_NUMBERS,
) = range(0, 62 * LANES, LANES)
"""Where the numbers of a block are in its flat array: place `AT_X + k` holds x of vehicle k, and so on.

Places, velocities (world axes), angles in rad, rate of yaw, what braking moves, and how far the wheels have rolled are
taken over and brought forward; loads, forces and height of the surface are results; the rest holds for all substeps.
"""


@compiled_loops_inner
def _lateral_force(slip: float, stiffness: float, grip: float) -> float:
    """Fiala's force (N) against a slip (sideways over rolling speed) of slope `stiffness` at 0."""
    x = stiffness * abs(slip) / (3.0 * grip)
    force = grip if x >= 1.0 else grip * x * (3.0 - 3.0 * x + x * x)
    force = -force if slip > 0.0 else force
    return 0.0 if grip <= 0.0 else force


@compiled_loops_inner
def _force_left(side: float, grip: float) -> float:
    """Greatest drive or brake force (N) of an axle that stability control allows beside the lateral force `side`."""
    return GRIP_USE * math.sqrt(max(grip * grip - side * side, LEAST_ALONG * LEAST_ALONG * grip * grip))


@compiled_loops_inner
def _turn(lanes: Floats, count: int, is_first: bool) -> None:
    """Turn the front wheels, and take over where vehicles and wheels point."""
    for k in range(count):
        before = lanes[AT_STEERING + k]
        step = lanes[AT_STEER_STEP + k]
        steer = before + min(max(lanes[AT_TARGET_STEER + k] - before, -step), step)
        lanes[AT_STEERING + k] = steer
        if is_first or steer != before:
            lanes[AT_COS_STEER + k], lanes[AT_SIN_STEER + k] = math.cos(steer), math.sin(steer)
        if not is_first and lanes[AT_RATE + k] != 0.0:
            yaw = lanes[AT_YAW + k]
            lanes[AT_COS_YAW + k], lanes[AT_SIN_YAW + k] = math.cos(yaw), math.sin(yaw)
    if is_first:
        return
    for k in range(count):
        gradient_x, gradient_y = lanes[AT_GRADIENT_X + k], lanes[AT_GRADIENT_Y + k]
        cos_yaw, sin_yaw, is_sloped = (
            lanes[AT_COS_YAW + k],
            lanes[AT_SIN_YAW + k],
            lanes[AT_SLOPED + k] != 0.0,
        )
        along = gradient_x * cos_yaw + gradient_y * sin_yaw if is_sloped else 0.0
        across = gradient_y * cos_yaw - gradient_x * sin_yaw if is_sloped else 0.0
        cos_pitch, cos_roll = 1.0 / math.sqrt(1.0 + along * along), 1.0 / math.sqrt(1.0 + across * across)
        lanes[AT_COS_PITCH + k], lanes[AT_COS_ROLL + k] = cos_pitch, cos_roll
        lanes[AT_SIN_PITCH + k], lanes[AT_SIN_ROLL + k] = along * cos_pitch, across * cos_roll


@compiled_loops_inner
def _move(lanes: Floats, count: int, dt: float) -> None:
    """Tyres, engine, brakes and slope for `dt` s, then the motion."""
    settling = min(dt / LOAD_TIME, 1.0)
    for k in range(count):
        x, y, z, vz = lanes[AT_X + k], lanes[AT_Y + k], lanes[AT_Z + k], lanes[AT_VZ + k]
        world_vx, world_vy, rate = lanes[AT_WORLD_VX + k], lanes[AT_WORLD_VY + k], lanes[AT_RATE + k]
        cos_yaw, sin_yaw = lanes[AT_COS_YAW + k], lanes[AT_SIN_YAW + k]
        cos_steer, sin_steer = lanes[AT_COS_STEER + k], lanes[AT_SIN_STEER + k]
        cos_pitch, sin_pitch = lanes[AT_COS_PITCH + k], lanes[AT_SIN_PITCH + k]
        cos_roll, sin_roll = lanes[AT_COS_ROLL + k], lanes[AT_SIN_ROLL + k]
        gradient_x, gradient_y = lanes[AT_GRADIENT_X + k], lanes[AT_GRADIENT_Y + k]
        from_x, from_y, plane_z = lanes[AT_FROM_X + k], lanes[AT_FROM_Y + k], lanes[AT_PLANE_Z + k]
        mass, per_mass, per_inertia = lanes[AT_MASS + k], lanes[AT_PER_MASS + k], lanes[AT_PER_INERTIA + k]
        to_front, to_rear, falling = lanes[AT_TO_FRONT + k], lanes[AT_TO_REAR + k], lanes[AT_FALLING + k]
        moved, direction = lanes[AT_MOVED + k], lanes[AT_DIRECTION + k]
        least_load, friction = lanes[AT_LEAST_LOAD + k], lanes[AT_FRICTION + k]
        front_stiffness, rear_stiffness = lanes[AT_FRONT_STIFFNESS + k], lanes[AT_REAR_STIFFNESS + k]
        brake_force = lanes[AT_BRAKE_FORCE + k]
        is_held = lanes[AT_HELD + k] != 0.0

        surface = plane_z + gradient_x * (x - from_x) + gradient_y * (y - from_y)
        is_down = z <= surface + SUSPENSION_TRAVEL
        vx = (world_vx * cos_yaw + world_vy * sin_yaw) * cos_pitch + vz * sin_pitch
        vy = (world_vy * cos_yaw - world_vx * sin_yaw) * cos_roll + vz * sin_roll

        weight = mass * GRAVITY * cos_pitch * cos_roll
        rear_load = weight * lanes[AT_REAR_SHARE + k] + moved
        rear_load = min(max(rear_load, least_load), weight - least_load)
        front_load = weight - rear_load
        front_grip, rear_grip = friction * front_load, friction * rear_load

        # What the tyres would do without drive and brakes.
        front_vy = vy + to_front * rate
        forward = vx * cos_steer + front_vy * sin_steer
        sideways = front_vy * cos_steer - vx * sin_steer
        front_slip = sideways / max(abs(forward), SLIP_SPEED)
        rear_slip = (vy - to_rear * rate) / max(abs(vx), SLIP_SPEED)
        front_asked = _lateral_force(front_slip, front_stiffness, front_grip)
        front_limit = _force_left(front_asked, front_grip)
        rear_asked = _lateral_force(rear_slip, rear_stiffness, rear_grip)
        rear_limit = _force_left(rear_asked, rear_grip)

        power = lanes[AT_POWER + k] / max(abs(vx), lanes[AT_FULL_POWER_FROM + k])
        drive = lanes[AT_THROTTLE + k] * min(lanes[AT_DRIVE_FORCE + k], power)
        drive *= direction * min(max(lanes[AT_TOP_SPEED + k] - direction * vx, 0.0), 1.0)
        # Stability control takes the engine back where the front tyres do not follow the steering any more.
        drive *= min(max((front_grip - abs(front_asked)) / (SLIDING * front_grip), 0.0), 1.0)
        front_drive = drive * lanes[AT_FRONT_DRIVE + k]
        rear_drive = drive - front_drive
        front_drive = min(max(front_drive, -front_limit), front_limit)
        rear_drive = min(max(rear_drive, -rear_limit), rear_limit)

        # Brakes are shared out by load; they oppose the motion, hold at rest, and use grip only as far as
        # they resist something.
        front_brake = brake_force * front_load / weight
        rear_brake = min(brake_force - front_brake, rear_limit) + lanes[AT_HAND_BRAKE + k]
        # Stability control also eases the front brake where the rear axle begins to slide: braking has unloaded it.
        steady = min(max((rear_grip - abs(rear_asked)) / (SLIDING * rear_grip), LEAST_ALONG), 1.0)
        front_brake = min(front_brake, steady * front_limit)
        rear_brake = min(rear_brake, GRIP_USE * rear_grip)
        rolling = min(abs(vx) / 0.5, 1.0)
        sign = 1.0 if vx >= 0.0 else -1.0
        front_along = front_drive - sign * rolling * front_brake
        rear_along = rear_drive - sign * rolling * rear_brake
        front_left = math.sqrt(max(front_grip * front_grip - front_along * front_along, 0.0))
        rear_left = math.sqrt(max(rear_grip * rear_grip - rear_along * rear_along, 0.0))
        front_side = _lateral_force(front_slip, front_stiffness, front_left)
        rear_side = _lateral_force(rear_slip, rear_stiffness, rear_left)

        speed = math.sqrt(vx * vx + vy * vy)
        drag = lanes[AT_DRAG + k] * speed * vx
        pull_x = drag + mass * falling * sin_pitch
        pull_y = lanes[AT_DRAG + k] * speed * vy + mass * falling * sin_roll
        force_x = front_drive * cos_steer + rear_drive - front_side * sin_steer - pull_x
        force_y = front_drive * sin_steer + front_side * cos_steer + rear_side - pull_y
        torque = to_front * (front_drive * sin_steer + front_side * cos_steer) - to_rear * rear_side
        vx_before = vx
        vx += per_mass * force_x
        vy += per_mass * force_y
        turning = rate + per_inertia * torque
        loss = per_mass * (front_brake + rear_brake + lanes[AT_ROLLING_FORCE + k])
        stops = abs(vx) <= loss
        rests = stops & (abs(vy) < REST_SPEED) & (abs(turning) < REST_SPEED)
        vx = 0.0 if stops else vx - (loss if vx > 0.0 else -loss)
        vy = 0.0 if rests else vy
        turning = 0.0 if rests else turning
        tyre_force = (vx - vx_before) / per_mass + pull_x
        moved += (tyre_force * lanes[AT_LEVER + k] - moved) * settling
        vx = lanes[AT_HELD_VX + k] if is_held else vx
        vy = lanes[AT_HELD_VY + k] if is_held else vy
        moved = 0.0 if is_held else moved
        along_ground, across_ground = vx * cos_pitch, vy * cos_roll

        world_vx = along_ground * cos_yaw - across_ground * sin_yaw if is_down else world_vx
        world_vy = along_ground * sin_yaw + across_ground * cos_yaw if is_down else world_vy
        rate = turning if is_down else rate
        lanes[AT_MOVED + k] = moved if is_down else lanes[AT_MOVED + k]
        lanes[AT_ROLLED + k] += dt * vx if is_down else 0.0
        lanes[AT_FRONT_LOAD + k] = front_load if is_down else lanes[AT_FRONT_LOAD + k]
        lanes[AT_REAR_LOAD + k] = rear_load if is_down else lanes[AT_REAR_LOAD + k]
        lanes[AT_FRONT_ALONG + k] = front_along if is_down else lanes[AT_FRONT_ALONG + k]
        lanes[AT_REAR_ALONG + k] = rear_along if is_down else lanes[AT_REAR_ALONG + k]
        lanes[AT_FRONT_SIDE + k] = front_side if is_down else lanes[AT_FRONT_SIDE + k]
        lanes[AT_REAR_SIDE + k] = rear_side if is_down else lanes[AT_REAR_SIDE + k]
        lanes[AT_DRAG_FORCE + k] = drag if is_down else lanes[AT_DRAG_FORCE + k]

        x += dt * world_vx
        y += dt * world_vy
        vz -= dt * falling
        z += dt * vz
        surface = plane_z + gradient_x * (x - from_x) + gradient_y * (y - from_y)
        lands = z <= surface
        lanes[AT_X + k], lanes[AT_Y + k], lanes[AT_Z + k] = x, y, surface if lands else z
        lanes[AT_YAW + k] += dt * rate
        lanes[AT_VZ + k] = gradient_x * world_vx + gradient_y * world_vy if lands else vz
        lanes[AT_WORLD_VX + k], lanes[AT_WORLD_VY + k], lanes[AT_RATE + k] = world_vx, world_vy, rate
        lanes[AT_SURFACE + k] = surface


@compiled_loops_inner
def run_substeps(lanes: Floats, count: int, substeps: int, dt: float) -> None:
    """Advance the first `count` vehicles of a block, float64 [NUM_NUMBERS], by `substeps` steps of `dt` s."""
    for step in range(substeps):
        _turn(lanes, count, step == 0)
        _move(lanes, count, dt)
