"""Traffic rules in the metrics, by hand-computed cases; stop lines of maps."""

from __future__ import annotations

import math
from typing import Any

import carla
import numpy as np
import pytest
from conftest import document, lane_xml, road_xml

from carla_drl_sim.world.signals import SignalKind
from carla_drl_sim.world.town_generator import generate_town
from carla_sensor_bridge import columns as col
from carla_sensor_bridge.collisions import NUM_COLLISION
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.ego_metrics import FleetMetrics
from carla_sensor_bridge.fleet_world import LIGHT_OFF, LIGHT_RED, LIGHT_YELLOW
from carla_sensor_bridge.frame_ring import FrameRingWriter
from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph
from carla_sensor_bridge.routes import Route, RouteGenerator
from carla_sensor_bridge.scenario import Limits
from carla_sensor_bridge.stop_lines import STOP_SIGN, build_stop_lines

GREEN = 2
LENGTH_M = 4.0


def signal_xml(number: int, kind: str, s: float, lanes: tuple[int, int]) -> str:
    validity = f'<validity fromLane="{lanes[0]}" toLane="{lanes[1]}"/>'
    return (
        f'<signal id="{number}" name="" s="{s}" t="-4" dynamic="no" orientation="+" zOffset="0" '
        f'country="OpenDRIVE" type="{kind}" subtype="-1" value="-1" width="1" height="1">{validity}</signal>'
    )


def straight_map(*signals: str) -> carla.Map:
    """One road of 100 m along x, a lane to +x at y = -2 and one to -x at y = +2; a second section begins at 95 m."""
    road = road_xml(1, (0.0, 0.0, 0.0), 100.0, sections=(0.0, 95.0))
    return carla.Map(
        "lights", document("lights", road.replace("</road>", f"<signals>{''.join(signals)}</signals></road>"))
    )


class Driver:
    """One ego of 4 m length on the lane to +x of `straight_map`, from x = 10 on."""

    def __init__(self, carla_map: carla.Map, *, objects: int = 0, **limits: Any) -> None:
        graph = build_lane_graph(carla_map)
        lines = build_stop_lines(carla_map, graph)
        values = {"time_limit_s": 1000.0, "blocked_s": 500.0, "max_lane_offset_m": 20.0, "off_road": False}
        self.metrics = FleetMetrics(
            1, (5.0,), Limits.model_validate(values | limits), 0.1, DrivableArea(graph), lines
        )
        self.slot = FrameRingWriter(1, 1, 1, 0.1, objects).begin(1)
        self.ego = np.zeros((1, col.NUM_EGO))
        self.ego[0, col.EGO_LENGTH] = LENGTH_M
        self.collision = np.zeros((1, NUM_COLLISION))
        self.metrics.start_episode(0, lane_route(graph, 10.0))

    def frame(self, x: float, light: int = LIGHT_OFF, *, y: float = -2.0, speed: float = 5.0) -> Any:
        self.ego[0, [col.EGO_X, col.EGO_Y, col.EGO_VX]] = x, y, speed
        state = np.array([light])
        self.metrics.update(self.ego, self.collision, state, np.zeros(1, dtype=np.bool_), self.slot)
        return self.slot.metrics[0]


def lane_route(graph: LaneGraph, start_x: float) -> Route:
    """The lane to +x at y = -2 from a point on."""
    segment = int(np.argmin([abs(graph.y[graph.points(i)][0] + 2.0) for i in range(graph.num_segments)]))
    points = graph.points(segment)
    kept = np.arange(points.start, points.stop)[graph.x[points] >= start_x - 1e-3]
    first = float(graph.s[kept[0]])
    return Route(
        graph.x[kept],
        graph.y[kept],
        graph.yaw[kept],
        graph.s[kept] - first,
        graph.speed_limit[kept],
        graph.half_width[kept],
        0.0,
        0.0,
        np.array([segment]),
        np.array([-first]),
        graph.z[kept],
    )


def test_a_red_light_is_run_when_the_rear_end_passes_its_line() -> None:
    driver = Driver(straight_map(signal_xml(7, "1000001", 50.0, (-1, -1))))
    run = []
    for x in (10.0, 47.0, 49.0, 51.9, 52.1, 53.0):
        run.append(float(driver.frame(x, LIGHT_RED)[col.RED_LIGHT]))
    # The rear end is 2 m behind the centre.
    assert run == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    assert driver.slot.metrics[0, col.END_REASON] == col.END_NONE


@pytest.mark.parametrize("light", [1, GREEN, LIGHT_OFF, 4])
def test_other_lights_may_be_passed(light: int) -> None:
    driver = Driver(straight_map(signal_xml(7, "1000001", 50.0, (-1, -1))))
    assert not any(driver.frame(x, light)[col.RED_LIGHT] for x in (10.0, 49.0, 51.9, 52.1, 60.0))
    # Turning red behind the ego changes nothing.
    assert driver.frame(61.0, LIGHT_RED)[col.RED_LIGHT] == 0.0


def test_running_a_light_ends_the_episode_where_the_scenario_says_so() -> None:
    driver = Driver(straight_map(signal_xml(7, "1000001", 50.0, (-1, -1))), red_light=True)
    driver.frame(10.0, LIGHT_RED)
    driver.frame(51.0, LIGHT_RED)
    assert driver.frame(53.0, LIGHT_RED)[col.END_REASON] == col.END_RED_LIGHT
    assert driver.slot.status[0] == col.STATUS_TERMINATED


def test_the_light_ahead_is_told_while_it_matters() -> None:
    lights = (signal_xml(3, "1000001", 40.0, (-1, -1)), signal_xml(5, "1000001", 90.0, (-1, -1)))
    carla_map = straight_map(*lights)
    ids = build_stop_lines(carla_map, build_lane_graph(carla_map)).light_ids
    driver = Driver(carla_map)
    told = []
    for x in (10.0, 41.9, 42.1, 91.9, 92.1):
        driver.frame(x, GREEN)
        ahead = int(driver.metrics.next_light[0])
        told.append(ids[ahead] if ahead >= 0 else "")
    assert told == ["3", "3", "5", "5", ""]


def test_the_way_to_a_line_is_told_while_its_light_says_stop() -> None:
    """Lines at x = 40 and 90; the front is 2 m ahead of the centre, the rear end as far behind it."""
    lights = (signal_xml(3, "1000001", 40.0, (-1, -1)), signal_xml(5, "1000001", 90.0, (-1, -1)))
    driver = Driver(straight_map(*lights))
    told = [
        float(driver.frame(x, light)[col.RED_LIGHT_DISTANCE])
        for x, light in (
            (10.0, LIGHT_RED),  # the first frame of an episode: nobody has asked for the light yet
            (11.0, LIGHT_RED),
            (12.0, LIGHT_YELLOW),
            (13.0, GREEN),
            (14.0, LIGHT_OFF),
            (37.5, LIGHT_RED),
            (38.5, LIGHT_RED),  # the front is over the line
            (42.5, LIGHT_RED),  # this light is the one that was passed
            (43.0, LIGHT_RED),
            (92.5, LIGHT_RED),
            (93.0, LIGHT_RED),
        )
    ]
    assert told == pytest.approx([-1.0, 27.0, 26.0, -1.0, -1.0, 0.5, -1.0, -1.0, 45.0, -1.0, -1.0], abs=1e-4)


def test_who_waits_for_a_light_is_not_blocked() -> None:
    """Standing for 1 s ends an episode; the front is 1 m before the line."""
    driver = Driver(straight_map(signal_xml(7, "1000001", 50.0, (-1, -1))), blocked_s=1.0)
    driver.frame(10.0)
    driver.frame(47.0, LIGHT_RED)
    for _ in range(25):
        assert driver.frame(47.0, LIGHT_RED, speed=0.0)[col.END_REASON] == col.END_NONE
    assert driver.slot.metrics[0, col.STOPPED_TIME] == pytest.approx(2.5)
    for _ in range(9):
        assert driver.frame(47.0, GREEN, speed=0.0)[col.END_REASON] == col.END_NONE
    assert driver.frame(47.0, GREEN, speed=0.0)[col.END_REASON] == col.END_BLOCKED


def test_lights_far_ahead_are_not_told() -> None:
    road = road_xml(1, (0.0, 0.0, 0.0), 200.0, sections=(0.0, 195.0))
    light = f"<signals>{signal_xml(7, '1000001', 150.0, (-1, -1))}</signals></road>"
    far = Driver(carla.Map("far", document("far", road.replace("</road>", light))))
    told = [float(far.frame(x, LIGHT_RED)[col.RED_LIGHT_DISTANCE]) for x in (10.0, 47.0, 48.5, 49.0)]
    assert told == pytest.approx([-1.0, -1.0, -1.0, 99.0], abs=1e-4)


def test_a_line_before_the_start_does_not_count() -> None:
    driver = Driver(straight_map(signal_xml(7, "1000001", 11.5, (-1, -1))))
    assert not any(driver.frame(x, LIGHT_RED)[col.RED_LIGHT] for x in (10.0, 12.0, 14.0, 20.0))


def test_a_stop_sign_wants_a_stop_before_its_line() -> None:
    sign = straight_map(signal_xml(7, "206", 50.0, (-1, -1)))
    # Front 2 m ahead of the centre: 4 m before the line is x = 44.
    for stops, broken in (
        ((), 1.0),
        ((43.0,), 1.0),
        ((44.5,), 0.0),
        ((49.0,), 0.0),
    ):
        driver = Driver(sign)
        driver.frame(10.0)
        for x in stops:
            driver.frame(x, speed=0.0)
        driver.frame(51.5)
        assert driver.slot.metrics[0, col.STOP_SIGN] == 0.0
        assert driver.frame(52.5)[col.STOP_SIGN] == broken, stops
        assert driver.frame(53.5)[col.STOP_SIGN] == 0.0


def test_the_way_to_a_stop_sign_is_told_until_the_stop() -> None:
    """Lines at x = 40, a light at 60, and 90; the front is 2 m ahead of the centre, the rear end as far behind it."""
    lines = (
        signal_xml(3, "206", 40.0, (-1, -1)),
        signal_xml(4, "1000001", 60.0, (-1, -1)),
        signal_xml(5, "206", 90.0, (-1, -1)),
    )
    driver = Driver(straight_map(*lines))
    told = []
    for x, speed in (
        (10.0, 5.0),
        (30.0, 0.0),  # too early to count as the stop
        (36.0, 5.0),
        (37.5, 0.0),
        (37.8, 5.0),
        (42.5, 5.0),  # the next line is the light's
        (62.5, 5.0),
        (88.4, 5.0),  # the front is over the line
        (89.0, 5.0),
        (92.5, 5.0),
    ):
        metrics = driver.frame(x, LIGHT_OFF, speed=speed)
        assert metrics[col.RED_LIGHT_DISTANCE] == -1.0
        told.append(float(metrics[col.STOP_SIGN_DISTANCE]))
    assert told == pytest.approx([28.0, 8.0, 2.0, -1.0, -1.0, -1.0, 25.5, -1.0, -1.0, -1.0], abs=1e-3)


def test_distance_outside_the_lanes() -> None:
    driver = Driver(straight_map())
    driver.frame(20.0)
    assert driver.frame(21.0, y=-3.9)[col.OUTSIDE_LANES] == 0.0  # in its own lane
    assert driver.frame(22.0, y=-3.9)[col.OUTSIDE_LANES] == 0.0
    oncoming = driver.frame(23.0, y=2.0)[col.OUTSIDE_LANES]
    assert oncoming == pytest.approx(math.hypot(1.0, 5.9), rel=1e-5)
    assert driver.frame(25.0, y=2.0)[col.OUTSIDE_LANES] == pytest.approx(2.0, rel=1e-5)
    driver.frame(26.0, y=-6.0)
    assert driver.frame(26.5, y=-6.0)[col.OUTSIDE_LANES] == pytest.approx(0.5, rel=1e-4)  # off the road
    assert driver.slot.metrics[0, col.OFF_ROAD] == 1.0


def test_a_second_lane_of_the_same_direction_is_no_infraction() -> None:
    text = document("wide", road_xml(1, (0.0, 0.0, 0.0), 100.0, sections=(0.0, 95.0)))
    second = lane_xml(-2, 4.0, linked=True)
    driver = Driver(carla.Map("wide", text.replace("</right>", f"{second}</right>")))
    driver.frame(20.0)
    driver.frame(21.0, y=-6.0)
    assert driver.frame(23.0, y=-6.0)[col.OUTSIDE_LANES] == 0.0


def test_speed_of_the_traffic_around() -> None:
    driver = Driver(straight_map(), objects=4)
    driver.slot.objects[:] = 0.0
    rows = driver.slot.objects
    rows[:, col.OBJECT_KIND] = col.OBJECT_VEHICLE, col.OBJECT_VEHICLE, col.OBJECT_WALKER, col.OBJECT_VEHICLE
    rows[:, col.OBJECT_X] = 20.0, 59.0, 12.0, 61.0
    rows[:, col.OBJECT_VX] = 3.0, 0.0, 1.0, 30.0
    rows[:, col.OBJECT_VY] = 4.0, -7.0, 0.0, 0.0
    assert driver.frame(10.0)[col.TRAFFIC_SPEED] == pytest.approx(6.0)  # (5 + 7) / 2; the last is 51 m away
    rows[:, col.OBJECT_KIND] = col.OBJECT_NONE
    assert driver.frame(10.5)[col.TRAFFIC_SPEED] == -1.0


def test_the_partner_of_a_collision_is_told() -> None:
    driver = Driver(straight_map())
    driver.frame(10.0)
    driver.collision[0] = 30.0, col.COLLISION_WALKER
    assert driver.frame(11.0)[col.COLLISION_KIND] == col.COLLISION_WALKER


def test_lines_lie_on_the_lanes_that_a_signal_is_for() -> None:
    carla_map = straight_map(
        signal_xml(1, "1000001", 60.0, (-1, -1)),
        signal_xml(2, "1000001", 30.0, (1, 1)),
        signal_xml(3, "206", 20.0, (-1, 1)),
        signal_xml(4, "274", 70.0, (-1, -1)),
    )
    graph = build_lane_graph(carla_map)
    lines = build_stop_lines(carla_map, graph)
    found = set()
    for segment in range(graph.num_segments):
        for line in range(int(lines.first[segment]), int(lines.first[segment + 1])):
            name = "stop" if lines.light[line] == STOP_SIGN else lines.light_ids[lines.light[line]]
            found.add((int(graph.key[segment, 2]), round(float(lines.s[line]), 1), name))
    assert found == {(-1, 60.0, "1"), (1, 65.0, "2"), (-1, 20.0, "stop"), (1, 75.0, "stop")}


def test_a_light_overrules_a_sign_on_its_line() -> None:
    carla_map = straight_map(signal_xml(1, "206", 50.0, (-1, -1)), signal_xml(2, "1000001", 50.2, (-1, -1)))
    graph = build_lane_graph(carla_map)
    lines = build_stop_lines(carla_map, graph).along(lane_route(graph, 10.0))
    assert lines.shape == (1, 2)
    assert lines[0] == pytest.approx([40.0, 0.0], abs=0.01)


@pytest.mark.parametrize("name", ["Town02", "Town03"])
def test_lines_of_a_town_are_those_that_the_simulator_paints(name: str) -> None:
    town = generate_town(name, 0)
    graph = build_lane_graph(carla.Map(name, town.opendrive))
    lines = build_stop_lines(carla.Map(name, town.opendrive), graph)
    painted = {
        (signal.id if signal.kind is SignalKind.TRAFFIC_LIGHT else "", round(line.x, 1), round(-line.y, 1))
        for signal in town.signals
        if signal.kind in (SignalKind.TRAFFIC_LIGHT, SignalKind.STOP)
        for line in signal.stop_lines
    }
    found = []
    for segment in range(graph.num_segments):
        points = graph.points(segment)
        for line in range(int(lines.first[segment]), int(lines.first[segment + 1])):
            place = float(lines.s[line])
            x = np.interp(place, graph.s[points], graph.x[points])
            y = np.interp(place, graph.s[points], graph.y[points])
            light = int(lines.light[line])
            found.append(("" if light == STOP_SIGN else lines.light_ids[light], x, y))
    assert len(found) == len(painted)
    for light, x, y in found:
        assert any(light == a and math.hypot(x - b, y - c) < 0.3 for a, b, c in painted), (light, x, y)


def test_routes_know_their_lines() -> None:
    town = generate_town("Town02", 0)
    carla_map = carla.Map("Town02", town.opendrive)
    graph = build_lane_graph(carla_map)
    lines = build_stop_lines(carla_map, graph)
    generator = RouteGenerator(graph, 150.0, 250.0, 5.0, 3)
    seen = 0
    for agent in range(20):
        route = generator.draw(agent, np.zeros((0, 2)))
        found = lines.along(route)
        assert (np.diff(found[:, 0]) > 0.0).all()
        for place, light in found:
            x, y = np.interp(place, route.s, route.x), np.interp(place, route.s, route.y)
            signal = lines.light_ids[int(light)] if light >= 0 else None
            wanted = [
                math.hypot(line.x - x, -line.y - y)
                for s in town.signals
                if s.kind in (SignalKind.TRAFFIC_LIGHT, SignalKind.STOP) and signal in (None, s.id)
                for line in s.stop_lines
            ]
            assert min(wanted) < 0.5
            seen += 1
    assert seen > 10
