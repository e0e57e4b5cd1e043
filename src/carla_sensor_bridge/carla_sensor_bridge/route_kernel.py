"""The per-frame arithmetic of all egos in one compiled function: position on the route, metrics, preview, end reasons."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from carla_sensor_bridge.collisions import IMPULSE_NS, PARTNER
from carla_sensor_bridge.columns import (
    ACCELERATION,
    COLLISION,
    COLLISION_KIND,
    EGO_AX,
    EGO_AY,
    EGO_AZ,
    EGO_LENGTH,
    EGO_PITCH,
    EGO_ROLL,
    EGO_VX,
    EGO_VY,
    EGO_VZ,
    EGO_X,
    EGO_Y,
    EGO_YAW,
    END_BLOCKED,
    END_COLLISION,
    END_EXTERNAL,
    END_NONE,
    END_OFF_ROAD,
    END_REASON,
    END_RED_LIGHT,
    END_ROUTE_DEVIATION,
    END_ROUTE_DONE,
    END_TIME_LIMIT,
    EPISODE_TIME,
    HEADING_ERROR,
    JERK,
    LANE_OFFSET,
    LATERAL_ACCELERATION,
    NUM_EGO,
    OBJECT_KIND,
    OBJECT_VEHICLE,
    OBJECT_VX,
    OBJECT_VY,
    OBJECT_X,
    OBJECT_Y,
    OFF_ROAD,
    OUTSIDE_LANES,
    PROGRESS,
    RED_LIGHT,
    RED_LIGHT_DISTANCE,
    ROUTE_COMPLETION,
    ROUTE_DONE,
    ROUTE_LENGTH,
    ROUTE_SPEED_LIMIT,
    ROUTE_X,
    ROUTE_Y,
    ROUTE_YAW,
    SPEED,
    SPEED_LIMIT,
    STATUS_RESET,
    STATUS_TERMINATED,
    STATUS_TRUNCATED,
    STOP_SIGN,
    STOP_SIGN_DISTANCE,
    STOPPED_TIME,
    TRAFFIC_SPEED,
)
from carla_sensor_bridge.drivable import directions, only_oncoming
from carla_sensor_bridge.fleet_world import LIGHT_RED, LIGHT_YELLOW

SEARCH_MARGIN_M: Final = 2.0
"""How much farther along the route than the ego has moved its new position is looked for. Parts of the route that
cross or come back are much farther away along it, so the position cannot jump there."""

MOVING_MPS: Final = 0.1
"""An ego that is slower stands still."""

LINE_RANGE_M: Final = 100.0
"""Lights and stop signs are told when the ego's front is at most this far before their line."""

WAITING_M: Final = 20.0
"""Who stands at most this far before the line of a light that is red or yellow waits for it and is not blocked."""

STOP_ZONE_M: Final = 4.0
"""A stop at a stop sign counts when the ego's front is at most this far before the line (Leaderboard's RunningStopTest
allows as much before the sign's trigger box)."""

TRAFFIC_RANGE_M: Final = 50.0
"""Vehicles within this distance are the traffic that an ego's speed is compared with."""

_ROUTE_END_M: Final = 0.1
_TIME_ROUNDING_S: Final = 1e-6

# Columns of the state that is kept per ego between frames.
STATE_S: Final = 0
STATE_BEST_S: Final = 1
STATE_X: Final = 2
STATE_Y: Final = 3
STATE_STOPPED: Final = 4
STATE_ACCELERATION: Final = 5
STATE_TIME_LIMIT: Final = 6
STATE_LINE: Final = 7
STATE_STOOD: Final = 8
STATE_BLOCKED: Final = 9
NUM_STATE: Final = 10


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _wrap(angle: float) -> float:
    return (angle + np.pi) % (2.0 * np.pi) - np.pi  # type: ignore[no-any-return]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def project(  # type: ignore[no-untyped-def]
    px, py, xs, ys, s, count, first, low, high
):
    """Find the nearest point of a route within [low, high] of its length.

    Args:
        px: x of the ego, m; py likewise.
        xs: [K] route; ys, s likewise; `count` of its points are valid.
        first: index of a route point to search from, both ways.
        low: least s, m; `high` likewise. At least a part of the route must lie between them.

    Returns:
        Index of the route point before the found one, share of the way to the next, squared distance.
    """
    j = min(first, count - 2)
    while j > 0 and s[j] > low:
        j -= 1
    best_j, best_t, best_d = j, 0.0, np.inf
    while j < count - 1 and (s[j] <= high or best_d == np.inf):
        dx, dy = xs[j + 1] - xs[j], ys[j + 1] - ys[j]
        ds = s[j + 1] - s[j]
        t = ((px - xs[j]) * dx + (py - ys[j]) * dy) / (dx * dx + dy * dy)
        t = min(max(t, max(0.0, (low - s[j]) / ds)), min(1.0, (high - s[j]) / ds))
        ex, ey = px - xs[j] - t * dx, py - ys[j] - t * dy
        d = ex * ex + ey * ey
        if d < best_d:
            best_j, best_t, best_d = j, t, d
        j += 1
    return best_j, best_t, best_d


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pass_lines(  # type: ignore[no-untyped-def]
    lines, state, rear, front, is_fresh, stands, told, light_state
):
    """Tell which rules an ego broke at the stop lines that its rear end passed in this frame.

    A line counts once, when the rear end passes it (as in Leaderboard's RunningRedLightTest); lines behind the front
    when an episode begins do not.

    Args:
        lines: f64 [L, 2] of the ego's route.
        state: f64 [NUM_STATE] of the ego.
        rear: place of the ego's rear end along the route, m; front likewise.
        is_fresh: the frame is the first of an episode.
        stands: the ego stands still.
        told: light that the frame before told as the one ahead, -1 for none.
        light_state: what it shows.

    Returns:
        Whether a red light was run, whether a stop sign was, the light ahead, -1 for none, the distance from the front
        to its line, m, where it shows red or yellow, else -1: also while it is not known yet, in the frame after a line
        was passed and the first of an episode, and when the front is beyond the line already. And the distance to the
        next line, m, where that is a stop sign's before which the ego has not stood yet, else -1.
    """
    if is_fresh:
        state[STATE_LINE] = 0.0
        state[STATE_STOOD] = 0.0
    line = int(state[STATE_LINE])
    red_light, stop_sign = False, False
    while lines[line, 0] <= (front if is_fresh else rear):
        if not is_fresh:
            if lines[line, 1] < 0.0:
                stop_sign = stop_sign or state[STATE_STOOD] == 0.0
            elif light_state == LIGHT_RED:
                red_light = True
        state[STATE_STOOD] = 0.0
        line += 1
    if stands and front >= lines[line, 0] - STOP_ZONE_M:
        state[STATE_STOOD] = 1.0
    state[STATE_LINE] = line
    ahead = -1
    red_m, sign_m = -1.0, -1.0
    distance = lines[line, 0] - front
    if distance <= LINE_RANGE_M:
        if lines[line, 1] >= 0.0:
            ahead = int(lines[line, 1])
        elif distance >= 0.0 and state[STATE_STOOD] == 0.0:
            sign_m = distance
    known = not is_fresh and ahead >= 0 and ahead == told
    if known and distance >= 0.0 and light_state in (LIGHT_RED, LIGHT_YELLOW):
        red_m = distance
    return red_light, stop_sign, ahead, red_m, sign_m


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _traffic_speed(x, y, objects):  # type: ignore[no-untyped-def]
    """Return the mean speed of the vehicles around x, y, m/s; -1 when there are none."""
    total, count = 0.0, 0
    for k in range(objects.shape[0]):
        if objects[k, OBJECT_KIND] == OBJECT_VEHICLE:
            dx, dy = objects[k, OBJECT_X] - x, objects[k, OBJECT_Y] - y
            if dx * dx + dy * dy <= TRAFFIC_RANGE_M * TRAFFIC_RANGE_M:
                total += np.hypot(objects[k, OBJECT_VX], objects[k, OBJECT_VY])
                count += 1
    return total / count if count > 0 else -1.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def advance(  # type: ignore[no-untyped-def]
    ego, collision, light_state, objects, external, route, lines, counts, index, state, steps, fresh, last_ego,
    low_x, low_y, tile_index, tiles, preview, step_s, blocked_s, max_offset, off_road_ends,
    red_light_ends, out_ego, out_route, out_metrics, out_status, ended, next_light,
) -> Any:  # fmt: skip
    """Compute one frame of every ego. N egos, K points per route at most, P preview points.

    Args:
        ego: f64 [N, NUM_EGO] of this frame. Rows that are not finite are replaced by the last good ones.
        collision: f64 [N, NUM_COLLISION] of this frame.
        light_state: i64 [N] state of the light that `next_light` named with the last frame.
        objects: f32 [M, NUM_OBJECT] of this frame.
        external: bool [N] end the episode with END_EXTERNAL.
        route: f64 [N, 6, K] x, y, yaw (continuous), s, speed limit, half lane width; counts: i64 [N] valid points.
        lines: f64 [N, L, 2] place of stop lines along the route, m, increasing, the last one at infinity; and light.
        index: i64 [N] route point before the ego, kept between frames.
        state: f64 [N, NUM_STATE], kept between frames; steps: i64 [N] frames since the episode began, likewise.
        fresh: bool [N] the frame is the first of an episode; cleared.
        last_ego: f64 [N, NUM_EGO] kept between frames.
        low_x: with low_y, tile_index and tiles the drivable area.
        preview: f64 [P] distances ahead, m, increasing.
        step_s: simulated time per frame, s.
        blocked_s: limit of the time standing still, waiting for a light apart; max_offset: limit of the distance to the route, m.
        off_road_ends: whether leaving the driving lanes ends the episode; red_light_ends: whether a red light does.
        out_ego: f32 [N, NUM_EGO]; out_route: f32 [N, P, NUM_ROUTE]; out_metrics: f32 [N, NUM_METRICS];
            out_status: u8 [N].
        ended: bool [N] set when the episode ends with this frame.
        next_light: i64 [N] light ahead, -1 for none.

    Returns:
        How many rows of `ego` were not finite.
    """
    broken_rows = 0
    for i in range(ego.shape[0]):
        broken = False
        for c in range(NUM_EGO):
            if not np.isfinite(ego[i, c]):
                broken = True
        if broken:
            broken_rows += 1
            ego[i, :] = last_ego[i, :]
        is_fresh = fresh[i]
        if is_fresh:
            # What placing a vehicle does to its velocity is no acceleration of the vehicle.
            ego[i, EGO_AX] = ego[i, EGO_AY] = ego[i, EGO_AZ] = 0.0
        ego[i, EGO_YAW] = _wrap(ego[i, EGO_YAW])
        last_ego[i, :] = ego[i, :]
        out_ego[i, :] = ego[i, :]

        x, y, yaw = ego[i, EGO_X], ego[i, EGO_Y], ego[i, EGO_YAW]
        xs, ys, yaws, s, limits = route[i, 0], route[i, 1], route[i, 2], route[i, 3], route[i, 4]
        count = counts[i]
        length = s[count - 1]
        before = 0.0 if is_fresh else state[i, STATE_S]
        moved = 0.0 if is_fresh else np.hypot(x - state[i, STATE_X], y - state[i, STATE_Y])
        window = moved + SEARCH_MARGIN_M
        j, t, squared = project(x, y, xs, ys, s, count, index[i], before - window, before + window)
        here = s[j] + t * (s[j + 1] - s[j])
        index[i] = j
        state[i, STATE_S], state[i, STATE_X], state[i, STATE_Y] = here, x, y
        best = here if is_fresh else max(state[i, STATE_BEST_S], here)
        state[i, STATE_BEST_S] = best
        route_yaw = yaws[j] + t * (yaws[j + 1] - yaws[j])
        foot_x, foot_y = xs[j] + t * (xs[j + 1] - xs[j]), ys[j] + t * (ys[j + 1] - ys[j])

        cos_yaw, sin_yaw = np.cos(yaw), np.sin(yaw)
        cos_pitch, sin_pitch = np.cos(ego[i, EGO_PITCH]), np.sin(ego[i, EGO_PITCH])
        cos_roll, sin_roll = np.cos(ego[i, EGO_ROLL]), np.sin(ego[i, EGO_ROLL])
        # First two columns of Rz(yaw) Ry(pitch) Rx(roll): the ego's x and y axes in "map" (REP-103).
        ax_x, ax_y, ax_z = cos_yaw * cos_pitch, sin_yaw * cos_pitch, -sin_pitch
        ay_x = cos_yaw * sin_pitch * sin_roll - sin_yaw * cos_roll
        ay_y = sin_yaw * sin_pitch * sin_roll + cos_yaw * cos_roll
        ay_z = cos_pitch * sin_roll
        vx, vy, vz = ego[i, EGO_VX], ego[i, EGO_VY], ego[i, EGO_VZ]
        accel_x, accel_y, accel_z = ego[i, EGO_AX], ego[i, EGO_AY], ego[i, EGO_AZ]
        acceleration = accel_x * ax_x + accel_y * ax_y + accel_z * ax_z
        jerk = 0.0 if is_fresh else (acceleration - state[i, STATE_ACCELERATION]) / step_s
        state[i, STATE_ACCELERATION] = acceleration

        stands = np.sqrt(vx * vx + vy * vy + vz * vz) <= MOVING_MPS
        if is_fresh:
            steps[i] = 0
            state[i, STATE_STOPPED] = 0.0
        else:
            steps[i] += 1
            if not stands:
                state[i, STATE_STOPPED] = 0.0
            else:
                state[i, STATE_STOPPED] += step_s
        time_s = steps[i] * step_s
        hit = 0.0 if is_fresh else collision[i, IMPULSE_NS]
        lanes = directions(x, y, low_x, low_y, tile_index, tiles)
        off_road = lanes == 0
        offset = np.cos(route_yaw) * (y - foot_y) - np.sin(route_yaw) * (x - foot_x)
        outside = abs(offset) > route[i, 5, j] and (off_road or only_oncoming(lanes, route_yaw))
        done = here >= length - _ROUTE_END_M

        m = out_metrics[i]
        m[PROGRESS] = here - before
        m[ROUTE_COMPLETION] = 1.0 if done else min(best / length, 1.0)
        m[LANE_OFFSET] = offset
        m[HEADING_ERROR] = _wrap(yaw - route_yaw)
        m[SPEED] = vx * ax_x + vy * ax_y + vz * ax_z
        m[SPEED_LIMIT] = limits[j]
        m[COLLISION] = hit
        m[OFF_ROAD] = 1.0 if off_road else 0.0
        m[ROUTE_DONE] = 1.0 if done else 0.0
        m[ROUTE_LENGTH] = length
        m[EPISODE_TIME] = time_s
        m[STOPPED_TIME] = state[i, STATE_STOPPED]
        m[ACCELERATION] = acceleration
        m[LATERAL_ACCELERATION] = accel_x * ay_x + accel_y * ay_y + accel_z * ay_z
        m[JERK] = jerk
        m[COLLISION_KIND] = 0.0 if is_fresh else collision[i, PARTNER]
        half_length = 0.5 * ego[i, EGO_LENGTH]
        red_light, stop_sign, next_light[i], m[RED_LIGHT_DISTANCE], m[STOP_SIGN_DISTANCE] = _pass_lines(
            lines[i],
            state[i],
            here - half_length,
            here + half_length,
            is_fresh,
            stands,
            next_light[i],
            light_state[i],
        )
        if is_fresh or not stands:
            state[i, STATE_BLOCKED] = 0.0
        elif not 0.0 <= m[RED_LIGHT_DISTANCE] <= WAITING_M:
            state[i, STATE_BLOCKED] += step_s
        m[RED_LIGHT] = 1.0 if red_light else 0.0
        m[STOP_SIGN] = 1.0 if stop_sign else 0.0
        m[OUTSIDE_LANES] = moved if outside else 0.0
        m[TRAFFIC_SPEED] = _traffic_speed(x, y, objects)

        reason = END_NONE
        if is_fresh:
            pass
        elif hit > 0.0:
            reason = END_COLLISION
        elif red_light and red_light_ends:
            reason = END_RED_LIGHT
        elif off_road and off_road_ends:
            reason = END_OFF_ROAD
        elif squared > max_offset * max_offset:
            reason = END_ROUTE_DEVIATION
        elif done:
            reason = END_ROUTE_DONE
        elif external[i] or broken:
            reason = END_EXTERNAL
        elif state[i, STATE_BLOCKED] >= blocked_s - _TIME_ROUNDING_S:
            reason = END_BLOCKED
        elif time_s >= state[i, STATE_TIME_LIMIT] - _TIME_ROUNDING_S:
            reason = END_TIME_LIMIT
        m[END_REASON] = reason
        status = STATUS_RESET if is_fresh else 0
        if reason in (END_EXTERNAL, END_BLOCKED, END_TIME_LIMIT):
            status |= STATUS_TRUNCATED
        elif reason != END_NONE:
            status |= STATUS_TERMINATED
        out_status[i] = status
        ended[i] = reason != END_NONE
        fresh[i] = False

        for p in range(len(preview)):
            ahead = min(here + preview[p], length)
            while j < count - 2 and s[j + 1] < ahead:
                j += 1
            share = (ahead - s[j]) / (s[j + 1] - s[j])
            point = out_route[i, p]
            point[ROUTE_X] = xs[j] + share * (xs[j + 1] - xs[j])
            point[ROUTE_Y] = ys[j] + share * (ys[j + 1] - ys[j])
            point[ROUTE_YAW] = _wrap(yaws[j] + share * (yaws[j + 1] - yaws[j]))
            point[ROUTE_SPEED_LIMIT] = limits[j]
    return broken_rows
