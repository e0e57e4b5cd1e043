"""What is driven: a suite is scenarios x weathers x seeds, read from `config/evaluation/<name>.yaml`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, field_validator

from carla_sensor_bridge.errors import ConfigurationError as ScenarioError
from carla_sensor_bridge.scenario import WEATHER_PRESETS, Scenario, load_scenario
from drl_agent_node.config import StrictConfig, find_config, read_yaml
from drl_agent_node.errors import ConfigurationError


class SuiteConfig(StrictConfig):
    """Which cases a suite has, and how long each is driven."""

    description: str = Field(default="", description="one line for the report")
    scenarios: tuple[str, ...] = Field(
        min_length=1, description="names of files in config/scenarios, or paths of .yaml files"
    )
    weather: tuple[str, ...] = Field(
        default=(), description="weather presets that replace the scenario's; empty: the scenario's own"
    )
    seeds: tuple[int, ...] = Field(
        default=(1, 2, 3), min_length=1, description="seeds of the routes and of the traffic"
    )
    episodes: int = Field(default=24, ge=1, le=10**6, description="routes per case, shared out evenly")
    num_agents: int = Field(default=8, ge=1, le=256, description="ego vehicles in the world")
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0, description="of the intervals that are reported")

    @field_validator("weather")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in WEATHER_PRESETS:
                raise ValueError(f"'{name}' is none of {', '.join(WEATHER_PRESETS)}")
        return value

    @field_validator("scenarios", "weather", "seeds")
    @classmethod
    def _different(cls, value: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(value)) != len(value):
            raise ValueError("an entry stands twice")
        return value


@dataclass(frozen=True)
class Case:
    """One world to drive in.

    Attributes:
        name: unique in its suite.
        scenario_name, town: of the scenario; `town` is empty where it is not known.
        weather: the preset that replaces the scenario's weather, else `scenario`.
        seed: of routes and traffic.
        scenario_hash: of everything in the scenario; two results are comparable when their hashes are the same.
        scenario: what to make the world from; None for a world that is there already.
    """

    name: str
    scenario_name: str
    town: str
    weather: str
    seed: int
    scenario_hash: str
    scenario: Scenario | None


def scenario_hash(scenario: Scenario) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a scenario's fields, defaults included."""
    text = json.dumps(scenario.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_suite(name: str) -> SuiteConfig:
    """Read a suite by the name of a file in `config/evaluation`, or by path.

    Raises:
        ConfigurationError: naming the file and the field.
    """
    path = find_config("evaluation", name)
    return SuiteConfig.from_mapping(read_yaml(path), str(path))


def cases(suite: SuiteConfig) -> list[Case]:
    """Return the cases of a suite, scenario by scenario.

    Raises:
        ConfigurationError: when a scenario cannot be read.
    """
    found: list[Case] = []
    for name in suite.scenarios:
        scenario = read_scenario(find_config("scenarios", name))
        for weather in suite.weather or ("",):
            changed = with_weather(scenario, weather)
            for seed in suite.seeds:
                found.append(make_case(changed, seed, weather))
    return found


def make_case(scenario: Scenario, seed: int, weather: str = "") -> Case:
    """Return the case of one scenario; `weather` is what it is called, empty for the scenario's own."""
    parts: Sequence[str] = (scenario.name, *([weather] if weather else []), f"seed{seed}")
    return Case(
        "/".join(parts),
        scenario.name,
        scenario.town,
        weather or "scenario",
        seed,
        scenario_hash(scenario),
        scenario,
    )


def unknown_case(seed: int) -> Case:
    """Return the case of a world that is there already and of which nothing is known."""
    return Case(f"loop/seed{seed}", "loop", "", "scenario", seed, "", None)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        ConfigurationError: one line per problem.
    """
    try:
        return load_scenario(path)
    except ScenarioError as error:
        raise ConfigurationError(str(error)) from None


def with_weather(scenario: Scenario, preset: str) -> Scenario:
    """Return the scenario with a preset's weather for good; an empty name changes nothing."""
    if not preset:
        return scenario
    return Scenario.model_validate(scenario.model_dump() | {"weather": preset})
