"""Compiled evaluation of OpenDRIVE's curves: reference lines, and cubics along them. CARLA's axes.

Tables are float64. A reference line has one row per piece: start s, x, y, heading, length, kind and up to eight
parameters. Cubics have one row per piece: start s and a, b, c, d of a + b ds + c ds^2 + d ds^3, ds counted from it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inner

Floats = npt.NDArray[np.float64]

LINE, ARC, SPIRAL, CUBIC = 0, 1, 2, 3
"""Kinds of pieces: no parameters; curvature; curvature at start and its change per metre; the curve
(u, v)(p) = (a + b p + c p^2 + d p^3, ...) as four coefficients of u, four of v; p at its end is in the last column."""

PIECE_COLUMNS = 15

# Gauss-Legendre quadrature with five points on [-1, 1] (Abramowitz and Stegun, table 25.4).
_NODES = np.array([-0.9061798459386640, -0.5384693101056831, 0.0, 0.5384693101056831, 0.9061798459386640])
_WEIGHTS = np.array(
    [0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665, 0.2369268850561891]
)
_TURN_PER_STEP = 0.5
"""A clothoid is integrated in steps that turn by at most this (rad): errors stay below 1e-9 m."""
_MAX_STEPS = 1000
_LENGTH_STEPS = 8
_NEWTON_STEPS = 12


@compiled_inner
def _spiral(curvature: float, change: float, ds: float) -> tuple[float, float, float]:
    """x, y and heading at `ds` along a clothoid that starts at the origin along x."""
    turn = max(abs(curvature), abs(curvature + change * ds)) * abs(ds)
    steps = min(int(turn / _TURN_PER_STEP) + 1, _MAX_STEPS)
    half = 0.5 * ds / steps
    x = 0.0
    y = 0.0
    for i in range(steps):
        for k in range(5):
            at = half * (2 * i + 1 + _NODES[k])
            heading = at * (curvature + 0.5 * change * at)
            x += half * _WEIGHTS[k] * math.cos(heading)
            y += half * _WEIGHTS[k] * math.sin(heading)
    return x, y, ds * (curvature + 0.5 * change * ds)


@compiled
def _speed(c: Floats, p: float) -> float:
    """Length of the derivative of a cubic curve by its parameter."""
    u = c[1] + p * (2.0 * c[2] + p * 3.0 * c[3])
    v = c[5] + p * (2.0 * c[6] + p * 3.0 * c[7])
    return math.sqrt(u * u + v * v)


@compiled
def _cubic(c: Floats, length: float, last: float, ds: float) -> tuple[float, float, float]:
    """u, v and heading at the arc length `ds` of a cubic curve, by Newton's method on its length."""
    p = last * ds / length
    for _ in range(_NEWTON_STEPS):
        arc = 0.0
        half = 0.5 * p / _LENGTH_STEPS
        for i in range(_LENGTH_STEPS):
            for k in range(5):
                arc += half * _WEIGHTS[k] * _speed(c, half * (2 * i + 1 + _NODES[k]))
        speed = _speed(c, p)
        if speed < 1e-9:
            break
        step = (ds - arc) / speed
        p = min(max(p + step, 0.0), 2.0 * last)
        if abs(ds - arc) < 1e-9:
            break
    u = c[0] + p * (c[1] + p * (c[2] + p * c[3]))
    v = c[4] + p * (c[5] + p * (c[6] + p * c[7]))
    return (
        u,
        v,
        math.atan2(c[5] + p * (2.0 * c[6] + p * 3.0 * c[7]), c[1] + p * (2.0 * c[2] + p * 3.0 * c[3])),
    )


@compiled
def reference_poses(pieces: Floats, s: Floats) -> Floats:
    """x, y and heading (rad) of a reference line at `s`: float64 [N, 3]. Beyond its ends the line goes on."""
    result = np.empty((s.size, 3))
    count = pieces.shape[0]
    for n in range(s.size):
        i = min(max(np.searchsorted(pieces[:, 0], s[n], side="right") - 1, 0), count - 1)
        piece = pieces[i]
        ds = s[n] - piece[0]
        kind = int(piece[5])
        if kind == LINE:
            u, v, turn = ds, 0.0, 0.0
        elif kind == ARC:
            turn = ds * piece[6]
            u, v = math.sin(turn) / piece[6], (1.0 - math.cos(turn)) / piece[6]
        elif kind == SPIRAL:
            u, v, turn = _spiral(piece[6], piece[7], ds)
        else:
            u, v, turn = _cubic(piece[6:14], piece[4], piece[14], ds)
        cos, sin = math.cos(piece[3]), math.sin(piece[3])
        result[n, 0] = piece[1] + cos * u - sin * v
        result[n, 1] = piece[2] + sin * u + cos * v
        result[n, 2] = piece[3] + turn
    return result


@compiled
def cubic_values(pieces: Floats, s: Floats) -> tuple[Floats, Floats]:
    """Value and slope of piecewise cubics at `s`, both float64 [N]; 0 without pieces, the first one before it starts."""
    value, slope = np.zeros(s.size), np.zeros(s.size)
    count = pieces.shape[0]
    if count == 0:
        return value, slope
    for n in range(s.size):
        i = min(max(np.searchsorted(pieces[:, 0], s[n], side="right") - 1, 0), count - 1)
        ds = s[n] - pieces[i, 0]
        value[n] = pieces[i, 1] + ds * (pieces[i, 2] + ds * (pieces[i, 3] + ds * pieces[i, 4]))
        slope[n] = pieces[i, 2] + ds * (2.0 * pieces[i, 3] + ds * 3.0 * pieces[i, 4])
    return value, slope


@compiled
def lane_borders(widths: Floats, first: npt.NDArray[np.int64], s: Floats) -> tuple[Floats, Floats]:
    """Distances of a side's lane borders from the centre lane, and their slopes: float64 [N, L + 1] each.

    Args:
        widths: cubics of all lanes of the side, from the middle outwards, after one another.
        first: int64 [L + 1], where the cubics of each lane begin, and the end.
        s: float64 [N].
    """
    lanes = first.size - 1
    distance, slope = np.zeros((s.size, lanes + 1)), np.zeros((s.size, lanes + 1))
    for lane in range(lanes):
        value, rise = cubic_values(widths[first[lane] : first[lane + 1]], s)
        for n in range(s.size):
            distance[n, lane + 1] = distance[n, lane] + max(value[n], 0.0)
            slope[n, lane + 1] = slope[n, lane] + (rise[n] if value[n] > 0.0 else 0.0)
    return distance, slope
