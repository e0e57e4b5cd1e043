"""Compiled kernels that move walkers: over the ground, out of vehicles and out of what stands in the town."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inner
from carla_drl_sim.world.dynamics_ground import surface_height
from carla_drl_sim.world.solid_grid import (
    CELL_M,
    SOLID_COS,
    SOLID_EXTENT_X,
    SOLID_EXTENT_Y,
    SOLID_HIGH,
    SOLID_LOW,
    SOLID_ROUND,
    SOLID_SIN,
    SOLID_X,
    SOLID_Y,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Grid = npt.NDArray[np.float32]

GRAVITY = 9.81
ACCELERATION = 20.48
"""How fast a walker reaches the speed that it wants, m/s^2 (default of Unreal's character movement, as CARLA's)."""

JUMP_SPEED = 4.2
"""Upward speed of a jump, m/s (the same)."""

STEP_HEIGHT = 0.45
"""Steps up and down that are walked, m (the same)."""

TURN_RATE = 360.0
"""Degrees per second at which a walker turns the way it walks (the same)."""

_TELEPORT_SPEED = 15.0
"""A walker that is moved from outside faster than this (m/s) was put somewhere else and has not walked."""
_LEAST_SPEED = 0.05

NOBODY = -1


@compiled
def step_walkers(
    end: int,
    dt: float,
    substeps: int,
    active: Bools,
    simulate_physics: Bools,
    gravity: Bools,
    alive: Bools,
    direction: Floats,
    speed: Floats,
    jump: Bools,
    half_height: Floats,
    position: Floats,
    previous: Floats,
    rotation: Floats,
    velocity: Floats,
    acceleration: Floats,
    grounded: Bools,
    is_flat: bool,
    origin_x: float,
    origin_y: float,
    cell: float,
    ground: Grid,
    deck: Grid,
) -> None:
    """Advance all walkers by `dt` s; the arrays are as in ``Walkers``, the ground's as in ``Heights``."""
    for slot in range(end):
        if not active[slot]:
            continue
        before_x, before_y, before_z = velocity[slot, 0], velocity[slot, 1], velocity[slot, 2]
        if not simulate_physics[slot]:
            _follow(slot, dt, position, previous, velocity)
        else:
            wanted_x, wanted_y = 0.0, 0.0
            if alive[slot]:
                wanted_x, wanted_y = direction[slot, 0], direction[slot, 1]
                share = speed[slot] / max(1.0, math.hypot(wanted_x, wanted_y))
                wanted_x, wanted_y = wanted_x * share, wanted_y * share
            for _ in range(substeps):
                grounded[slot] = _walk(
                    slot,
                    dt / substeps,
                    wanted_x,
                    wanted_y,
                    jump[slot] and alive[slot],
                    gravity[slot],
                    grounded[slot],
                    half_height[slot],
                    position,
                    velocity,
                    is_flat,
                    origin_x,
                    origin_y,
                    cell,
                    ground,
                    deck,
                )
            if velocity[slot, 0] ** 2 + velocity[slot, 1] ** 2 > _LEAST_SPEED**2:
                ahead = math.degrees(math.atan2(velocity[slot, 1], velocity[slot, 0]))
                turn = (ahead - rotation[slot, 1] + 180.0) % 360.0 - 180.0
                most = TURN_RATE * dt
                yaw = rotation[slot, 1] + min(most, max(-most, turn))
                rotation[slot, 1] = (yaw + 180.0) % 360.0 - 180.0
            for axis in range(3):
                previous[slot, axis] = position[slot, axis]
        acceleration[slot, 0] = (velocity[slot, 0] - before_x) / dt
        acceleration[slot, 1] = (velocity[slot, 1] - before_y) / dt
        acceleration[slot, 2] = (velocity[slot, 2] - before_z) / dt


@compiled
def _walk(
    slot: int,
    dt: float,
    wanted_x: float,
    wanted_y: float,
    jumps: bool,
    falls: bool,
    grounded: bool,
    half_height: float,
    position: Floats,
    velocity: Floats,
    is_flat: bool,
    origin_x: float,
    origin_y: float,
    cell: float,
    ground: Grid,
    deck: Grid,
) -> bool:
    """Advance one walker by a substep, in place; whether it stands on the ground afterwards."""
    if grounded:
        change_x, change_y = wanted_x - velocity[slot, 0], wanted_y - velocity[slot, 1]
        change = math.hypot(change_x, change_y)
        if change > 0.0:
            share = min(1.0, ACCELERATION * dt / change)
            velocity[slot, 0] += change_x * share
            velocity[slot, 1] += change_y * share
        velocity[slot, 2] = 0.0
        if jumps:
            velocity[slot, 2] = JUMP_SPEED
            grounded = False
    elif falls:
        velocity[slot, 2] -= GRAVITY * dt

    from_x, from_y = position[slot, 0], position[slot, 1]
    position[slot, 0] += velocity[slot, 0] * dt
    position[slot, 1] += velocity[slot, 1] * dt
    feet = position[slot, 2] - half_height
    if is_flat:
        surface = float(ground[0, 0])
    else:
        surface = surface_height(
            position[slot, 0], position[slot, 1], feet, origin_x, origin_y, cell, ground, deck
        )
    if grounded:
        if surface > feet + STEP_HEIGHT:  # too high a step
            position[slot, 0], position[slot, 1] = from_x, from_y
            velocity[slot, 0], velocity[slot, 1] = 0.0, 0.0
        elif surface < feet - STEP_HEIGHT:
            grounded = False
        else:
            feet = surface
    else:
        feet += velocity[slot, 2] * dt
        if feet <= surface:
            feet = surface
            velocity[slot, 2] = 0.0
            grounded = True
    position[slot, 2] = feet + half_height
    return grounded


@compiled
def _follow(slot: int, dt: float, position: Floats, previous: Floats, velocity: Floats) -> None:
    """Velocity of a walker that is moved from outside, from where it was before."""
    total = 0.0
    for axis in range(3):
        velocity[slot, axis] = (position[slot, axis] - previous[slot, axis]) / dt
        total += velocity[slot, axis] ** 2
        previous[slot, axis] = position[slot, axis]
    if total > _TELEPORT_SPEED * _TELEPORT_SPEED:
        for axis in range(3):
            velocity[slot, axis] = 0.0


@compiled_inner
def _push_out(
    x: float,
    y: float,
    radius: float,
    centre_x: float,
    centre_y: float,
    cos: float,
    sin: float,
    extent_x: float,
    extent_y: float,
) -> tuple[float, float, float]:
    """How a circle overlaps a box: unit normal away from the box, and how deep; depth 0 where they do not."""
    to_x, to_y = x - centre_x, y - centre_y
    along, across = to_x * cos + to_y * sin, to_y * cos - to_x * sin
    over_x, over_y = abs(along) - extent_x, abs(across) - extent_y
    if over_x >= radius or over_y >= radius:
        return 0.0, 0.0, 0.0
    if over_x > 0.0 and over_y > 0.0:  # at a corner
        far = math.hypot(over_x, over_y)
        if far >= radius:
            return 0.0, 0.0, 0.0
        normal_x, normal_y = math.copysign(over_x / far, along), math.copysign(over_y / far, across)
        depth = radius - far
    elif over_x > over_y:
        normal_x, normal_y, depth = math.copysign(1.0, along), 0.0, radius - over_x
    else:
        normal_x, normal_y, depth = 0.0, math.copysign(1.0, across), radius - over_y
    return normal_x * cos - normal_y * sin, normal_x * sin + normal_y * cos, depth


@compiled
def separate_walkers(
    end: int,
    active: Bools,
    collisions: Bools,
    simulate_physics: Bools,
    radius: Floats,
    half_height: Floats,
    position: Floats,
    velocity: Floats,
    vehicle_end: int,
    vehicle_active: Bools,
    vehicle_collisions: Bools,
    vehicle_position: Floats,
    vehicle_rotation: Floats,
    vehicle_velocity: Floats,
    vehicle_extent: Floats,
    vehicle_box_centre_z: Floats,
    solids: Floats,
    solid_origin: Floats,
    solid_first: Ints,
    solid_members: Ints,
    touched: Ints,
    normal: Floats,
    closing: Floats,
) -> int:
    """Push walkers out of vehicles and solid parts, and take away their speed into them.

    Args:
        touched: int64 [C], written: slot of the vehicle that each walker touched hardest, or NOBODY.
        normal: float64 [C, 3], written: unit vector from that vehicle to the walker.
        closing: float64 [C], written: speed at which the two closed in, m/s.

    Returns:
        The number of walkers that touched a vehicle.
    """
    count = 0
    for slot in range(end):
        touched[slot] = NOBODY
        if not active[slot] or not collisions[slot]:
            continue
        place, motion = position[slot], velocity[slot]
        for other in range(vehicle_end):
            if not vehicle_active[other] or not vehicle_collisions[other]:
                continue
            extent = vehicle_extent[other]
            away_x, away_y = place[0] - vehicle_position[other, 0], place[1] - vehicle_position[other, 1]
            if abs(away_x) + abs(away_y) > 1.5 * (extent[0] + extent[1] + radius[slot]):
                continue
            middle = vehicle_position[other, 2] + vehicle_box_centre_z[other]
            if abs(place[2] - middle) >= extent[2] + half_height[slot]:
                continue
            yaw = math.radians(vehicle_rotation[other, 1])
            normal_x, normal_y, depth = _push_out(
                place[0],
                place[1],
                radius[slot],
                vehicle_position[other, 0],
                vehicle_position[other, 1],
                math.cos(yaw),
                math.sin(yaw),
                extent[0],
                extent[1],
            )
            if depth <= 0.0:
                continue
            speed = (vehicle_velocity[other, 0] - motion[0]) * normal_x + (
                vehicle_velocity[other, 1] - motion[1]
            ) * normal_y
            if touched[slot] == NOBODY:
                count += 1
            if touched[slot] == NOBODY or speed > closing[slot]:
                touched[slot] = other
                closing[slot] = speed
                normal[slot, 0], normal[slot, 1], normal[slot, 2] = normal_x, normal_y, 0.0
            if simulate_physics[slot]:
                place[0] += normal_x * depth
                place[1] += normal_y * depth
                if speed > 0.0:
                    motion[0] += speed * normal_x
                    motion[1] += speed * normal_y
        if solids.shape[0] == 0 or not simulate_physics[slot]:
            continue
        column = math.floor((place[0] - solid_origin[0]) / CELL_M)
        row = math.floor((place[1] - solid_origin[1]) / CELL_M)
        if not (0 <= row < solid_first.shape[0] and 0 <= column < solid_first.shape[1] - 1):
            continue
        low, high = place[2] - half_height[slot] + STEP_HEIGHT, place[2] + half_height[slot]
        for index in range(solid_first[row, column], solid_first[row, column + 1]):
            solid = solids[solid_members[index]]
            if solid[SOLID_HIGH] <= low or solid[SOLID_LOW] >= high:
                continue
            if solid[SOLID_ROUND] != 0.0:
                away_x, away_y = place[0] - solid[SOLID_X], place[1] - solid[SOLID_Y]
                far = math.hypot(away_x, away_y)
                depth = radius[slot] + solid[SOLID_EXTENT_X] - far
                if far > 0.0:
                    normal_x, normal_y = away_x / far, away_y / far
                else:
                    normal_x, normal_y = 1.0, 0.0
            else:
                normal_x, normal_y, depth = _push_out(
                    place[0],
                    place[1],
                    radius[slot],
                    solid[SOLID_X],
                    solid[SOLID_Y],
                    solid[SOLID_COS],
                    solid[SOLID_SIN],
                    solid[SOLID_EXTENT_X],
                    solid[SOLID_EXTENT_Y],
                )
            if depth <= 0.0:
                continue
            place[0] += normal_x * depth
            place[1] += normal_y * depth
            into = motion[0] * normal_x + motion[1] * normal_y
            if into < 0.0:
                motion[0] -= into * normal_x
                motion[1] -= into * normal_y
    return count
