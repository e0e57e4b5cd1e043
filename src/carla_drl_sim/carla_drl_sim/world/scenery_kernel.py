"""Compiled kernels of the collisions of vehicles with solid parts of the town, which never move.

Boxes are those of `collision_kernel`, solids and their cells those of `solid_grid`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import Table, float64_1, float64_2, int64_1, int64_2
from carla_drl_sim.world.collision_kernel import (
    CLEARANCE,
    DEPTH,
    EXTENT_X,
    EXTENT_Y,
    EXTENT_Z,
    NORMAL_X,
    NORMAL_Y,
    NUM_CONTACT,
    POINT_X,
    POINT_Y,
    YAW,
    X,
    Y,
    Z,
)
from carla_drl_sim.world.compiled import compiled, compiled_inner
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
from carla_drl_sim.world.vehicle_arrays import bodies, motion, present

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEP_HEIGHT = 0.2
"""Solids whose top is no higher above the wheels (m) are driven over."""

_LEAST_CLOSING = 0.5
MOST_CONTACTS = 4
"""Solids that one vehicle is moved out of in one step; what is left is for the next step."""


@compiled_inner
def _consider(nx: float, ny: float, depth: float, vx: float, vy: float, best: float, out: Floats) -> float:
    """Take a normal (from the vehicle to the solid) if the vehicle came in through that side last.

    Of a box that was entered between two steps the side that counts is the one with the least depth over closing
    speed: a fast car is deeper in a thin pole than the pole is from the car's flank. Returns the best figure so far.
    """
    figure = depth / max(vx * nx + vy * ny, _LEAST_CLOSING)
    if figure < best:
        out[NORMAL_X], out[NORMAL_Y], out[DEPTH] = nx, ny, depth
        return figure
    return best


@compiled_inner
def _reach(nx: float, ny: float, cos_yaw: float, sin_yaw: float, along: float, across: float) -> float:
    """Half the width of a turned rectangle as seen along a normal."""
    return along * abs(nx * cos_yaw + ny * sin_yaw) + across * abs(ny * cos_yaw - nx * sin_yaw)


@compiled_inner
def _box_contact(box: Floats, solid: Floats, vx: float, vy: float, out: Floats) -> bool:
    dx, dy = solid[SOLID_X] - box[X], solid[SOLID_Y] - box[Y]
    cos_yaw, sin_yaw = math.cos(box[YAW]), math.sin(box[YAW])
    best = math.inf
    for k in range(4):
        nx, ny = (cos_yaw, sin_yaw) if k < 2 else (solid[SOLID_COS], solid[SOLID_SIN])
        if k % 2 == 1:
            nx, ny = -ny, nx
        gap = nx * dx + ny * dy
        if gap < 0.0:
            nx, ny, gap = -nx, -ny, -gap
        depth = _reach(nx, ny, cos_yaw, sin_yaw, box[EXTENT_X], box[EXTENT_Y]) - gap
        depth += _reach(
            nx, ny, solid[SOLID_COS], solid[SOLID_SIN], solid[SOLID_EXTENT_X], solid[SOLID_EXTENT_Y]
        )
        if depth <= 0.0:
            return False
        best = _consider(nx, ny, depth, vx, vy, best, out)

    # The point: mean of the corners of each that lie in the other.
    count = 0
    out[POINT_X], out[POINT_Y] = 0.0, 0.0
    for k in range(8):
        u = 1.0 if k % 4 == 0 or k % 4 == 3 else -1.0
        v = 1.0 if k % 4 < 2 else -1.0
        if k < 4:
            along, across = u * box[EXTENT_X], v * box[EXTENT_Y]
            px = box[X] + along * cos_yaw - across * sin_yaw
            py = box[Y] + along * sin_yaw + across * cos_yaw
            ex, ey = px - solid[SOLID_X], py - solid[SOLID_Y]
            ahead = ex * solid[SOLID_COS] + ey * solid[SOLID_SIN]
            aside = ey * solid[SOLID_COS] - ex * solid[SOLID_SIN]
            inside = abs(ahead) <= solid[SOLID_EXTENT_X] and abs(aside) <= solid[SOLID_EXTENT_Y]
        else:
            along, across = u * solid[SOLID_EXTENT_X], v * solid[SOLID_EXTENT_Y]
            px = solid[SOLID_X] + along * solid[SOLID_COS] - across * solid[SOLID_SIN]
            py = solid[SOLID_Y] + along * solid[SOLID_SIN] + across * solid[SOLID_COS]
            ex, ey = px - box[X], py - box[Y]
            ahead, aside = ex * cos_yaw + ey * sin_yaw, ey * cos_yaw - ex * sin_yaw
            inside = abs(ahead) <= box[EXTENT_X] and abs(aside) <= box[EXTENT_Y]
        if inside:
            out[POINT_X] += px
            out[POINT_Y] += py
            count += 1
    if count > 0:
        out[POINT_X] /= count
        out[POINT_Y] /= count
    else:  # a thin solid across the whole car: in the middle of what they share, seen along the normal
        reach = _reach(out[NORMAL_X], out[NORMAL_Y], cos_yaw, sin_yaw, box[EXTENT_X], box[EXTENT_Y])
        out[POINT_X] = box[X] + (reach - 0.5 * out[DEPTH]) * out[NORMAL_X]
        out[POINT_Y] = box[Y] + (reach - 0.5 * out[DEPTH]) * out[NORMAL_Y]
    return True


@compiled_inner
def _round_contact(box: Floats, solid: Floats, vx: float, vy: float, out: Floats) -> bool:
    radius = solid[SOLID_EXTENT_X]
    cos_yaw, sin_yaw = math.cos(box[YAW]), math.sin(box[YAW])
    dx, dy = solid[SOLID_X] - box[X], solid[SOLID_Y] - box[Y]
    ahead, aside = dx * cos_yaw + dy * sin_yaw, dy * cos_yaw - dx * sin_yaw
    near_ahead = min(max(ahead, -box[EXTENT_X]), box[EXTENT_X])
    near_aside = min(max(aside, -box[EXTENT_Y]), box[EXTENT_Y])
    away_ahead, away_aside = ahead - near_ahead, aside - near_aside
    far = math.hypot(away_ahead, away_aside)
    if far >= radius:
        return False
    if far > 0.0:
        nu, nv, depth = away_ahead / far, away_aside / far, radius - far
        out[NORMAL_X], out[NORMAL_Y] = nu * cos_yaw - nv * sin_yaw, nu * sin_yaw + nv * cos_yaw
        out[DEPTH] = depth
    else:  # its middle is inside the car
        best = math.inf
        for k in range(4):
            sign = 1.0 if k % 2 == 0 else -1.0
            if k < 2:
                depth = radius + box[EXTENT_X] - sign * ahead
                best = _consider(sign * cos_yaw, sign * sin_yaw, depth, vx, vy, best, out)
            else:
                depth = radius + box[EXTENT_Y] - sign * aside
                best = _consider(-sign * sin_yaw, sign * cos_yaw, depth, vx, vy, best, out)
    out[POINT_X] = solid[SOLID_X] - radius * out[NORMAL_X]
    out[POINT_Y] = solid[SOLID_Y] - radius * out[NORMAL_Y]
    return True


@compiled_inner
def solid_contact(box: Floats, solid: Floats, vx: float, vy: float, out: Floats) -> bool:
    """Whether a vehicle's box overlaps a solid; fills `out` (normal from the vehicle to it, depth, point)."""
    low, high = box[Z] - box[EXTENT_Z], box[Z] + box[EXTENT_Z]
    if solid[SOLID_HIGH] <= low + STEP_HEIGHT or solid[SOLID_LOW] >= high:
        return False
    # Most are told apart by the circle around the vehicle, without its angles.
    radius = math.sqrt(box[EXTENT_X] * box[EXTENT_X] + box[EXTENT_Y] * box[EXTENT_Y])
    dx, dy = box[X] - solid[SOLID_X], box[Y] - solid[SOLID_Y]
    is_round = solid[SOLID_ROUND] != 0.0
    half_y = solid[SOLID_EXTENT_X] if is_round else solid[SOLID_EXTENT_Y]
    if (
        abs(dx * solid[SOLID_COS] + dy * solid[SOLID_SIN]) >= solid[SOLID_EXTENT_X] + radius
        or abs(dy * solid[SOLID_COS] - dx * solid[SOLID_SIN]) >= half_y + radius
    ):
        return False
    if is_round:
        return _round_contact(box, solid, vx, vy, out)
    return _box_contact(box, solid, vx, vy, out)


@compiled_inner
def _cells(box: Floats, origin: Floats, first: Ints) -> tuple[int, int, int, int]:
    """First and last column and row of the cells that a box touches; empty where it is outside of all."""
    cos_yaw, sin_yaw = abs(math.cos(box[YAW])), abs(math.sin(box[YAW]))
    half_x = box[EXTENT_X] * cos_yaw + box[EXTENT_Y] * sin_yaw
    half_y = box[EXTENT_X] * sin_yaw + box[EXTENT_Y] * cos_yaw
    columns, rows = first.shape[1] - 1, first.shape[0]
    low_column = max(math.floor((box[X] - half_x - origin[0]) / CELL_M), 0)
    high_column = min(math.floor((box[X] + half_x - origin[0]) / CELL_M), columns - 1)
    low_row = max(math.floor((box[Y] - half_y - origin[1]) / CELL_M), 0)
    high_row = min(math.floor((box[Y] + half_y - origin[1]) / CELL_M), rows - 1)
    return low_column, high_column, low_row, high_row


@compiled
def hits_solid(box: Floats, solids: Floats, origin: Floats, first: Ints, members: Ints) -> int:
    """The first solid (row of `solids`) that a box overlaps, or -1."""
    out = np.empty(NUM_CONTACT)
    low_column, high_column, low_row, high_row = _cells(box, origin, first)
    for row in range(low_row, high_row + 1):
        for column in range(low_column, high_column + 1):
            for k in range(first[row, column], first[row, column + 1]):
                if solid_contact(box, solids[members[k]], 0.0, 0.0, out):
                    return int(members[k])
    return -1


@compiled_inner
def _resolve(
    vehicles: Table, scenery: Table, restitution: float, box: Floats, out: Floats, chosen: Floats
) -> int:
    """As `resolve_solids`, with working space."""
    active, collisions, movable = present(vehicles)
    position, rotation, velocity, angular_velocity, _ = motion(vehicles)
    extent, centre_z, mass, inertia = bodies(vehicles)
    solids, origin = float64_2(scenery, 0), float64_1(scenery, 1)
    first, members = int64_2(scenery, 2), int64_1(scenery, 3)
    hit, contacts, impulses = int64_2(scenery, 4), float64_2(scenery, 5), float64_1(scenery, 6)
    if solids.shape[0] == 0:
        return 0
    degree = math.pi / 180.0
    count = 0
    for slot in range(active.size):
        if not (active[slot] and collisions[slot] and movable[slot]):
            continue
        begin = count
        for k in range(3):
            box[EXTENT_X + k] = extent[slot, k]
        box[YAW] = rotation[slot, 1] * degree
        while count < hit.shape[0] and count - begin < MOST_CONTACTS:
            box[X], box[Y], box[Z] = (
                position[slot, 0],
                position[slot, 1],
                position[slot, 2] + centre_z[slot],
            )
            vx, vy = velocity[slot, 0], velocity[slot, 1]
            low_column, high_column, low_row, high_row = _cells(box, origin, first)
            deepest, member = -1.0, -1
            for row in range(low_row, high_row + 1):
                for column in range(low_column, high_column + 1):
                    for k in range(first[row, column], first[row, column + 1]):
                        solid = members[k]
                        if not solid_contact(box, solids[solid], vx, vy, out):
                            continue
                        # Ties go to the lower row, whatever cell it was found in.
                        if out[DEPTH] > deepest or (out[DEPTH] == deepest and solid < member):
                            deepest, member = out[DEPTH], solid
                            for item in range(NUM_CONTACT):
                                chosen[item] = out[item]
            if member < 0:
                break
            nx, ny = chosen[NORMAL_X], chosen[NORMAL_Y]
            ax, ay = chosen[POINT_X] - position[slot, 0], chosen[POINT_Y] - position[slot, 1]
            rate = angular_velocity[slot, 2] * degree
            closing = (vx - rate * ay) * nx + (vy + rate * ax) * ny
            impulse = 0.0
            if closing > 0.0:
                lever = ax * ny - ay * nx
                impulse = (1.0 + restitution) * closing / (1.0 / mass[slot] + lever * lever / inertia[slot])
                velocity[slot, 0] -= impulse / mass[slot] * nx
                velocity[slot, 1] -= impulse / mass[slot] * ny
                angular_velocity[slot, 2] -= impulse * lever / inertia[slot] / degree
            position[slot, 0] -= (chosen[DEPTH] + CLEARANCE) * nx
            position[slot, 1] -= (chosen[DEPTH] + CLEARANCE) * ny
            hit[count, 0], hit[count, 1] = slot, member
            for item in range(NUM_CONTACT):
                contacts[count, item] = chosen[item]
            impulses[count] = impulse
            count += 1
    return count


@compiled
def resolve_solids(vehicles: Table, scenery: Table, restitution: float) -> int:
    """Stop vehicles at the solids that they have run into, one contact after the other, in place.

    Of a vehicle's contacts the one that it came into first is resolved first; it may dissolve the others.

    Args:
        vehicles: ``table`` of ``VehicleDynamics``.
        scenery: table of the arrays of ``SolidGrid``, in the order of its attributes, and of what is written: of
            contacts, ascending by slot, slot and row of `solids` int64 [N, 2], float64 [N, NUM_CONTACT], and
            impulses float64 [N], N s, against the normal on the vehicle.
        restitution: 0 (plastic) to 1 (elastic).

    Returns:
        The number of contacts, at most N.
    """
    box = np.empty(EXTENT_Z + 1)
    return _resolve(vehicles, scenery, restitution, box, np.empty(NUM_CONTACT), np.empty(NUM_CONTACT))
