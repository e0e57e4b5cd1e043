"""Another scenario for a running fleet: what can change in the running world, and what needs a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from pydantic import ValidationError

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.routes import RouteGenerator
from carla_sensor_bridge.scenario import Limits, Scenario

# What each agent's next episode can follow by itself; everything else of a scenario is the world's.
_EPISODE_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "routes": ("min_length_m", "max_length_m", "length_m"),
    "limits": ("time_limit_s", "min_mean_speed_mps"),
}


@dataclass(frozen=True)
class EpisodeTerms:
    """What an agent's next episodes are like; no generator: routes come from the list as before."""

    generator: RouteGenerator | None
    limits: Limits


@dataclass(frozen=True)
class TermsChange:
    """New terms for some agents; `scenario` has the weather, None to leave it."""

    terms: EpisodeTerms
    agents: tuple[int, ...]
    scenario: Scenario | None


def parse_scenario(text: str) -> Scenario:
    """Read a scenario from YAML text.

    Raises:
        ConfigurationError: naming the first field that cannot be used.
    """
    try:
        document: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the scenario is not YAML: {' '.join(str(error).split())}") from None
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"]) or "scenario"
        raise ConfigurationError(
            f"scenario field {where} is {problem['input']!r}; {problem['msg']}"
        ) from None


def same_world(one: Scenario, other: Scenario) -> bool:
    """Tell whether two scenarios differ in name, weather, route lengths and time limits alone."""
    return _world_of(one) == _world_of(other)


def _world_of(scenario: Scenario) -> dict[str, Any]:
    values = scenario.model_dump(mode="json", exclude={"name", "weather"})
    for section, fields in _EPISODE_FIELDS.items():
        for field in fields:
            values[section].pop(field, None)
    return values


def check_exchange(running: Scenario, other: Scenario) -> None:
    """Refuse a scenario that would change the shape of what agents observe.

    Raises:
        ConfigurationError: naming the field.
    """
    for field, was, wanted in (
        ("step_s", running.step_s, other.step_s),
        ("routes.preview_m", running.routes.preview_m, other.routes.preview_m),
    ):
        if was != wanted:
            raise ConfigurationError(f"scenario field {field} is {wanted}; allowed in this run: {was}")


def check_agents(agents: Sequence[int], num_agents: int) -> tuple[int, ...]:
    """Return rows of a fleet; none stands for all.

    Raises:
        ConfigurationError: when there is no such row.
    """
    unknown = [agent for agent in agents if not 0 <= agent < num_agents]
    if unknown:
        raise ConfigurationError(f"agents {unknown} do not exist; allowed: 0 to {num_agents - 1}")
    return tuple(agents) or tuple(range(num_agents))


def terms_of(scenario: Scenario, graph: LaneGraph, seed: int) -> EpisodeTerms:
    """Prepare the routes of a scenario in a town.

    Raises:
        ConfigurationError: when the town has no route of that length.
    """
    return EpisodeTerms(
        None if scenario.routes.listed else random_routes(scenario, graph, seed), scenario.limits
    )


def random_routes(scenario: Scenario, graph: LaneGraph, seed: int) -> RouteGenerator:
    """Return the generator of a scenario's random routes.

    Raises:
        ConfigurationError: when the town has no route of that length.
    """
    routes = scenario.routes
    return RouteGenerator(graph, routes.min_length_m, routes.max_length_m, routes.start_clearance_m, seed)
