"""Cycles of traffic lights, and which vehicle stands before which light."""

from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.world.signals import Signal, SignalKind, StopLine
from carla_drl_sim.world.traffic_light_kernel import find_lights
from carla_drl_sim.world.traffic_lights import (
    GREEN,
    NO_LIGHT,
    OFF,
    RED,
    YELLOW,
    StopZones,
    TrafficLights,
    zone_depth,
)

STEP_S = 0.05


def _light(name: str, group: str = "", junction: int = -1, lines: tuple[StopLine, ...] = ()) -> Signal:
    return Signal(name, SignalKind.TRAFFIC_LIGHT, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, lines, group, junction)


def _junction() -> TrafficLights:
    """Two controllers, the first with two lights."""
    return TrafficLights([_light("a", "1", 5), _light("b", "2", 5), _light("c", "1", 5)])


def _wait(lights: TrafficLights, seconds: float) -> list[int]:
    for _ in range(round(seconds / STEP_S)):
        lights.step(STEP_S)
    return lights.state.tolist()


def test_controllers_of_a_junction_take_turns() -> None:
    lights = _junction()
    assert [signal.id for signal in lights.signals] == ["a", "c", "b"]
    assert lights.state.tolist() == [GREEN, GREEN, RED]
    assert _wait(lights, 9.95) == [GREEN, GREEN, RED]
    assert lights.elapsed[0] == pytest.approx(9.95)
    assert _wait(lights, 0.05) == [YELLOW, YELLOW, RED]
    assert lights.elapsed[0] == 0.0
    assert _wait(lights, 3.0) == [RED, RED, RED]
    assert _wait(lights, 2.0) == [RED, RED, GREEN]
    assert _wait(lights, 15.0) == [GREEN, GREEN, RED]


def test_two_ways_are_never_open_at_once() -> None:
    lights = _junction()
    for _ in range(1000):
        lights.step(STEP_S)
        open_controllers = {int(lights.controller[i]) for i in np.flatnonzero(lights.state != RED)}
        assert len(open_controllers) <= 1


def test_signals_without_junction_or_controller() -> None:
    lights = TrafficLights([_light("a", "1"), _light("b", "1"), _light("c"), _light("d")])
    assert lights.group.tolist() == [0, 0, 1, 2]
    assert lights.pole.tolist() == [0, 1, 0, 0]
    assert lights.state.tolist() == [GREEN] * 4
    assert lights.members(1) == [0, 1]
    assert _wait(lights, 15.0) == [GREEN] * 4
    signs = TrafficLights([Signal("s", SignalKind.STOP, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, ())])
    assert len(signs) == 0
    signs.step(STEP_S)


def test_a_frozen_group_stands_still_and_others_go_on() -> None:
    lights = TrafficLights([_light("a", "1", 5), _light("b", "2", 6)])
    lights.frozen[0] = True
    assert _wait(lights, 11.0) == [GREEN, YELLOW]
    assert lights.elapsed.tolist() == pytest.approx([0.0, 1.0])
    lights.frozen[0] = False
    assert _wait(lights, 10.0)[0] == YELLOW


def test_a_state_that_was_set_lasts_until_the_next_change() -> None:
    lights = _junction()
    lights.set_state(0, OFF)
    assert _wait(lights, 9.0) == [OFF, GREEN, RED]
    assert _wait(lights, 1.0) == [YELLOW, YELLOW, RED]
    with pytest.raises(ValueError, match="state 5"):
        lights.set_state(0, 5)


def test_times_are_the_controllers() -> None:
    lights = _junction()
    lights.set_time(0, GREEN, 4.0)
    lights.set_time(0, YELLOW, 1.0)
    lights.set_time(1, RED, 0.5)
    assert _wait(lights, 4.0) == [YELLOW, YELLOW, RED]
    assert _wait(lights, 1.0) == [RED, RED, RED]
    assert _wait(lights, 0.5) == [RED, RED, GREEN]
    assert _wait(lights, 9.0) == [RED, RED, GREEN]
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="time of a traffic light"):
            lights.set_time(0, GREEN, wrong)


def test_resets_begin_with_the_first_controller() -> None:
    lights = TrafficLights(
        [_light("a", "1", 5), _light("b", "2", 5), _light("c", "3", 6), _light("d", "4", 6)]
    )
    assert _wait(lights, 16.0) == [RED, GREEN, RED, GREEN]
    lights.reset_group(0)
    assert lights.state.tolist() == [GREEN, RED, RED, GREEN]
    assert lights.elapsed.tolist() == pytest.approx([0.0, 1.0])
    lights.reset()
    assert lights.state.tolist() == [GREEN, RED, GREEN, RED]
    assert _wait(lights, 10.0) == [YELLOW, RED, YELLOW, RED]


def _before(zones: StopZones, x: float, y: float = 0.0, z: float = 0.0, yaw: float = 0.0) -> int:
    found = np.full(1, 99, dtype=np.int64)
    find_lights(
        np.array([1]),
        np.array([[500.0, 500.0, 0.0], [x, y, z]]),
        np.array([[0.0, 0.0, 0.0], [0.0, yaw, 0.0]]),
        np.array([[9.0, 1.0, 1.0], [2.0, 1.0, 1.0]]),
        zones.table,
        found,
    )
    return int(found[0])


def test_a_light_concerns_vehicles_whose_front_is_before_its_stop_line() -> None:
    line = StopLine(1, -1, 100.0, 0.0, 0.0, 0.0, 1.75)
    zones = StopZones([_light("a"), _light("b", lines=(line,))])
    depth = zone_depth(line)
    assert depth == pytest.approx(3.15)
    assert _before(zones, 100.0 - depth - 2.05) == NO_LIGHT
    assert _before(zones, 100.0 - depth - 1.95) == 1
    assert _before(zones, 99.9) == 1  # stopped on the line
    assert _before(zones, 100.1) == NO_LIGHT  # inside the junction
    assert _before(zones, 97.0, y=1.7) == 1
    assert _before(zones, 97.0, y=1.8) == NO_LIGHT  # another lane
    assert _before(zones, 97.0, yaw=180.0) == NO_LIGHT  # the other way
    assert _before(zones, 97.0, yaw=45.0) == 1
    assert _before(zones, 97.0, z=6.0) == NO_LIGHT  # on a bridge


def test_zones_follow_the_way_of_the_traffic() -> None:
    lines = (
        StopLine(1, -1, 0.0, 0.0, 0.0, 90.0, 1.75),
        StopLine(1, -2, -3.5, 0.0, 0.0, 90.0, 1.75),
        StopLine(2, -1, 0.0, 8.0, 0.0, -90.0, 1.75),
    )
    zones = StopZones([_light("south", lines=lines[:2]), _light("north", lines=lines[2:])])
    assert len(zones) == 3
    assert _before(zones, 0.0, y=-3.0, yaw=90.0) == 0
    assert _before(zones, -3.5, y=-3.0, yaw=90.0) == 0
    assert _before(zones, 0.0, y=11.0, yaw=-90.0) == 1
    assert _before(zones, 0.0, y=3.0, yaw=90.0) == NO_LIGHT


def test_the_nearest_light_wins_where_zones_overlap() -> None:
    lines = [StopLine(1, -1, 100.0 + offset, 0.0, 0.0, 0.0, 1.75) for offset in (0.0, 1.0)]
    zones = StopZones([_light("far", lines=(lines[1],)), _light("near", lines=(lines[0],))])
    assert _before(zones, 97.0) == 1
    assert _before(zones, 100.5) == 0
