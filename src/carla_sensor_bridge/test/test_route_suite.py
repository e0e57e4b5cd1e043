"""Listed routes: explicit ones and those of Leaderboard files, snapped to the lanes and planned over them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import carla
import numpy as np
import pytest
from conftest import document, lane_xml, road_xml

from carla_drl_sim.world.town_generator import generate_town
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph
from carla_sensor_bridge.route_files import read_route_file
from carla_sensor_bridge.route_suite import RouteSuite, listed_routes
from carla_sensor_bridge.routes import NoClearStartError, Route, RouteGenerator
from carla_sensor_bridge.scenario import WEATHER_PARAMETERS, Scenario, load_scenario
from carla_sensor_bridge.weather import WeatherSchedule, preset_values

NOBODY = np.zeros((0, 2))


class Town:
    def __init__(self) -> None:
        self.map = carla.Map("Town02", generate_town("Town02", 0).opendrive)
        self.graph: LaneGraph = build_lane_graph(self.map)


@pytest.fixture(scope="module")
def town() -> Town:
    return Town()


def scenario(**routes: Any) -> Scenario:
    return Scenario.model_validate(
        {"name": "test", "town": "Town02", "routes": routes, "limits": {"time_limit_s": 100.0}}
    )


def explicit(*waypoints: dict[str, float], name: str = "a", **fields: Any) -> dict[str, Any]:
    return {"id": name, "waypoints": list(waypoints), **fields}


def at(route: Route, s: float) -> dict[str, float]:
    return {"x": float(np.interp(s, route.s, route.x)), "y": float(np.interp(s, route.s, route.y))}


def test_waypoints_of_a_drivable_way_give_that_way_back(town: Town) -> None:
    generator = RouteGenerator(town.graph, 150.0, 250.0, 5.0, 1)
    for agent in range(15):
        wanted = generator.draw(agent, NOBODY)
        # Close enough that the shortest way between two of them is the one that was driven.
        places = [at(wanted, s) for s in np.linspace(0.0, wanted.length_m, 12)]
        (route,) = listed_routes(scenario(explicit=[explicit(*places)]), town.map, town.graph)
        assert route.id == "a"
        # Waypoints are snapped to points of the lanes, 1 m apart.
        assert route.length_m == pytest.approx(wanted.length_m, abs=1.2)
        gap = np.hypot(route.x[:, None] - wanted.x, route.y[:, None] - wanted.y).min(axis=1)
        assert gap.max() < 1.0
        assert np.abs(np.diff(route.yaw)).max() < 0.6
        assert (np.diff(route.s) > 0.0).all()
        assert (np.diff(route.starts) >= 0.0).all()
        assert route.starts[0] <= 1e-9
        for segment, start in zip(route.segments, route.starts, strict=True):
            # A segment's own place 0 lies on the route where `starts` says, unless the route began later.
            if start >= 0.0:
                first = int(town.graph.offset[segment])
                x, y = np.interp(start, route.s, route.x), np.interp(start, route.s, route.y)
                assert math.hypot(x - town.graph.x[first], y - town.graph.y[first]) < 0.5


def test_places_on_lanes(town: Town) -> None:
    road, _, lane = next(key for key in town.graph.key.tolist() if key[2] < 0)
    start = {"road": road, "lane": lane, "s": 5.0}
    waypoint = town.map.get_waypoint_xodr(road, lane, 5.0).transform
    end = waypoint.location + 30.0 * waypoint.get_forward_vector()
    (route,) = listed_routes(
        scenario(explicit=[explicit(start, {"x": end.x, "y": -end.y})], snap_m=10.0), town.map, town.graph
    )
    assert (route.x[0], route.y[0]) == pytest.approx((waypoint.location.x, -waypoint.location.y), abs=0.6)
    with pytest.raises(ConfigurationError, match=r"route 'a', waypoint 1: the map has no lane -9 on road"):
        listed_routes(
            scenario(explicit=[explicit(start, {"road": road, "lane": -9, "s": 1.0})]), town.map, town.graph
        )


def test_what_cannot_be_driven_is_named(town: Town) -> None:
    wanted = RouteGenerator(town.graph, 100.0, 100.0, 5.0, 1).draw(0, NOBODY)
    good = at(wanted, 0.0)
    with pytest.raises(
        ConfigurationError, match=r"'a', waypoint 1 \(9000\.00, 0\.00\) is \d+\.\d m from .* 3 m"
    ):
        listed_routes(scenario(explicit=[explicit(good, {"x": 9000.0, "y": 0.0})]), town.map, town.graph)
    with pytest.raises(ConfigurationError, match=r"route 'a' is 0\.0 m long; allowed: 5 m or more"):
        listed_routes(scenario(explicit=[explicit(good, good)]), town.map, town.graph)
    with pytest.raises(ConfigurationError, match=r"route 'a': weather is 'Fine'; allowed: ClearNight"):
        listed_routes(scenario(explicit=[explicit(good, good, weather="Fine")]), town.map, town.graph)
    with pytest.raises(ConfigurationError, match="ids has b; no listed route"):
        listed_routes(scenario(explicit=[explicit(good, at(wanted, 50.0))], ids=["b"]), town.map, town.graph)


def test_no_way_between_two_waypoints() -> None:
    parts = [road_xml(i, (x, 0.0, 0.0), 50.0, sections=(0.0, 25.0)) for i, x in ((1, 0.0), (2, 200.0))]
    carla_map = carla.Map("apart", document("apart", *parts))
    way = explicit({"x": 5.0, "y": -2.0}, {"x": 30.0, "y": -2.0}, {"x": 210.0, "y": -2.0})
    with pytest.raises(ConfigurationError, match="no driving lanes lead from waypoint 1 to waypoint 2"):
        listed_routes(scenario(explicit=[way]), carla_map, build_lane_graph(carla_map))


def test_a_route_changes_lanes_where_it_has_to() -> None:
    text = document("wide", road_xml(1, (0.0, 0.0, 0.0), 100.0, sections=(0.0, 95.0)))
    second = lane_xml(-2, 4.0, linked=True)
    carla_map = carla.Map("wide", text.replace("</right>", f"{second}</right>"))
    graph = build_lane_graph(carla_map)
    way = explicit({"x": 5.0, "y": -2.0}, {"x": 60.0, "y": -6.0})
    (route,) = listed_routes(scenario(explicit=[way]), carla_map, graph)
    assert (route.x[0], route.y[0]) == pytest.approx((5.0, -2.0), abs=0.6)
    assert (route.x[-1], route.y[-1]) == pytest.approx((60.0, -6.0), abs=0.6)
    assert (np.diff(route.y) <= 1e-6).all()
    assert np.abs(route.yaw).max() < math.atan(1.6 * 4.0 / 55.0)
    # Never over to the oncoming lane.
    oncoming = explicit({"x": 5.0, "y": -2.0}, {"x": 60.0, "y": 2.0})
    with pytest.raises(ConfigurationError, match="from waypoint 0 to waypoint 1"):
        listed_routes(scenario(explicit=[oncoming]), carla_map, graph)


def position(place: dict[str, float]) -> str:
    return f'x="{place["x"]!r}" y="{-place["y"]!r}" z="0"'


@pytest.fixture
def files(tmp_path: Path, town: Town) -> tuple[Path, Path, Route]:
    """A file of each form with the same way, and that way."""
    wanted = RouteGenerator(town.graph, 100.0, 100.0, 5.0, 1).draw(0, NOBODY)
    places = [position(at(wanted, s)) for s in (0.0, 25.0, 50.0, 75.0, 100.0)]
    new = tmp_path / "new.xml"
    new.write_text(
        '<routes><route id="7" town="Town02"><!-- comment --><weathers>'
        '<weather route_percentage="0" cloudiness="10" sun_altitude_angle="80"/>'
        '<weather route_percentage="100" cloudiness="50" sun_altitude_angle="-20"/></weathers>'
        f"<waypoints>{''.join(f'<position {place}/>' for place in places)}</waypoints>"
        '<scenarios><scenario name="x" type="Accident"/></scenarios></route>'
        '<route id="8" town="Town12"><waypoints/></route></routes>'
    )
    old = tmp_path / "old.xml"
    waypoints = "".join(f'<waypoint pitch="0" roll="0" {place} yaw="3"/>' for place in places)
    old.write_text(f'<routes><route id="9" map="Town02">{waypoints}</route></routes>')
    return new, old, wanted


def test_both_forms_of_route_files(files: tuple[Path, Path, Route], town: Town) -> None:
    new, old, wanted = files
    first, second = listed_routes(scenario(files=[str(new), str(old)]), town.map, town.graph)
    assert (first.id, second.id) == ("7", "9")
    assert np.array_equal(first.x, second.x)
    assert first.length_m == pytest.approx(wanted.length_m, abs=1.2)
    assert first.weather is not None
    assert second.weather is None
    halfway = dict(zip(WEATHER_PARAMETERS, first.weather.at(50.0).tolist(), strict=True))
    assert (halfway["cloudiness"], halfway["sun_altitude_angle"]) == (30.0, 30.0)
    assert halfway["wind_intensity"] == pytest.approx(carla.WeatherParameters().wind_intensity)


def test_files_are_found_beside_the_scenario(files: tuple[Path, Path, Route], tmp_path: Path) -> None:
    path = tmp_path / "listed.yaml"
    path.write_text("name: listed\ntown: Town02\nroutes: {files: [new.xml]}\nlimits: {time_limit_s: 100}\n")
    assert load_scenario(path).routes.files == (str(tmp_path / "new.xml"),)


@pytest.mark.parametrize(
    ("text", "town_name", "error"),
    [
        ("<routes", "Town02", "is not XML"),
        ("<a/>", "Town02", "has no <route>"),
        ('<routes><route id="1" town="Town01"/></routes>', "Town02", "no route in Town02.*some in Town01"),
        ('<routes><route town="Town02"/></routes>', "Town02", "a <route> has no id"),
        ('<routes><route id="1" town="Town02"/></routes>', "Town02", "route '1' has 0 waypoints"),
        (
            '<routes><route id="1" town="Town02"><waypoint x="1" y="a" z="0"/><waypoint/></route></routes>',
            "Town02",
            "route '1', waypoint 0: y is 'a'; allowed: a finite number",
        ),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, text: str, town_name: str, error: str) -> None:
    path = tmp_path / "routes.xml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=error):
        read_route_file(str(path), town_name)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_route_file(str(tmp_path / "none.xml"), town_name)


def suite(town: Town, agents: int, **fields: Any) -> tuple[RouteSuite, list[Route]]:
    generator = RouteGenerator(town.graph, 60.0, 60.0, 5.0, 4)
    drawn = [generator.draw(agent, NOBODY) for agent in range(5)]
    places = [explicit(at(route, 0.0), at(route, 60.0), name=str(i)) for i, route in enumerate(drawn)]
    config = scenario(explicit=places, **fields)
    routes = listed_routes(config, town.map, town.graph)
    return RouteSuite(routes, config.routes, agents, 3), routes


def test_routes_are_drawn_by_the_seed(town: Town) -> None:
    first, routes = suite(town, 2)
    again, _ = suite(town, 2)
    drawn = [first.draw(agent, NOBODY).id for _ in range(20) for agent in range(2)]
    assert drawn == [again.draw(agent, NOBODY).id for _ in range(20) for agent in range(2)]
    assert set(drawn) == {route.id for route in routes}
    first.reseed(0, 3)
    assert first.draw(0, NOBODY).id == drawn[0]


def test_routes_in_sequence_cover_the_list(town: Town) -> None:
    suite_, _ = suite(town, 2, order="sequence")
    assert [suite_.draw(agent, NOBODY).id for _ in range(3) for agent in range(2)] == list("012340")


def test_starts_keep_clear_of_others(town: Town) -> None:
    suite_, routes = suite(town, 1, order="sequence")
    taken = np.array([[routes[0].x[0], routes[0].y[0]]])
    assert suite_.draw(0, taken).id != "0"
    everywhere = np.array([[route.x[0] + 1.0, route.y[0]] for route in routes])
    with pytest.raises(NoClearStartError, match="none of 5 listed routes starts 15 m away"):
        suite_.draw(0, everywhere, strict=True)
    assert suite_.draw(0, everywhere).id in "01234"


def test_the_weather_of_a_route_replaces_the_schedule() -> None:
    schedule = WeatherSchedule(scenario().weather, 0)
    noon, rain = preset_values("ClearNoon"), preset_values("HardRainNoon")
    assert np.array_equal(schedule.due(0.0), noon)
    assert np.array_equal(schedule.due(0.1, rain), rain)
    assert schedule.due(0.2, rain) is None
    assert np.array_equal(schedule.due(0.3), noon)
    assert schedule.due(0.4) is None


@pytest.mark.parametrize(
    ("routes", "error"),
    [
        ({"explicit": [explicit({"x": 1.0})]}, "has x; allowed: x, y or road, lane, s"),
        ({"explicit": [explicit({"x": 1.0, "y": 2.0})]}, "at least 2"),
        (
            {"length_m": 80.0, "max_length_m": 90.0},
            r"max_length_m \(90.0\) must not be given beside length_m",
        ),
        ({"ids": ["a"]}, "neither explicit nor files"),
    ],
)
def test_wrong_fields_are_refused(routes: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=error):
        scenario(**routes)


def test_one_length_for_all_random_routes() -> None:
    routes = scenario(length_m=80.0).routes
    assert (routes.min_length_m, routes.max_length_m) == (80.0, 80.0)
