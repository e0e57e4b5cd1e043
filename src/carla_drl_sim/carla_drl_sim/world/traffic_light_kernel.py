"""Compiled kernels of traffic lights: their cycles, and which vehicle stands before which light."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import Table, bool_1, float64_1, float64_2, int64_1, uint8_1
from carla_drl_sim.world.compiled import compiled, compiled_inline, compiled_inner

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
States = npt.NDArray[np.uint8]

RED, YELLOW, GREEN, OFF, UNKNOWN = range(5)
"""States, numbered as ``carla.TrafficLightState``."""

NUM_PHASES = 3
_TIME_TOLERANCE = 1e-6
"""Sums of steps such as 200 times 0.05 s must count as 10 s."""

NO_LIGHT = -1
_MAX_HEIGHT_DIFFERENCE = 3.0
"""A vehicle on a bridge is not before a light of the road below it."""
_MIN_COS = 0.5
"""A vehicle that is turned more than 60 degrees away from the lane is not before its light."""

ZONE_X, ZONE_Y, ZONE_Z, ZONE_COS, ZONE_SIN, ZONE_HALF_WIDTH, ZONE_DEPTH, NUM_ZONE = range(8)
"""Columns of a zone: middle of the stop line, way of the traffic, half the lane's width, length before the line."""


@compiled_inner
def _state_of_phase(phase: int) -> int:
    if phase == 0:
        return GREEN
    return YELLOW if phase == 1 else RED


@compiled_inline
def shown(lights: Table) -> tuple[Floats, Bools, Floats, States, Ints, Ints]:
    """`times`, `frozen`, `elapsed`, `state`, `group` and `controller` of ``TrafficLights``, out of its table."""
    return (
        float64_2(lights, 2),
        bool_1(lights, 3),
        float64_1(lights, 6),
        uint8_1(lights, 7),
        int64_1(lights, 8),
        int64_1(lights, 9),
    )


@compiled
def step_lights(lights: Table, dt: float) -> None:
    """Advance the cycles of all groups by `dt` s.

    Args:
        lights: table of the arrays that follow, in this order, and of `group` and `controller` of ``TrafficLights``.
        first_controller: int64 [G + 1]; group g owns the controllers from [g] to below [g + 1].
        first_light: int64 [C + 1]; controller c owns the lights from [c] to below [c + 1].
        times: float64 [C, 3], duration of green, yellow, red in s.
        frozen: bool [G].
        current: int64 [G], the controller whose turn it is.
        phase: int64 [C], 0 green, 1 yellow, 2 red.
        elapsed: float64 [G], time since the group last changed.
        state: uint8 [N], states of the lights.
    """
    first_controller, first_light, times = int64_1(lights, 0), int64_1(lights, 1), float64_2(lights, 2)
    frozen, current, phase = bool_1(lights, 3), int64_1(lights, 4), int64_1(lights, 5)
    elapsed, state = float64_1(lights, 6), uint8_1(lights, 7)
    for group in range(frozen.size):
        if frozen[group]:
            continue
        elapsed[group] += dt
        turn = current[group]
        if elapsed[group] + _TIME_TOLERANCE < times[turn, phase[turn]]:
            continue
        elapsed[group] = 0.0
        if phase[turn] == NUM_PHASES - 1:
            turn += 1
            if turn == first_controller[group + 1]:
                turn = first_controller[group]
            current[group] = turn
            phase[turn] = 0
        else:
            phase[turn] += 1
        for light in range(first_light[turn], first_light[turn + 1]):
            state[light] = _state_of_phase(phase[turn])


@compiled
def find_lights(
    slots: npt.NDArray[np.intp],
    position: Floats,
    rotation: Floats,
    extent: Floats,
    zone_table: Table,
    light: npt.NDArray[np.int64],
) -> None:
    """Find the light before which each vehicle stands.

    A light concerns a vehicle from when its front enters a zone until its middle has passed the stop line, so that
    one that comes to rest on the line still obeys it and one that is inside the junction does not.

    Args:
        slots: rows [K] of `position`, `rotation`, `extent`, which are as in ``VehicleDynamics``.
        zone_table: zones float64 [Z, NUM_ZONE], ascending in ZONE_X, index of the light of each zone int64 [Z], and
            the depth of the deepest zone float64 [1], m.
        light: int64 [K], written: index of the light, or NO_LIGHT.
    """
    zones, zone_light = float64_2(zone_table, 0), int64_1(zone_table, 1)
    depth = float64_1(zone_table, 2)[0]
    reach = depth  # longest distance between a stop line and a vehicle's middle at which it is looked at
    for row in range(slots.size):
        reach = max(reach, depth + extent[slots[row], 0])
    for row in range(slots.size):
        slot = slots[row]
        light[row] = NO_LIGHT
        x, y, z = position[slot, 0], position[slot, 1], position[slot, 2]
        yaw = math.radians(rotation[slot, 1])
        forward_x, forward_y = math.cos(yaw), math.sin(yaw)
        nearest = math.inf
        start = np.searchsorted(zones[:, ZONE_X], x - reach)
        for index in range(start, zones.shape[0]):
            zone = zones[index]
            if zone[ZONE_X] > x + reach:
                break
            to_x, to_y = zone[ZONE_X] - x, zone[ZONE_Y] - y
            along = to_x * zone[ZONE_COS] + to_y * zone[ZONE_SIN]
            aside = to_y * zone[ZONE_COS] - to_x * zone[ZONE_SIN]
            if (
                0.0 <= along < min(nearest, zone[ZONE_DEPTH] + extent[slot, 0])
                and abs(aside) <= zone[ZONE_HALF_WIDTH]
                and forward_x * zone[ZONE_COS] + forward_y * zone[ZONE_SIN] >= _MIN_COS
                and abs(z - zone[ZONE_Z]) <= _MAX_HEIGHT_DIFFERENCE
            ):
                nearest = along
                light[row] = zone_light[index]
