"""Scripted hazards by hand-computed cases, without a simulator."""

from __future__ import annotations

import math
from typing import Any

import carla
import numpy as np
import pytest
from conftest import document, lane_xml, road_xml
from test_infractions import lane_route, signal_xml, straight_map

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import hazard_kernel as kernel
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.hazards import Hazards, Size
from carla_sensor_bridge.lane_graph import build_lane_graph
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.stop_lines import build_stop_lines

STEP_S = 0.1
CAR = Size(4.0, 2.0, 1.5)
WALKER = Size(0.4, 0.4, 1.8)


def scenario(*triggers: dict[str, Any]) -> Scenario:
    return Scenario.model_validate(
        {"name": "test", "town": "Town01", "triggers": list(triggers), "limits": {"time_limit_s": 100.0}}
    )


class Stage:
    """One ego, 4 m long, on the lane to +x at y = -2 from x = 10 on, and its hazards."""

    def __init__(
        self, *triggers: dict[str, Any], carla_map: carla.Map | None = None, agents: int = 1
    ) -> None:
        carla_map = carla_map or straight_map()
        graph = build_lane_graph(carla_map)
        self.route = lane_route(graph, 10.0)
        checked = scenario(*triggers).triggers
        sizes = {"vehicle.audi.tt": CAR, "walker.pedestrian.0001": WALKER}
        self.hazards = Hazards(
            checked, sizes, DrivableArea(graph), build_stop_lines(carla_map, graph), agents, 7, STEP_S
        )
        for agent in range(agents):
            self.hazards.start_episode(agent, self.route)
        self.agents = agents

    def step(self, place: float, speed: float = 5.0) -> None:
        ones = np.ones(self.agents)
        self.hazards.step(place * ones, speed * ones, 4.0 * ones)

    @property
    def pose(self) -> Any:
        return self.hazards.pose[0]

    @property
    def phase(self) -> int:
        return int(self.hazards.phase[0])


def fixed(**values: float) -> dict[str, tuple[float, float]]:
    return {name: (value, value) for name, value in values.items()}


def test_a_lead_vehicle_keeps_its_distance_brakes_stands_and_goes_on() -> None:
    stage = Stage(
        {"kind": "lead_vehicle_brake"}
        | fixed(distance_m=10.0, after_m=20.0, speed_mps=5.0, deceleration_mps2=5.0, stand_s=1.0)
    )
    # Middle to middle: the gap and both half lengths, of an ego of 5 m until its size is known.
    assert stage.pose[[kernel.X, kernel.Y]] == pytest.approx([10.0 + 14.5, -2.0], abs=0.01)
    place, speeds, gaps = 0.0, [], []
    for _ in range(70):
        place += 0.5
        stage.step(place)
        speeds.append(float(stage.pose[kernel.VX]))
        gaps.append(float(stage.pose[kernel.X] - 10.0 - place - 4.0))
        if stage.phase != kernel.WAITING:
            break
    assert np.diff([0.0, *speeds]).max() == pytest.approx(kernel.ACCELERATION_MPS2 * STEP_S, abs=1e-6)
    assert speeds[20:-1] == pytest.approx([5.0] * len(speeds[20:-1]))
    driven = stage.pose[kernel.X] - 24.5
    assert 20.0 <= driven <= 21.0
    braking = []
    while stage.phase == kernel.ACTING:
        stage.step(place)
        braking.append(float(stage.pose[kernel.VX]))
    # From 5 m/s at 5 m/s^2, the first step of it taken above.
    assert speeds[-1] == pytest.approx(4.5, abs=1e-6)
    assert braking[:8] == pytest.approx([4.0, 3.5, 3.0, 2.5, 2.0, 1.5, 1.0, 0.5], abs=1e-6)
    stands = 0
    while stage.phase == kernel.STANDING:
        assert stage.pose[kernel.VX] == 0.0
        stage.step(place)
        stands += 1
    assert stands == pytest.approx(10, abs=1)
    while stage.phase == kernel.DONE:
        stage.step(place)
    # At the end of the route it is taken away.
    assert stage.phase == kernel.GONE
    assert stage.pose[kernel.X] >= 10.0 + stage.route.length_m - 0.6


def test_a_walker_crosses_when_the_ego_is_near() -> None:
    stage = Stage({"kind": "jaywalker", "side": "right"} | fixed(at_m=30.0, distance_m=10.0, speed_mps=2.0))
    # Lane 4 m wide: it starts 2 m beside it, to the right.
    assert stage.pose[[kernel.X, kernel.Y]] == pytest.approx([40.0, -6.0], abs=0.01)
    assert stage.pose[kernel.YAW] == pytest.approx(math.pi / 2)
    stage.step(17.7)  # front at 19.7, walker's near side at 29.8
    assert stage.phase == kernel.WAITING
    stage.step(17.9)
    assert stage.phase == kernel.ACTING
    ys = []
    for _ in range(45):
        stage.step(18.0)
        ys.append(float(stage.pose[kernel.Y]))
    assert np.diff([-6.0, *ys])[:40] == pytest.approx([0.2] * 40, abs=1e-6)
    assert ys[-1] == pytest.approx(2.0, abs=0.01)
    assert stage.phase == kernel.DONE
    assert stage.pose[kernel.VY] == 0.0


def wide_map() -> carla.Map:
    text = document("wide", road_xml(1, (0.0, 0.0, 0.0), 100.0, sections=(0.0, 95.0)))
    return carla.Map("wide", text.replace("</right>", f"{lane_xml(-2, 4.0, linked=True)}</right>"))


CUT_IN = {"kind": "cut_in"} | fixed(
    distance_m=8.0, after_m=10.0, approach_mps=6.0, speed_mps=3.0, lane_change_s=2.0
)


def test_a_vehicle_cuts_in_from_the_lane_beside() -> None:
    stage = Stage(CUT_IN, carla_map=wide_map())
    assert stage.pose[[kernel.X, kernel.Y]] == pytest.approx([10.0 + 12.5, -6.0], abs=0.01)
    place = 0.0
    while stage.phase == kernel.WAITING:
        place += 0.5
        stage.step(place)
    # At most a step of 0.6 m before it is seen and one after.
    assert 10.0 <= stage.pose[kernel.X] - 22.5 <= 11.2
    ys, yaws = [], []
    while stage.phase == kernel.ACTING:
        stage.step(place)
        ys.append(float(stage.pose[kernel.Y]))
        yaws.append(float(stage.pose[kernel.YAW]))
    assert len(ys) == pytest.approx(20, abs=1)
    assert ys[9] == pytest.approx(-4.0, abs=0.35)  # half way over after half the time
    assert ys[-1] == pytest.approx(-2.0, abs=0.01)
    assert (np.diff(ys) > 0.0).all()
    assert 0.3 < max(yaws) < 1.0  # turned towards the ego's lane
    assert stage.hazards.pose[0, kernel.VX] == pytest.approx(3.0, abs=1e-6)


@pytest.mark.parametrize(("trigger", "carla_map"), [(CUT_IN, None), (CUT_IN | {"side": "left"}, wide_map())])
def test_there_is_no_cut_in_without_a_lane_of_the_same_direction(
    trigger: dict[str, Any], carla_map: carla.Map | None
) -> None:
    stage = Stage(trigger, carla_map=carla_map)
    assert stage.phase == kernel.ABSENT
    rows = np.ones((1, col.NUM_OBJECT), np.float32)
    stage.hazards.read(rows)
    assert not rows.any()


def test_a_light_turns_red_for_a_while() -> None:
    carla_map = straight_map(signal_xml(7, "1000001", 60.0, (-1, -1)))
    stage = Stage({"kind": "red_light"} | fixed(distance_m=20.0, red_s=1.0), carla_map=carla_map)
    assert stage.hazards.light.tolist() == [0]
    assert not stage.hazards.there.any()
    stage.step(27.9)  # front 20.1 m before the line at 50 m of the route
    assert stage.phase == kernel.WAITING
    stage.step(28.1)
    assert stage.phase == kernel.ACTING
    steps = 0
    while stage.phase == kernel.ACTING:
        stage.step(28.1)
        steps += 1
    assert steps == pytest.approx(10, abs=1)
    assert stage.phase == kernel.GONE
    assert Stage({"kind": "red_light"}).phase == kernel.ABSENT  # no light on the route


def test_an_obstacle_is_an_object_where_it_stands() -> None:
    stage = Stage({"kind": "static_obstacle"} | fixed(at_m=25.0, offset_m=-0.5))
    rows = np.zeros((1, col.NUM_OBJECT), np.float32)
    for place in (0.0, 20.0, 40.0):
        stage.step(place)
        stage.hazards.read(rows)
        assert rows[0] == pytest.approx(
            [col.OBJECT_VEHICLE, 35.0, -2.5, 0.0, 0.0, 0.0, 0.0, CAR.length, CAR.width], abs=0.01
        )
    assert stage.hazards.xy[0] == pytest.approx([35.0, -2.5], abs=0.01)


def test_seed_agent_and_episode_decide() -> None:
    kinds = [
        {"kind": "static_obstacle", "probability": 0.5, "at_m": [30.0, 80.0]},
        {"kind": "jaywalker", "probability": 0.25, "at_m": [30.0, 80.0]},
    ]
    stage, again = Stage(*kinds, agents=2), Stage(*kinds, agents=2)
    seen = []
    for _ in range(200):
        seen.append(stage.hazards.pose[:, kernel.X].copy())
        np.testing.assert_array_equal(stage.hazards.pose, again.hazards.pose)
        for agent in range(2):
            stage.hazards.start_episode(agent, stage.route)
            again.hazards.start_episode(agent, again.route)
    there = ~np.isnan(seen)
    assert there.mean(axis=0) == pytest.approx([0.5, 0.25, 0.5, 0.25], abs=0.1)
    places = np.array(seen)[there]
    assert places.min() < 45.0
    assert places.max() > 85.0
    # The second trigger's place does not depend on whether the first takes part.
    assert not np.array_equal(there[:, 0], there[:, 2])
    stage.hazards.reseed(1, 7)
    stage.hazards.start_episode(1, stage.route)
    np.testing.assert_array_equal(stage.hazards.pose[2:, kernel.X], seen[0][2:])


@pytest.mark.parametrize(
    ("trigger", "error"),
    [
        ({"kind": "meteor"}, "meteor"),
        (
            {"kind": "jaywalker", "speed_mps": [2.0, 1.0]},
            r"speed_mps is \[2, 1\]: the first must not be above",
        ),
        ({"kind": "jaywalker", "at_m": [-2.0, 1.0]}, r"at_m is \[-2, 1\]: must not be negative"),
        ({"kind": "lead_vehicle_brake", "deceleration_mps2": [0.0, 1.0]}, "0.5 m/s\\^2 or more"),
        ({"kind": "cut_in", "probability": 1.5}, "less than or equal to 1"),
        ({"kind": "red_light", "blueprint": "vehicle.audi.tt"}, "Extra inputs"),
        ({"kind": "static_obstacle", "blueprint": "sensor.camera.rgb"}, "should match pattern"),
    ],
)
def test_wrong_triggers_are_refused(trigger: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        scenario(trigger)
