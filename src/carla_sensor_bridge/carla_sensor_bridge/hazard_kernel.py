"""How scripted hazards move along the routes of their egos: one compiled call for all of them."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

LEAD: Final = 0
CUT_IN: Final = 1
JAYWALKER: Final = 2
RED_LIGHT: Final = 3
OBSTACLE: Final = 4

# Phases, in the order in which a hazard goes through them.
ABSENT: Final = 0
WAITING: Final = 1
"""Standing where it was put, or driving ahead of the ego."""
ACTING: Final = 2
STANDING: Final = 3
DONE: Final = 4
GONE: Final = 5
"""To be removed from the simulator."""

# Columns of what a hazard is to do.
KIND: Final = 0
DISTANCE: Final = 1
AFTER: Final = 2
APPROACH: Final = 3
SPEED: Final = 4
RATE: Final = 5
DURATION: Final = 6
FROM: Final = 7
TO: Final = 8
HALF_LENGTH: Final = 9
NUM_SCRIPT: Final = 10

# Columns of how far it is.
S: Final = 0
OFFSET: Final = 1
V: Final = 2
TIME: Final = 3
DRIVEN: Final = 4
NUM_STATE: Final = 5

# Columns of where it is.
X: Final = 0
Y: Final = 1
Z: Final = 2
YAW: Final = 3
VX: Final = 4
VY: Final = 5
NUM_POSE: Final = 6

GAP_GAIN: Final = 0.5
"""How much faster a vehicle ahead of the ego drives per metre that the gap is too small, 1/s."""

ACCELERATION_MPS2: Final = 3.0
"""How fast vehicles of the script speed up, and slow down when they do not brake hard."""


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def step_hazards(  # type: ignore[no-untyped-def]
    script, phase, state, agent, ego_s, ego_speed, ego_half, route, counts, dt, pose, moved
):
    """Advance all hazards by one step. H hazards, N egos, K points per route at most.

    Args:
        script: f64 [H, NUM_SCRIPT].
        phase: i64 [H], kept between steps; state: f64 [H, NUM_STATE], likewise.
        agent: i64 [H] whose route it is on.
        ego_s: f64 [N] place of each ego's middle along its route, m; ego_speed: f64 [N] m/s; ego_half: f64 [N] half
            its length, m.
        route: f64 [N, 5, K] x, y, z, yaw (continuous), s; counts: i64 [N] valid points.
        dt: step, s.
        pose: f64 [H, NUM_POSE] out, REP-103.
        moved: bool [H] out: the pose is new.
    """
    for h in range(len(phase)):
        moved[h] = False
        if phase[h] in (ABSENT, GONE):
            continue
        do, now, i = script[h], state[h], agent[h]
        gap = now[S] - do[HALF_LENGTH] - ego_s[i] - ego_half[i]
        kind = int(do[KIND])
        if kind in (LEAD, CUT_IN):
            _drive(kind, do, now, phase, h, gap, ego_speed[i], dt)
            moved[h] = True
            if now[S] >= route[i, 4, counts[i] - 1]:
                phase[h] = GONE
        elif phase[h] == WAITING:
            if kind != OBSTACLE and gap <= do[DISTANCE]:
                phase[h] = ACTING
        elif phase[h] == ACTING:
            now[TIME] += dt
            if kind == JAYWALKER:
                moved[h] = True
                way = do[TO] - do[FROM]
                walked = min(now[TIME] * do[SPEED], abs(way))
                now[OFFSET] = do[FROM] + np.sign(way) * walked
                now[V] = do[SPEED]
                if walked == abs(way):
                    now[V] = 0.0
                    phase[h] = DONE
            elif now[TIME] >= do[DURATION]:
                phase[h] = GONE
        if moved[h]:
            place(do, now, phase[h], route[i], counts[i], pose[h])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _drive(kind, do, now, phase, h, gap, ego_speed, dt):  # type: ignore[no-untyped-def]
    """Move a vehicle on: ahead of the ego at a distance, then as its kind does."""
    if phase[h] == WAITING:
        wanted = min(max(ego_speed + GAP_GAIN * (do[DISTANCE] - gap), 0.0), do[APPROACH])
        if now[DRIVEN] >= do[AFTER]:
            phase[h] = ACTING
    else:
        wanted = do[SPEED]
    rate = ACCELERATION_MPS2
    if phase[h] == ACTING:
        now[TIME] += dt
        if kind == LEAD:
            wanted, rate = 0.0, do[RATE]
            if now[V] == 0.0:
                phase[h], now[TIME] = STANDING, 0.0
        else:
            share = min(now[TIME] / do[DURATION], 1.0)
            now[OFFSET] = do[FROM] * (1.0 - share * share * (3.0 - 2.0 * share))
            if share == 1.0:
                phase[h] = DONE
    elif phase[h] == STANDING:
        wanted = 0.0
        now[TIME] += dt
        if now[TIME] >= do[DURATION]:
            phase[h] = DONE
    now[V] += min(max(wanted - now[V], -rate * dt), rate * dt)
    now[S] += now[V] * dt
    now[DRIVEN] += now[V] * dt


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def place(do, now, phase, route, count, pose):  # type: ignore[no-untyped-def]
    """Write where a hazard is: `now[OFFSET]` to the left of the route at `now[S]`; arguments as in `step_hazards`."""
    kind = int(do[KIND])
    s = route[4, :count]
    j = min(max(np.searchsorted(s, now[S], side="right") - 1, 0), count - 2)
    share = (now[S] - s[j]) / (s[j + 1] - s[j])
    share = min(max(share, 0.0), 1.0)
    x = route[0, j] + share * (route[0, j + 1] - route[0, j])
    y = route[1, j] + share * (route[1, j + 1] - route[1, j])
    yaw = route[3, j] + share * (route[3, j + 1] - route[3, j])
    pose[X] = x - np.sin(yaw) * now[OFFSET]
    pose[Y] = y + np.cos(yaw) * now[OFFSET]
    pose[Z] = route[2, j] + share * (route[2, j + 1] - route[2, j])
    heading = yaw
    if kind == JAYWALKER:
        heading = yaw + (0.5 * np.pi if do[TO] > do[FROM] else -0.5 * np.pi)
    elif kind == CUT_IN and phase == ACTING and now[V] > 0.1:
        progress = min(now[TIME] / do[DURATION], 1.0)
        aside = -do[FROM] * 6.0 * progress * (1.0 - progress) / do[DURATION]
        heading = yaw + np.arctan2(aside, now[V])
    pose[YAW] = (heading + np.pi) % (2.0 * np.pi) - np.pi
    pose[VX], pose[VY] = now[V] * np.cos(heading), now[V] * np.sin(heading)
