"""Routes from a list: those that a scenario names and those of its route files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.conversion import points_to_rep103
from carla_sensor_bridge.episode_seeds import EpisodeSeeds
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.route_config import ExplicitRoute, Routes, RouteWaypoint
from carla_sensor_bridge.route_files import ListedRoute, RouteWeather, read_route_file
from carla_sensor_bridge.route_planner import Place, RoutePlanner
from carla_sensor_bridge.routes import NoClearStartError, Route
from carla_sensor_bridge.scenario import WEATHER_PRESETS, Scenario
from carla_sensor_bridge.weather import preset_values

if TYPE_CHECKING:
    import carla

Array = npt.NDArray[np.float64]


def listed_routes(scenario: Scenario, carla_map: carla.Map, graph: LaneGraph) -> list[Route]:
    """Lay out the routes that a scenario lists, in its order; none where it asks for random ones.

    Raises:
        ConfigurationError: when a file is wrong, or a route cannot be driven on this map.
    """
    config = scenario.routes
    if not config.listed:
        return []
    planner = RoutePlanner(graph, config.snap_m)
    routes = []
    for route in config.explicit:
        if _wanted(config, route.id):
            routes.append(_explicit(planner, route, carla_map))
    for path in config.files:
        for listed in read_route_file(path, scenario.town):
            if _wanted(config, listed.id):
                routes.append(_from_file(planner, listed))
    names = Counter(route.id for route in routes)
    missing = [name for name in config.ids if name not in names]
    if missing:
        raise ConfigurationError(
            f"scenario field routes.ids has {', '.join(missing)}; no listed route has that id"
        )
    repeated = [name for name, count in names.items() if count > 1]
    if repeated:
        raise ConfigurationError(
            f"scenario field routes: more than one listed route has id {', '.join(repeated)}"
        )
    return routes


def _wanted(config: Routes, name: str) -> bool:
    return not config.ids or name in config.ids


def _explicit(planner: RoutePlanner, route: ExplicitRoute, carla_map: carla.Map) -> Route:
    what = f"scenario field routes.explicit: route '{route.id}'"
    places = [
        _places(planner, waypoint, f"{what}, waypoint {number}", carla_map)
        for number, waypoint in enumerate(route.waypoints)
    ]
    weather = None
    if route.weather is not None:
        if route.weather not in WEATHER_PRESETS:
            raise ConfigurationError(
                f"{what}: weather is '{route.weather}'; allowed: {', '.join(WEATHER_PRESETS)}"
            )
        weather = RouteWeather(np.zeros(1), preset_values(route.weather)[None])
    return replace(planner.plan(places, what), id=route.id, weather=weather)


def _places(planner: RoutePlanner, waypoint: RouteWaypoint, what: str, carla_map: carla.Map) -> list[Place]:
    if waypoint.x is not None and waypoint.y is not None:
        return planner.snap(waypoint.x, waypoint.y, what)
    assert waypoint.road is not None
    assert waypoint.lane is not None
    assert waypoint.s is not None
    found = carla_map.get_waypoint_xodr(waypoint.road, waypoint.lane, waypoint.s)
    if found is None:
        raise ConfigurationError(
            f"{what}: the map has no lane {waypoint.lane} on road {waypoint.road} at s {waypoint.s:g} m"
        )
    at = found.transform.location
    x, y, _ = points_to_rep103(np.array([[at.x, at.y, at.z]]))[0].tolist()
    key = (waypoint.road, found.section_id, waypoint.lane)
    places = [place for place in planner.snap(x, y, what) if planner.key(place.segment) == key]
    if not places:
        raise ConfigurationError(
            f"{what}: lane {waypoint.lane} of road {waypoint.road} is a {str(found.lane_type).lower()} lane; "
            "allowed: driving lanes"
        )
    return places


def _from_file(planner: RoutePlanner, listed: ListedRoute) -> Route:
    places = [
        planner.snap(float(x), float(y), f"{listed.source}, waypoint {number}")
        for number, (x, y, _) in enumerate(listed.points)
    ]
    return replace(planner.plan(places, listed.source), id=listed.id, weather=listed.weather)


class RouteSuite:
    """Gives agents the routes of a list: a drop-in for `RouteGenerator`.

    Of the routes in the order that the scenario asks for, the first is given whose start is clear; where none is, in
    mid-run, the one that is farthest from everybody.
    """

    def __init__(self, routes: Sequence[Route], config: Routes, num_agents: int, seed: int) -> None:
        """`routes` are those of `listed_routes`."""
        self._routes = routes
        self._starts = np.array([(route.x[0], route.y[0]) for route in routes])
        self._drawn = config.order == "random"
        self._clearance = config.start_clearance_m
        self._num_agents = num_agents
        self._seeds = EpisodeSeeds(seed)

    def reseed(self, agent: int, seed: int) -> None:
        """Start the sequence of an agent's routes anew, from another seed."""
        self._seeds.reseed(agent, seed)

    def draw(self, agent: int, others: Array, *, strict: bool = False) -> Route:
        """Give an agent its next route; arguments and errors as in `RouteGenerator.draw`."""
        squared = np.square(self._starts[:, None] - others[None]).sum(axis=2)
        clearance = squared.min(axis=1, initial=np.inf)
        for number in self._order(agent):
            if clearance[number] >= self._clearance**2:
                return self._routes[number]
        if strict:
            raise NoClearStartError(
                f"none of {len(self._routes)} listed routes starts {self._clearance:g} m away from every other ego"
            )
        return self._routes[int(clearance.argmax())]

    def _order(self, agent: int) -> Iterator[int]:
        count = len(self._routes)
        episode, rng = self._seeds.next_episode(agent)
        if self._drawn:
            yield from rng.permutation(count).tolist()
        else:
            first = episode * self._num_agents + agent
            yield from ((first + step) % count for step in range(count))
