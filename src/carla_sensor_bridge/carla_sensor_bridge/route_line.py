"""The egos' routes as equally spaced points, from behind them to far ahead: what rasters show of a route."""

from __future__ import annotations

from typing import Final

import numba

SPACING_M: Final = 2.0
BEHIND_M: Final = 16.0
"""How far behind the ego, along the route, the first point is."""


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sample(route, counts, index, here, out):  # type: ignore[no-untyped-def]
    """Write points of every ego's route; where the route begins or ends its end is repeated.

    Args:
        route: f64 [N, at least 4, K] x, y, yaw, s; counts: i64 [N] valid points.
        index: i64 [N] a route point near the ego.
        here: f64 [N] place of the ego along its route, m.
        out: f32 [N, NUM_ROUTE_LINE, 2].
    """
    for i in range(len(counts)):
        xs, ys, s = route[i, 0], route[i, 1], route[i, 3]
        last = counts[i] - 1
        start = here[i] - BEHIND_M
        j = min(index[i], last - 1)
        while j > 0 and s[j] > start:
            j -= 1
        for p in range(out.shape[1]):
            at = min(max(start + p * SPACING_M, 0.0), s[last])
            while j < last - 1 and s[j + 1] < at:
                j += 1
            share = (at - s[j]) / (s[j + 1] - s[j])
            out[i, p, 0] = xs[j] + share * (xs[j + 1] - xs[j])
            out[i, p, 1] = ys[j] + share * (ys[j + 1] - ys[j])
