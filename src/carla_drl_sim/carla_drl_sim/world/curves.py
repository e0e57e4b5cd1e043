"""Draws reference lines: pieces one after the other, S-bends, and the way from one pose to another."""

from __future__ import annotations

import math

from carla_drl_sim.world.opendrive import Geometry, Pose

LEAST_BEND_RADIUS = 15.0
_FLAT = 1e-7
"""Curvature in 1/m below which an arc is drawn as a line."""


def turned(angle: float) -> float:
    """`angle` in (-pi, pi]."""
    return math.pi - (math.pi - angle) % (2.0 * math.pi)


def shifted(pose: Pose, right: float) -> Pose:
    """`pose` moved `right` metres to its right."""
    x, y, heading = pose
    return x + right * math.sin(heading), y - right * math.cos(heading), heading


def reversed_pose(pose: Pose) -> Pose:
    """The same place, looking back."""
    return pose[0], pose[1], pose[2] + math.pi


class Pen:
    """Draws a reference line piece by piece."""

    def __init__(self, pose: Pose) -> None:
        self.pose = pose
        self.pieces: list[Geometry] = []

    def draw(self, length: float, curvature: float = 0.0) -> None:
        """Go on for `length` metres."""
        if length > 1e-6:
            piece = Geometry(*self.pose, length, curvature)
            self.pieces.append(piece)
            self.pose = piece.pose(length)

    def draw_to(self, pose: Pose) -> None:
        """Go on to `pose`, see `arcs_between`."""
        pieces = arcs_between(self.pose, pose)
        self.pieces.extend(pieces)
        self.pose = pose


def draw_shift(pen: Pen, along: float, aside: float, radius: float) -> None:
    """Go `along` metres ahead and `aside` metres to the left, ending in the same heading: a line or an S-bend.

    Two arcs of radius R and angle a shift the line by 2 R (1 - cos a) over a length of 2 R sin a. Where `radius` does
    not fit, the largest one that does is taken.

    Raises:
        ValueError: nothing of at least `LEAST_BEND_RADIUS` fits.
    """
    if abs(aside) < 1e-9:
        pen.draw(along)
        return
    sign, aside = math.copysign(1.0, aside), abs(aside)
    angle = 2.0 * math.atan2(aside, along)
    radius = min(radius, 0.5 * along / math.sin(angle)) if along > 0.0 else 0.0
    if radius < LEAST_BEND_RADIUS:
        raise ValueError(f"a bend that goes {aside:.1f} m aside does not fit into {along:.1f} m")
    angle = math.acos(1.0 - aside / (2.0 * radius))
    straight = max(0.5 * (along - 2.0 * radius * math.sin(angle)), 0.0)
    pen.draw(straight)
    pen.draw(radius * angle, sign / radius)
    pen.draw(radius * angle, -sign / radius)
    pen.draw(straight)


def arcs_between(start: Pose, end: Pose) -> tuple[Geometry, ...]:
    """A smooth way from one pose to another: a line, an arc, or two arcs that meet with one tangent.

    The two arcs are the biarc with equal tangent lengths d, where with v the way from start to end and t the sum of
    both directions d^2 (2 cos a - 2) - 2 d (v t) + v v = 0, a being the angle between the directions; the arcs
    meet half-way between the ends of the tangents (Bolton, "Biarc curves", Computer-Aided Design 7, 1975).

    Raises:
        ValueError: the end lies beside or behind the start.
    """
    t0, t1 = (math.cos(start[2]), math.sin(start[2])), (math.cos(end[2]), math.sin(end[2]))
    v = end[0] - start[0], end[1] - start[1]
    across = v[0] * (t0[0] + t1[0]) + v[1] * (t0[1] + t1[1])
    square = v[0] * v[0] + v[1] * v[1]
    opening = 2.0 * (1.0 - t0[0] * t1[0] - t0[1] * t1[1])
    if opening < 1e-12:
        tangent = 0.5 * square / across if across > 0.0 else -1.0
    else:
        tangent = (math.sqrt(across * across + opening * square) - across) / opening
    if not 0.0 < tangent < math.inf:
        raise ValueError(f"no smooth way leads from {start} to {end}")
    middle = (
        0.5 * (start[0] + end[0] + tangent * (t0[0] - t1[0])),
        0.5 * (start[1] + end[1] + tangent * (t0[1] - t1[1])),
    )
    first = _arc_to(start, middle)
    second = _arc_to(first.pose(first.length), (end[0], end[1]))
    if abs(first.curvature - second.curvature) < _FLAT:
        return (Geometry(*start, first.length + second.length, first.curvature),)
    return first, second


def _arc_to(start: Pose, point: tuple[float, float]) -> Geometry:
    dx, dy = point[0] - start[0], point[1] - start[1]
    forward = dx * math.cos(start[2]) + dy * math.sin(start[2])
    left = dy * math.cos(start[2]) - dx * math.sin(start[2])
    chord = math.hypot(dx, dy)
    curvature = 2.0 * left / (chord * chord)
    if abs(curvature) < _FLAT:
        return Geometry(*start, chord)
    return Geometry(*start, 2.0 * math.atan2(left, forward) / curvature, curvature)
