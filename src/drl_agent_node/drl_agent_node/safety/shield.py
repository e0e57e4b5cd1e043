"""The shield: proposed actions in, the nearest safe ones out, for a whole fleet in one compiled call. No ROS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.kinematics import (
    along_arc,
    bend_speed,
    box_separation,
    curvature_to,
    point_on_route,
    stopping_distance,
    time_to_collision,
    time_to_lane_crossing,
)

_EGO: Final = ("speed_mps", "lane_offset_m", "speed_limit_mps")
_NEIGHBOUR: Final = ("present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m")
_SPEED, _OFFSET, _LIMIT = range(len(_EGO))
_SHORTEST_LOOK_AHEAD_M: Final = 4.0
_SLOWEST_LIMIT_MPS: Final = 1.0
_WALKER_M: Final = 1.2
_STEP_S: Final = 0.1
_BISECTIONS: Final = 6
_SHRINKS_M: Final = 1e-3
# Cosine of the angle between directions that count as the same or opposite.
_SAME_WAY: Final = 0.7
# An override keeps this much more than the gap that calls for one, so that it ends before the gap is used up.
_OVERRIDE_GAPS: Final = 2.0


class Kind(IntFlag):
    """Why an action is unsafe; bits."""

    COLLISION = 1
    RED_LIGHT = 2
    LANE = 4
    SPEED = 8
    STOP_SIGN = 16


KINDS: Final = tuple(Kind)
_COLLISION, _RED_LIGHT, _LANE, _SPEED_BIT, _STOP_SIGN = (int(kind) for kind in KINDS)


@dataclass(frozen=True)
class Verdict:
    """What the shield says about the actions of N agents.

    Attributes:
        actions: float32 [N, 2], the nearest safe ones.
        kinds: uint8 [N], bits of `Kind`; 0 where the proposed action was safe.
        time_to_collision_s: float32 [N] at constant velocities, infinite when there is none.
        time_to_lane_crossing_s: float32 [N] with the proposed steering at constant speed.
    """

    actions: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    time_to_collision_s: NDArray[np.float32]
    time_to_lane_crossing_s: NDArray[np.float32]


class Shield:
    """Finds the columns it needs once; `assess` then costs a few microseconds per agent.

    In this order: steering is limited to arcs that stay in the route's corridor; acceleration to what the speed
    limit, bends, red lights and stop signs allow; and then to the most from which a full stop comes before any other road user.
    """

    def __init__(self, state_names: Sequence[str], config: SafetyConfig) -> None:
        """Find the columns.

        Raises:
            ConfigurationError: when the state has no columns of ego and route.
        """
        place = {name: column for column, name in enumerate(state_names)}
        missing = [name for name in (*_EGO, "route_0_x_m", "route_1_x_m") if name not in place]
        if missing:
            raise ConfigurationError(
                f"parameter 'safety' needs the state column {missing[0]}, which the fleet's layout does not have; "
                "allowed without it: off"
            )
        self._ego = np.array([place[name] for name in _EGO])
        points = _count(place, "route_{}_x_m")
        self._route = np.array([[place[f"route_{k}_{axis}_m"] for axis in "xy"] for k in range(points)])
        self._neighbours = np.array(
            [
                [place[f"neighbour_{k}_{name}"] for name in _NEIGHBOUR]
                for k in range(_count(place, "neighbour_{}_present"))
            ],
            np.intp,
        ).reshape(-1, len(_NEIGHBOUR))
        self._lateral = place.get("lateral_speed_mps", -1)
        self._limits = _limits(config)
        # Compiles, or loads what was compiled before, now rather than in the first step.
        row = np.zeros((1, len(place)), np.float32)
        self.assess(row, np.full((1, 2), -1.0, np.float32), np.zeros((1, 2), np.float32))

    def assess(
        self, state: NDArray[np.float32], lines_m: NDArray[np.float32], actions: NDArray[np.float32]
    ) -> Verdict:
        """Judge `actions` [N, 2], within [-1, 1], in `state` [N, S].

        `lines_m` [N, 2] is how far ahead of the ego's front the lines are where a red light and a stop sign want it to
        stop, m; negative: nowhere.
        """
        count = len(state)
        verdict = Verdict(
            np.array(actions, np.float32, order="C"),
            np.zeros(count, np.uint8),
            np.empty(count, np.float32),
            np.empty(count, np.float32),
        )
        _assess(
            np.ascontiguousarray(state, np.float32),
            np.ascontiguousarray(lines_m, np.float32),
            self._ego,
            self._route,
            self._neighbours,
            self._lateral,
            self._limits,
            verdict.actions,
            verdict.kinds,
            verdict.time_to_collision_s,
            verdict.time_to_lane_crossing_s,
        )
        return verdict


def _count(place: dict[str, int], pattern: str) -> int:
    number = 0
    while pattern.format(number) in place:
        number += 1
    return number


def _limits(config: SafetyConfig) -> tuple[float, ...]:
    """Return what the kernel needs of the configuration, in the order in which `_assess` takes it apart."""
    return (
        config.curvature_per_steer,
        config.throttle_mps2,
        config.brake_mps2,
        config.reaction_s,
        config.length_m,
        config.width_m,
        config.gap_m,
        config.corridor_m,
        config.lane_horizon_s,
        1.0 + config.overspeed,
        config.lateral_acceleration_mps2,
        config.bend_braking_mps2,
        config.speed_response_s,
        config.stop_line_margin_m,
    )


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _width_of(length: float, widest: float) -> float:
    """Guess a road user's width, m, which the state does not tell: walkers are as wide as long, cars 2.2 times longer."""
    return length if length < _WALKER_M else min(0.45 * length, widest)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _hits(  # type: ignore[no-untyped-def]
    others, speed, lateral, acceleration, curvature, reaction_s, braking, length, width, gap
):
    """Tell whether `acceleration` for the reaction time and braking after it brings the ego too near to `others`.

    Those who drive along the ego's direction, or against it, brake like the ego; those who cross keep their velocity.
    Only gaps that shrink count, so that vehicles that stand close can part; what is behind is for others to mind.
    """
    half_x, half_y = 0.5 * length, 0.5 * width
    reach = stopping_distance(speed, acceleration, reaction_s, braking)
    steps = math.ceil((reaction_s + (speed + max(acceleration, 0.0) * reaction_s) / braking) / _STEP_S)
    for k in range(len(others)):
        present, x, y, c, s, vx, vy, olength = others[k]
        if present < 0.5 or x < -half_x:
            continue
        vx, vy = vx + speed, vy + lateral
        ospeed = math.hypot(vx, vy)
        if math.hypot(x, y) > reach + ospeed * steps * _STEP_S + half_x + 0.5 * olength + gap:
            continue
        ohalf_x, ohalf_y = 0.5 * olength, 0.5 * _width_of(olength, width)
        oheading = math.atan2(s, c)
        now = box_separation(x, y, oheading, half_x, half_y, ohalf_x, ohalf_y)
        brakes = olength >= _WALKER_M and abs(c) > _SAME_WAY
        v = speed
        driven = 0.0
        for step in range(steps):
            rate = acceleration if step * _STEP_S < reaction_s else -braking
            after = max(v + rate * _STEP_S, 0.0)
            driven += 0.5 * (v + after) * _STEP_S
            v = after
            # Time at its present velocity that takes the other as far.
            t = (step + 1) * _STEP_S
            if brakes and t > reaction_s and ospeed > 1e-6:
                braked = min(t - reaction_s, ospeed / braking)
                t = reaction_s + braked - 0.5 * braking * braked * braked / ospeed
            ex, ey, heading = along_arc(curvature, driven)
            dx, dy = x + vx * t - ex, y + vy * t - ey
            ec, es = math.cos(heading), math.sin(heading)
            separation = box_separation(
                ec * dx + es * dy, ec * dy - es * dx, oheading - heading, half_x, half_y, ohalf_x, ohalf_y
            )
            if separation < gap and separation < now - _SHRINKS_M:
                return True
            if v <= 0.0:
                break
    return False


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _as_action(acceleration: float, throttle: float, brake: float) -> float:
    """Return the action that gives an acceleration (m/s^2), within [-1, 1]."""
    return max(min(acceleration / (throttle if acceleration > 0.0 else brake), 1.0), -1.0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _as_acceleration(action: float, throttle: float, brake: float) -> float:
    return action * (throttle if action > 0.0 else brake)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _steer_within(
    route: Any, speed: float, steer: float, gain: float, corridor: float, horizon_s: float
) -> float:
    """Return the steering nearest to `steer` whose arc is in the corridor after `horizon_s`."""
    x, y, heading = point_on_route(route, max(speed * horizon_s, _SHORTEST_LOOK_AHEAD_M))
    if x < 1.0:
        return steer
    dx, dy = -corridor * math.sin(heading), corridor * math.cos(heading)
    low = max(min(curvature_to(x - dx, y - dy) / gain, 1.0), -1.0)
    high = max(min(curvature_to(x + dx, y + dy) / gain, 1.0), -1.0)
    return float(min(max(steer, low), high))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _assess(  # type: ignore[no-untyped-def]
    state,
    lines_m,
    ego_columns,
    route_columns,
    neighbour_columns,
    lateral_column,
    limits,
    actions,
    kinds,
    collision_s,
    crossing_s,
):
    (gain, throttle, brake, reaction_s, length, width, gap, corridor, horizon_s, overspeed,
     lateral_limit, bend_braking, response_s, line_margin) = limits  # fmt: skip
    route = np.empty((len(route_columns), 2))
    others = np.empty(neighbour_columns.shape)
    for agent in range(len(state)):
        row = state[agent]
        speed = max(row[ego_columns[_SPEED]], 0.0)
        lateral = row[lateral_column] if lateral_column >= 0 else 0.0
        for k in range(len(route)):
            route[k, 0], route[k, 1] = row[route_columns[k, 0]], row[route_columns[k, 1]]
        for k in range(len(others)):
            for column in range(others.shape[1]):
                others[k, column] = row[neighbour_columns[k, column]]
        wanted, steer = actions[agent, 0], actions[agent, 1]

        crossing_s[agent] = time_to_lane_crossing(
            route, row[ego_columns[_OFFSET]], speed, gain * steer, corridor
        )
        soonest = math.inf
        for k in range(len(others)):
            present, x, y, c, s, vx, vy, olength = others[k]
            if present > 0.5:
                owidth = _width_of(olength, width)
                half_x = 0.5 * (length + abs(c) * olength + abs(s) * owidth)
                half_y = 0.5 * (width + abs(s) * olength + abs(c) * owidth)
                soonest = min(soonest, time_to_collision(x, y, vx, vy, half_x, half_y))
        collision_s[agent] = soonest

        found = 0
        steered = _steer_within(route, speed, steer, gain, corridor, horizon_s)
        if steered != steer:
            found |= _LANE
        fastest = min(
            overspeed * max(row[ego_columns[_LIMIT]], _SLOWEST_LIMIT_MPS),
            bend_speed(route, lateral_limit, bend_braking),
        )
        most = _as_action((fastest - speed) / response_s, throttle, brake)
        action = wanted
        if action > most:
            action = most
            found |= _SPEED_BIT
        for line_m, kind in ((lines_m[agent, 0], _RED_LIGHT), (lines_m[agent, 1], _STOP_SIGN)):
            if line_m < 0.0:
                continue
            room = line_m - line_margin
            proposed = stopping_distance(speed, _as_acceleration(action, throttle, brake), reaction_s, brake)
            best = stopping_distance(speed, -brake, reaction_s, brake)
            # A line that cannot be kept any more is passed: stopping behind it helps nobody.
            if proposed > room and best <= max(room, 0.0) + line_margin:
                action = -1.0
                found |= kind
        curvature = gain * steered
        acceleration = _as_acceleration(action, throttle, brake)
        if _hits(others, speed, lateral, acceleration, curvature, reaction_s, brake, length, width, gap):
            found |= _COLLISION
            kept = _OVERRIDE_GAPS * gap
            low, high = -1.0, action
            for _ in range(_BISECTIONS):
                middle = 0.5 * (low + high)
                acceleration = _as_acceleration(middle, throttle, brake)
                if _hits(
                    others, speed, lateral, acceleration, curvature, reaction_s, brake, length, width, kept
                ):
                    high = middle
                else:
                    low = middle
            action = low
        actions[agent, 0], actions[agent, 1] = action, steered
        kinds[agent] = found
