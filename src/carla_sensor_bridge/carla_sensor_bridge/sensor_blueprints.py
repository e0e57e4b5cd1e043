"""Blueprints of the scenario's sensors, checked against what the simulator has."""

from __future__ import annotations

import difflib
import math
from typing import Any, Final

import carla

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.sensor_config import Sensor
from carla_sensor_bridge.sensor_table import KINDS

_ALLOWED: Final = {
    carla.ActorAttributeType.Bool: "true or false",
    carla.ActorAttributeType.Int: "whole numbers",
    carla.ActorAttributeType.Float: "numbers",
    carla.ActorAttributeType.RGBColor: 'a colour "r,g,b"',
    carla.ActorAttributeType.String: "a text",
}


def _fits(kind: Any, text: str) -> bool:
    try:
        if kind == carla.ActorAttributeType.Int:
            int(text)
        elif kind == carla.ActorAttributeType.Float:
            return math.isfinite(float(text))
        elif kind == carla.ActorAttributeType.RGBColor:
            return all(0 <= int(part) <= 255 for part in text.split(",")) and text.count(",") == 2
    except ValueError:
        return False
    return kind != carla.ActorAttributeType.Bool or text in ("true", "false")


def find_sensor_blueprint(library: Any, sensor: Sensor, step_s: float) -> Any:
    """Return the blueprint of a sensor with its attributes set.

    Raises:
        ConfigurationError: when the simulator has no such sensor, or that has no such attribute or value.
    """
    field = f"scenario field sensors.{sensor.name}"
    known = sorted(blueprint.id for blueprint in library.filter("sensor.*") if blueprint.id in KINDS)
    if sensor.type not in known:
        close = difflib.get_close_matches(sensor.type, known, n=3, cutoff=0.7) or known
        raise ConfigurationError(f"{field}.type is '{sensor.type}'; allowed: {', '.join(close)}")
    blueprint = library.find(sensor.type)
    attributes = {attribute.id: attribute for attribute in blueprint if attribute.is_modifiable}
    given: dict[str, Any] = dict(sensor.attributes)
    if sensor.rate_hz is not None:
        if "sensor_tick" not in attributes:
            raise ConfigurationError(
                f"{field}.rate_hz is {sensor.rate_hz:g}; allowed: none, as {sensor.type} has no rate"
            )
        given["sensor_tick"] = sensor.period(step_s) * step_s
    for name, value in given.items():
        if name not in attributes:
            raise ConfigurationError(
                f"{field}.attributes.{name} is no attribute of {sensor.type}; allowed: {', '.join(sorted(attributes))}"
            )
        text = str(value).lower() if isinstance(value, bool) else str(value)
        kind = attributes[name].type
        if not _fits(kind, text):
            raise ConfigurationError(
                f"{field}.attributes.{name} is '{text}'; allowed: {_ALLOWED.get(kind, kind)}"
            )
        blueprint.set_attribute(name, text)
    if "role_name" in attributes:
        blueprint.set_attribute("role_name", sensor.name)
    return blueprint


def numbers_of(blueprint: Any) -> dict[str, float]:
    """Return the attributes of a blueprint that are numbers."""
    kinds = carla.ActorAttributeType
    return {
        attribute.id: float(attribute.as_int() if attribute.type == kinds.Int else attribute.as_float())
        for attribute in blueprint
        if attribute.type in (kinds.Int, kinds.Float)
    }
