"""Route files of the CARLA Leaderboard.

Read are those of Leaderboard 2 (`<waypoints><position x y z/>`, `<weathers><weather route_percentage .../>`) and the
older ones (`<waypoint x y z pitch yaw roll/>` and one `<weather .../>` in the route, also with `map` for `town`).
Scenarios in them are not run.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.conversion import points_to_rep103
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.scenario import WEATHER_PARAMETERS

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RouteWeather:
    """The weather along a route."""

    percent: Array
    """[K] of the route driven, increasing."""
    values: Array
    """[K, P] parameters there, in the order of `WEATHER_PARAMETERS`."""

    def at(self, percent: float) -> Array:
        """Return the parameters [P] after `percent` of the route, interpolated."""
        return np.array([np.interp(percent, self.percent, column) for column in self.values.T])


@dataclass(frozen=True)
class ListedRoute:
    """A route as a file gives it."""

    id: str
    source: str
    """Where it is from, for messages."""
    points: Array
    """[K, 3] waypoints, REP-103, m."""
    weather: RouteWeather | None


def read_route_file(path: str, town: str) -> list[ListedRoute]:
    """Read the routes of a town from a file, in its order.

    Raises:
        ConfigurationError: when the file cannot be read, is no route file, or has no route of that town.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise ConfigurationError(
            f"scenario field routes.files has '{path}', which cannot be read ({error.strerror or error})"
        ) from None
    except ElementTree.ParseError as error:
        raise ConfigurationError(f"{path}: is not XML: {error}") from None
    elements = list(root.iter("route"))
    if not elements:
        raise ConfigurationError(f"{path}: has no <route>; allowed: a route file of the CARLA Leaderboard")
    towns = {_town(element) for element in elements}
    routes = [_route(path, element) for element in elements if _town(element) == town]
    if not routes:
        raise ConfigurationError(
            f"{path}: has no route in {town}, the scenario's town; it has some in {', '.join(sorted(towns))}"
        )
    return routes


def _town(element: ElementTree.Element) -> str:
    return Path(element.get("town") or element.get("map") or "no town").name


def _route(path: str, element: ElementTree.Element) -> ListedRoute:
    name = element.get("id", "")
    source = f"{path}: route '{name}'"
    if not name:
        raise ConfigurationError(f"{path}: a <route> has no id")
    waypoints = element.findall("waypoints/position") or element.findall("waypoint")
    if len(waypoints) < 2:
        raise ConfigurationError(f"{source} has {len(waypoints)} waypoints; allowed: 2 or more")
    points = [
        [_number(source, f"waypoint {number}", waypoint, axis) for axis in ("x", "y", "z")]
        for number, waypoint in enumerate(waypoints)
    ]
    return ListedRoute(name, source, points_to_rep103(np.array(points)), _weather(source, element))


def _weather(source: str, element: ElementTree.Element) -> RouteWeather | None:
    found = element.findall("weathers/weather") or element.findall("weather")
    if not found:
        return None
    default = carla.WeatherParameters()
    rows = []
    for number, weather in enumerate(found):
        place = f"weather {number}"
        percent = _number(source, place, weather, "route_percentage", 0.0)
        values = [
            _number(source, place, weather, name, float(getattr(default, name)))
            for name in WEATHER_PARAMETERS
        ]
        rows.append((percent, values))
    rows.sort(key=lambda row: row[0])
    return RouteWeather(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]))


def _number(
    source: str, place: str, element: ElementTree.Element, name: str, default: float | None = None
) -> float:
    text = element.get(name)
    if text is None and default is not None:
        return default
    try:
        value = math.nan if text is None else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConfigurationError(f"{source}, {place}: {name} is {text!r}; allowed: a finite number")
    return value
