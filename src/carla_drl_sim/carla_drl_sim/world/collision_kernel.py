"""Compiled kernels of the collisions: pairs of oriented boxes, and the impulses between them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import Table, float64_1, float64_2, int64_1, int64_2
from carla_drl_sim.world.compiled import compiled, compiled_inner, compiled_inner_maker
from carla_drl_sim.world.vehicle_arrays import bodies, motion, present

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Columns of a box: centre, heading (radians here) and half sizes.
X, Y, Z, YAW, EXTENT_X, EXTENT_Y, EXTENT_Z, NUM_BOX = range(8)

# Columns of a contact.
NORMAL_X, NORMAL_Y, DEPTH, POINT_X, POINT_Y, NUM_CONTACT = range(6)

CLEARANCE = 1e-3
"""Gap (m) that separation leaves, so that cars that came to rest side by side are not in contact for ever."""


@compiled_inner
def _corner(box: Floats, k: int) -> tuple[float, float]:
    u = box[EXTENT_X] if k == 0 or k == 3 else -box[EXTENT_X]
    v = box[EXTENT_Y] if k < 2 else -box[EXTENT_Y]
    cos_yaw, sin_yaw = math.cos(box[YAW]), math.sin(box[YAW])
    return box[X] + u * cos_yaw - v * sin_yaw, box[Y] + u * sin_yaw + v * cos_yaw


@compiled_inner
def contact(a: Floats, b: Floats, out: Floats) -> bool:
    """Separating-axis test of two boxes; fills `out` (normal from a to b, depth, point) where they overlap.

    The point is the mean of the corners that lie inside the other box.
    """
    if abs(a[Z] - b[Z]) >= a[EXTENT_Z] + b[EXTENT_Z]:
        return False
    dx, dy = b[X] - a[X], b[Y] - a[Y]
    best = math.inf
    for k in range(4):
        yaw = (a[YAW] if k < 2 else b[YAW]) + (0.0 if k % 2 == 0 else 0.5 * math.pi)
        nx, ny = math.cos(yaw), math.sin(yaw)
        reach = 0.0
        for j in range(2):
            box = a if j == 0 else b
            cos_yaw, sin_yaw = math.cos(box[YAW]), math.sin(box[YAW])
            reach += box[EXTENT_X] * abs(nx * cos_yaw + ny * sin_yaw)
            reach += box[EXTENT_Y] * abs(ny * cos_yaw - nx * sin_yaw)
        gap = nx * dx + ny * dy
        depth = reach - abs(gap)
        if depth <= 0.0:
            return False
        if depth < best:
            best = depth
            sign = 1.0 if gap >= 0.0 else -1.0
            out[NORMAL_X], out[NORMAL_Y], out[DEPTH] = sign * nx, sign * ny, depth
    count = 0
    x = 0.0
    y = 0.0
    for j in range(2):
        box = a if j == 0 else b
        other = b if j == 0 else a
        cos_yaw, sin_yaw = math.cos(other[YAW]), math.sin(other[YAW])
        for k in range(4):
            px, py = _corner(box, k)
            u, v = px - other[X], py - other[Y]
            ahead, aside = u * cos_yaw + v * sin_yaw, v * cos_yaw - u * sin_yaw
            if abs(ahead) <= other[EXTENT_X] and abs(aside) <= other[EXTENT_Y]:
                x += px
                y += py
                count += 1
    if count > 0:
        out[POINT_X], out[POINT_Y] = x / count, y / count
    else:
        out[POINT_X], out[POINT_Y] = 0.5 * (a[X] + b[X]), 0.5 * (a[Y] + b[Y])
    return True


@compiled_inner
def _fill_boxes(vehicles: Table, slots: Ints, boxes: Floats) -> int:
    """Slots [K] and boxes [K, NUM_BOX] of the vehicles that take part in collisions; returns K."""
    active, collisions, _ = present(vehicles)
    position, rotation, _, _, _ = motion(vehicles)
    extent, centre_z, _, _ = bodies(vehicles)
    count = 0
    for slot in range(active.size):
        if not (active[slot] and collisions[slot]):
            continue
        slots[count] = slot
        boxes[count, X] = position[slot, 0]
        boxes[count, Y] = position[slot, 1]
        boxes[count, Z] = position[slot, 2] + centre_z[slot]
        boxes[count, YAW] = rotation[slot, 1] * math.pi / 180.0
        for k in range(3):
            boxes[count, EXTENT_X + k] = extent[slot, k]
        count += 1
    return count


@compiled_inner_maker
def _find_contacts(boxes: Floats, pairs: Ints, contacts: Floats) -> int:
    """All overlapping pairs (rows of `boxes`, lower first, in ascending order) by sweep and prune along x.

    Returns their number, which can be more than fit into `pairs`: then those beyond were not written.
    """
    count = boxes.shape[0]
    low_x = np.empty(count)
    high_x = np.empty(count)
    half_y = np.empty(count)
    for i in range(count):
        cos_yaw, sin_yaw = abs(math.cos(boxes[i, YAW])), abs(math.sin(boxes[i, YAW]))
        half_x = boxes[i, EXTENT_X] * cos_yaw + boxes[i, EXTENT_Y] * sin_yaw
        half_y[i] = boxes[i, EXTENT_X] * sin_yaw + boxes[i, EXTENT_Y] * cos_yaw
        low_x[i] = boxes[i, X] - half_x
        high_x[i] = boxes[i, X] + half_x
    order = np.argsort(low_x)
    found = 0
    out = np.empty(NUM_CONTACT)
    for p in range(count):
        i = order[p]
        for q in range(p + 1, count):
            j = order[q]
            if low_x[j] >= high_x[i]:
                break
            if abs(boxes[i, Y] - boxes[j, Y]) >= half_y[i] + half_y[j]:
                continue
            a, b = min(i, j), max(i, j)
            if contact(boxes[a], boxes[b], out):
                if found < pairs.shape[0]:
                    # Insertion keeps the pairs sorted: the result must not depend on the sweep's order.
                    k = found
                    while k > 0 and (pairs[k - 1, 0] > a or (pairs[k - 1, 0] == a and pairs[k - 1, 1] > b)):
                        pairs[k] = pairs[k - 1]
                        contacts[k] = contacts[k - 1]
                        k -= 1
                    pairs[k, 0], pairs[k, 1] = a, b
                    contacts[k] = out
                found += 1
    return found


@compiled_inner
def _respond(
    vehicles: Table, slots: Ints, pairs: Ints, contacts: Floats, restitution: float, impulses: Floats
) -> None:
    """Push the pairs apart, one after the other: impulse along the normal at the contact, then separation."""
    _, _, movable = present(vehicles)
    position, _, velocity, angular_velocity, _ = motion(vehicles)
    _, _, mass, inertia = bodies(vehicles)
    degree = math.pi / 180.0
    for k in range(pairs.shape[0]):
        a, b = slots[pairs[k, 0]], slots[pairs[k, 1]]
        nx, ny, depth = contacts[k, NORMAL_X], contacts[k, NORMAL_Y], contacts[k, DEPTH]
        inverse_a = 1.0 / mass[a] if movable[a] else 0.0
        inverse_b = 1.0 / mass[b] if movable[b] else 0.0
        impulses[k] = 0.0
        if inverse_a + inverse_b == 0.0:
            continue
        ax, ay = contacts[k, POINT_X] - position[a, 0], contacts[k, POINT_Y] - position[a, 1]
        bx, by = contacts[k, POINT_X] - position[b, 0], contacts[k, POINT_Y] - position[b, 1]
        rate_a, rate_b = angular_velocity[a, 2] * degree, angular_velocity[b, 2] * degree
        closing = (velocity[a, 0] - rate_a * ay - velocity[b, 0] + rate_b * by) * nx
        closing += (velocity[a, 1] + rate_a * ax - velocity[b, 1] - rate_b * bx) * ny
        lever_a, lever_b = ax * ny - ay * nx, bx * ny - by * nx
        turn_a = lever_a / inertia[a] if movable[a] else 0.0
        turn_b = lever_b / inertia[b] if movable[b] else 0.0
        if closing > 0.0:
            resistance = inverse_a + inverse_b + lever_a * turn_a + lever_b * turn_b
            impulse = (1.0 + restitution) * closing / resistance
            velocity[a, 0] -= impulse * inverse_a * nx
            velocity[a, 1] -= impulse * inverse_a * ny
            velocity[b, 0] += impulse * inverse_b * nx
            velocity[b, 1] += impulse * inverse_b * ny
            angular_velocity[a, 2] -= impulse * turn_a / degree
            angular_velocity[b, 2] += impulse * turn_b / degree
            impulses[k] = impulse
        share = (depth + CLEARANCE) / (inverse_a + inverse_b)
        position[a, 0] -= share * inverse_a * nx
        position[a, 1] -= share * inverse_a * ny
        position[b, 0] += share * inverse_b * nx
        position[b, 1] += share * inverse_b * ny


@compiled
def resolve_vehicles(vehicles: Table, buffers: Table, restitution: float) -> int:
    """Push overlapping vehicles apart, in place: their positions, velocities and yaw rates change.

    Args:
        vehicles: ``table`` of ``VehicleDynamics``.
        buffers: table of what is written: slots int64 [C] and boxes float64 [C, NUM_BOX] of the vehicles; of the
            contacts pairs of rows of those int64 [K, 2], float64 [K, NUM_CONTACT], and impulses float64 [K], N s.
        restitution: 0 (plastic) to 1 (elastic).

    Returns:
        The number of contacts, negative when they are more than fit into the buffers: then nothing has moved.
    """
    slots, boxes, pairs = int64_1(buffers, 0), float64_2(buffers, 1), int64_2(buffers, 2)
    contacts, impulses = float64_2(buffers, 3), float64_1(buffers, 4)
    count = _fill_boxes(vehicles, slots, boxes)
    if count < 2:
        return 0
    found = _find_contacts(boxes[:count], pairs, contacts)
    if found > pairs.shape[0]:
        return -found
    if found > 0:
        _respond(vehicles, slots, pairs[:found], contacts, restitution, impulses)
    return found


@compiled
def overlaps_any(box: Floats, boxes: Floats, out: Bools) -> None:
    """Whether `box` overlaps each of `boxes`."""
    scratch = np.empty(NUM_CONTACT)
    for i in range(boxes.shape[0]):
        out[i] = contact(box, boxes[i], scratch)
