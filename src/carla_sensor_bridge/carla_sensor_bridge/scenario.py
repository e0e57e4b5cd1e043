"""What a run drives in: town, fleet, routes and limits, read from a YAML file and checked field by field.

`python -m carla_sensor_bridge.scenario --schema` prints the JSON schema of the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from carla_sensor_bridge.config_model import ConfigModel
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.route_config import Routes
from carla_sensor_bridge.sensor_config import Sensor, check_sensors
from carla_sensor_bridge.trigger_config import Trigger

WEATHER_PRESETS: Final = (
    "ClearNight",
    "ClearNoon",
    "ClearSunset",
    "CloudyNight",
    "CloudyNoon",
    "CloudySunset",
    "Default",
    "DustStorm",
    "HardRainNight",
    "HardRainNoon",
    "HardRainSunset",
    "MidRainSunset",
    "MidRainyNight",
    "MidRainyNoon",
    "SoftRainNight",
    "SoftRainNoon",
    "SoftRainSunset",
    "WetCloudyNight",
    "WetCloudyNoon",
    "WetCloudySunset",
    "WetNight",
    "WetNoon",
    "WetSunset",
)
"""Names of `carla.WeatherParameters` presets."""

WEATHER_PARAMETERS: Final = (
    "cloudiness",
    "dust_storm",
    "fog_density",
    "fog_distance",
    "fog_falloff",
    "mie_scattering_scale",
    "precipitation",
    "precipitation_deposits",
    "rayleigh_scattering_scale",
    "scattering_intensity",
    "sun_altitude_angle",
    "sun_azimuth_angle",
    "wetness",
    "wind_intensity",
)
"""Fields of `carla.WeatherParameters`: percent, degrees, and m for fog_distance."""


class Weather(ConfigModel):
    """The weather, and how it changes. A preset's name alone stands for that weather, for good."""

    presets: tuple[str, ...] = Field(
        default=("ClearNoon",),
        min_length=1,
        max_length=64,
        description="carla.WeatherParameters presets, one after the other with every change.",
    )
    shuffle: bool = Field(default=False, description="Draw the next preset instead of taking turns.")
    parameters: dict[str, float] = Field(
        default={}, description="Parameters that replace those of the presets."
    )
    random: dict[str, tuple[float, float]] = Field(
        default={}, description="Parameters that are drawn anew with every change: [least, most]."
    )
    change_every_s: float | None = Field(
        default=None, gt=0.0, le=86_400.0, description="Simulated time between changes, s; none: no change."
    )
    transition_s: float = Field(
        default=0.0, ge=0.0, le=86_400.0, description="How long a change takes, s of simulated time."
    )
    seed: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="Seed of what is drawn; none: the run's."
    )

    @field_validator("presets")
    @classmethod
    def _known_presets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in WEATHER_PRESETS:
                raise ValueError(f"{name!r} is not one of {', '.join(WEATHER_PRESETS)}")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Weather:
        for name in (*self.parameters, *self.random):
            if name not in WEATHER_PARAMETERS:
                raise ValueError(f"{name!r} is not one of {', '.join(WEATHER_PARAMETERS)}")
        for name, (low, high) in self.random.items():
            if low > high:
                raise ValueError(
                    f"random.{name} is [{low:g}, {high:g}]: the first must not be above the second"
                )
        if self.change_every_s is not None and self.transition_s > self.change_every_s:
            raise ValueError(
                f"transition_s ({self.transition_s:g}) must be at most change_every_s ({self.change_every_s:g})"
            )
        return self


class Traffic(ConfigModel):
    """Vehicles that CARLA's Traffic Manager drives."""

    vehicles: int = Field(default=0, ge=0, le=1000, description="How many, as far as there is room.")
    blueprints: str = Field(
        default="vehicle.*",
        pattern=r"^vehicle\.[\w.*?-]+$",
        description="Pattern of the blueprint ids to draw from.",
    )
    four_wheels_only: bool = Field(default=True, description="Leave two-wheelers out.")
    slower_percent: tuple[float, float] = Field(
        default=(0.0, 30.0),
        description="How much slower than the speed limit each drives, drawn between these; negative: faster.",
    )
    distance_m: float = Field(
        default=2.5, ge=0.0, le=100.0, description="Distance that they keep from the vehicle ahead, m."
    )
    ignore_lights_percent: float = Field(
        default=0.0, ge=0.0, le=100.0, description="Share of red lights that they drive through."
    )
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Seed; none: the run's.")

    @model_validator(mode="after")
    def _ordered(self) -> Traffic:
        low, high = self.slower_percent
        if not -100.0 <= low <= high <= 100.0:
            raise ValueError(f"slower_percent is [{low:g}, {high:g}]: must be ordered and within -100 to 100")
        return self


class Pedestrians(ConfigModel):
    """Walkers with CARLA's AI controllers; the map needs a navigation mesh."""

    walkers: int = Field(default=0, ge=0, le=1000, description="How many, as far as there is room.")
    running_share: float = Field(default=0.1, ge=0.0, le=1.0, description="Share of those who run.")
    crossing_share: float = Field(
        default=0.1, ge=0.0, le=1.0, description="Share of those who cross roads anywhere."
    )
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1, description="Seed; none: the run's.")


class Fleet(ConfigModel):
    """The ego vehicles."""

    blueprint: str = Field(
        default="vehicle.tesla.model3",
        pattern=r"^vehicle\.[\w-]+\.[\w-]+$",
        description="CARLA blueprint id of every ego vehicle.",
    )
    color: str | None = Field(
        default=None, pattern=r"^\d{1,3},\d{1,3},\d{1,3}$", description='Body colour "r,g,b", each 0 to 255.'
    )
    role_prefix: str = Field(
        default="ego",
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,30}$",
        description="Agent i has the role name <role_prefix><i>.",
    )


class Limits(ConfigModel):
    """What ends an episode besides reaching the route's end and collisions."""

    time_limit_s: float | None = Field(
        default=None, gt=0.0, le=86_400.0, description="Longest episode, s of simulated time."
    )
    min_mean_speed_mps: float | None = Field(
        default=None,
        gt=0.0,
        le=50.0,
        description="Instead of time_limit_s: the limit of each route is its length divided by this speed, m/s.",
    )
    blocked_s: float = Field(default=15.0, gt=0.0, le=3600.0, description="Longest time to stand still, s.")
    max_lane_offset_m: float = Field(
        default=3.0, gt=0.0, le=100.0, description="Largest distance from the route's centre line, m."
    )
    off_road: bool = Field(default=True, description="Whether leaving every driving lane ends the episode.")
    red_light: bool = Field(default=False, description="Whether running a red light ends the episode.")

    @model_validator(mode="after")
    def _one_time_limit(self) -> Limits:
        if (self.time_limit_s is None) == (self.min_mean_speed_mps is None):
            raise ValueError("exactly one of time_limit_s and min_mean_speed_mps is needed")
        return self

    def episode_time_s(self, route_length_m: float) -> float:
        """Return how long an episode on a route of that length may last, s."""
        if self.time_limit_s is not None:
            return self.time_limit_s
        assert self.min_mean_speed_mps is not None
        return route_length_m / self.min_mean_speed_mps


class Scenario(ConfigModel):
    """Everything about a run that is not the learner's: the world, the fleet, its routes and limits."""

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$", description="Name of the scenario.")
    town: str = Field(
        pattern=r"^[A-Za-z0-9][\w-]{0,63}$", description="CARLA map name without its folder, e.g. Town01."
    )
    step_s: float = Field(default=0.1, ge=0.01, le=0.2, description="Simulated time per frame, s.")
    weather: Weather = Field(default=Weather(), description="The weather: a preset's name, or more.")
    traffic: Traffic = Field(default=Traffic(), description="Other vehicles.")
    pedestrians: Pedestrians = Field(default=Pedestrians(), description="Walkers.")
    fleet: Fleet = Field(default=Fleet(), description="The ego vehicles.")
    routes: Routes = Field(default=Routes(), description="The routes of the egos.")
    triggers: tuple[Trigger, ...] = Field(
        default=(), max_length=16, description="Scripted hazards on the routes of the egos."
    )
    limits: Limits = Field(description="What ends an episode.")
    sensors: tuple[Sensor, ...] = Field(
        default=(), max_length=64, description="Sensors on the egos, published as ROS topics."
    )

    @model_validator(mode="after")
    def _sound_sensors(self) -> Scenario:
        check_sensors(self.sensors, self.step_s)
        return self

    @field_validator("weather", mode="before")
    @classmethod
    def _preset_alone(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in WEATHER_PRESETS:
                raise ValueError(f"must be one of {', '.join(WEATHER_PRESETS)}")
            return {"presets": [value]}
        return value


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a scenario file, as editors read it."""
    schema = Scenario.model_json_schema()
    weather = schema["$defs"]["Weather"]["properties"]
    presets = {"enum": list(WEATHER_PRESETS)}
    weather["presets"]["items"] = presets
    for name in ("parameters", "random"):
        weather[name]["propertyNames"] = {"enum": list(WEATHER_PARAMETERS)}
    field = schema["properties"]["weather"]
    field["anyOf"] = [presets, {"$ref": field.pop("$ref")}]
    return schema


def _problems(path: Path, error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "scenario"
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            lines.append(f"{path}: {where}: is missing and has no default")
        elif problem["type"] == "extra_forbidden":
            lines.append(f"{path}: {where}: is not a field of a scenario (its value: {problem['input']!r})")
        elif isinstance(problem["input"], dict):
            lines.append(f"{path}: {where}: {message}")
        else:
            lines.append(f"{path}: {where}: is {problem['input']!r}; allowed: {message}")
    return "\n".join(lines)


def load_scenario(path: str | Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        ConfigurationError: one line per problem, each with file, field path, value and what is allowed.
    """
    path = Path(path)
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error.strerror or error}); allowed: a .yaml file"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text ({error.reason})") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: holds {type(document).__name__}; allowed: a mapping of fields")
    try:
        return Scenario.model_validate(document, context={"folder": path.resolve().parent})
    except ValidationError as error:
        raise ConfigurationError(_problems(path, error)) from None


def main(argv: list[str] | None = None) -> int:
    """Check a scenario file, or print the JSON schema."""
    parser = argparse.ArgumentParser(prog="python -m carla_sensor_bridge.scenario", description=__doc__)
    parser.add_argument("--schema", action="store_true", help="print the JSON schema and exit")
    parser.add_argument("file", nargs="?", help="scenario to check")
    options = parser.parse_args(argv)
    if options.schema:
        print(json.dumps(json_schema(), indent=2))
        return 0
    if options.file is None:
        parser.error("a file or --schema is needed")
    try:
        scenario = load_scenario(options.file)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.file}: scenario {scenario.name} is good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
