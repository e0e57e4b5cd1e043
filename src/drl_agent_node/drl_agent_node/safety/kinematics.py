"""Closed forms and short predictions behind the shield, compiled; scalars in, scalars out.

Axes are those of the ego: x forward, y left, origin at its centre.
"""

from __future__ import annotations

import math
from typing import Any

import numba

_PARALLEL = 1e-9


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def stopping_distance(speed: float, acceleration: float, reaction_s: float, braking: float) -> float:
    """Return how far it is to standstill, m: `acceleration` (m/s^2) for `reaction_s`, then `braking` (> 0)."""
    after = speed + acceleration * reaction_s
    if after <= 0.0:
        if acceleration >= 0.0:
            return 0.0
        return speed * speed / (-2.0 * acceleration)
    return 0.5 * (speed + after) * reaction_s + after * after / (2.0 * braking)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def time_to_collision(x: float, y: float, vx: float, vy: float, half_x: float, half_y: float) -> float:
    """Return when a point at (x, y) with velocity (vx, vy) enters the box |x| <= half_x, |y| <= half_y, s.

    With the sums of two vehicles' half lengths and half widths that is the time to collision at constant velocities.
    0 inside the box, infinite when it never enters.
    """
    enter, leave = 0.0, math.inf
    for p, v, half in ((x, vx, half_x), (y, vy, half_y)):
        if abs(v) < _PARALLEL:
            if abs(p) > half:
                return math.inf
            continue
        first, last = (-half - p) / v, (half - p) / v
        if first > last:
            first, last = last, first
        enter, leave = max(enter, first), min(leave, last)
    return enter if enter <= leave else math.inf


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def along_arc(curvature: float, length: float) -> tuple[float, float, float]:
    """Return x, y and heading (rad) after `length` m on an arc that begins at the origin along x."""
    turned = curvature * length
    if abs(turned) < 1e-6:
        return length, 0.5 * turned * length, turned
    return math.sin(turned) / curvature, (1.0 - math.cos(turned)) / curvature, turned


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def curvature_to(x: float, y: float) -> float:
    """Return the curvature (1/m, left positive) of the arc from the origin along x to (x, y)."""
    return 2.0 * y / max(x * x + y * y, 1e-6)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def box_separation(
    x: float, y: float, heading: float, half_x: float, half_y: float, other_half_x: float, other_half_y: float
) -> float:
    """Return how far a box at (x, y) with `heading` (rad) is from one at the origin along x, m; negative: they overlap.

    Separating axis theorem: the widest gap along the sides' directions, which is at most the distance.
    """
    c, s = math.cos(heading), math.sin(heading)
    ac, as_ = abs(c), abs(s)
    along = abs(x) - half_x - ac * other_half_x - as_ * other_half_y
    across = abs(y) - half_y - as_ * other_half_x - ac * other_half_y
    other_along = abs(c * x + s * y) - other_half_x - ac * half_x - as_ * half_y
    other_across = abs(c * y - s * x) - other_half_y - as_ * half_x - ac * half_y
    return max(along, across, other_along, other_across)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def point_on_route(route: Any, length: float) -> tuple[float, float, float]:
    """Return x, y and heading (rad) of the route `length` m ahead; its last point where it is shorter.

    `route` is [P, 2], the preview points in the ego's axes. The first is taken to be as far along the route as it is
    away; points that coincide are the route's end.
    """
    s = math.hypot(route[0, 0], route[0, 1])
    x, y, heading = route[0, 0], route[0, 1], 0.0
    known = False
    for k in range(1, len(route)):
        dx, dy = route[k, 0] - route[k - 1, 0], route[k, 1] - route[k - 1, 1]
        ds = math.hypot(dx, dy)
        if ds < 0.1:
            continue
        if known and s >= length:
            break
        share = min((length - s) / ds, 1.0)
        x, y = route[k - 1, 0] + share * dx, route[k - 1, 1] + share * dy
        heading, known = math.atan2(dy, dx), True
        s += ds
    return x, y, heading


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def time_to_lane_crossing(
    route: Any, lane_offset: float, speed: float, curvature: float, corridor: float
) -> float:
    """Return when the ego leaves the corridor of +-`corridor` m around the route at constant speed and curvature, s.

    `lane_offset` is where it is now, m, left positive. The deviation is linear between preview points. 0 when it is
    outside already; infinite when it stays inside as far as the route is known, or stands.
    """
    if abs(lane_offset) >= corridor:
        return 0.0
    if speed < 0.1:
        return math.inf
    s, before_s, before = 0.0, 0.0, lane_offset
    for k in range(len(route)):
        px, py = (0.0, 0.0) if k == 0 else (route[k - 1, 0], route[k - 1, 1])
        ds = math.hypot(route[k, 0] - px, route[k, 1] - py)
        if ds < 0.1:
            continue
        s += ds
        if k + 1 < len(route):
            heading = math.atan2(route[k + 1, 1] - route[k, 1], route[k + 1, 0] - route[k, 0])
        else:
            heading = math.atan2(route[k, 1] - py, route[k, 0] - px)
        x, y, _ = along_arc(curvature, s)
        deviation = (y - route[k, 1]) * math.cos(heading) - (x - route[k, 0]) * math.sin(heading)
        if abs(deviation) >= corridor:
            edge = corridor if deviation > 0.0 else -corridor
            share = (edge - before) / (deviation - before)
            return float((before_s + share * (s - before_s)) / speed)
        before_s, before = s, deviation
    return math.inf


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bend_speed(route: Any, lateral_acceleration: float, braking: float) -> float:
    """Return the highest speed now from which every bend ahead can be reached at its own highest speed, m/s.

    A bend of curvature k is driven at sqrt(lateral_acceleration / k); `braking` leads up to it. Curvature is the turn
    between neighbouring chords of the preview points by their mean length.
    """
    fastest = math.inf
    s = math.hypot(route[0, 0], route[0, 1])
    for k in range(1, len(route) - 1):
        ax, ay = route[k, 0] - route[k - 1, 0], route[k, 1] - route[k - 1, 1]
        bx, by = route[k + 1, 0] - route[k, 0], route[k + 1, 1] - route[k, 1]
        before, after = math.hypot(ax, ay), math.hypot(bx, by)
        if before < 0.1 or after < 0.1:
            break
        turn = abs(math.atan2(ax * by - ay * bx, ax * bx + ay * by))
        curvature = 2.0 * turn / (before + after)
        if curvature > 1e-4:
            fastest = min(fastest, math.sqrt(lateral_acceleration / curvature + 2.0 * braking * s))
        s += before
    return fastest
