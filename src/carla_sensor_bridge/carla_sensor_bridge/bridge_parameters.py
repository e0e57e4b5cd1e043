"""The node's parameters: declared once, checked one by one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from carla_sensor_bridge.client_session import Endpoint
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.gateway_packets import socket_name
from carla_sensor_bridge.lockstep import BridgeSettings
from carla_sensor_bridge.scenario import load_scenario

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True)
class Specification:
    """A parameter of a node; the default's type is the parameter's."""

    name: str
    default: bool | int | float | str
    description: str
    low: float = 0.0
    high: float = 0.0

    def check(self, value: Any) -> Any:
        """Return the value in the parameter's type.

        Raises:
            ConfigurationError: when it has another type or is out of range.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        fits = type(value) is kind
        if fits and kind in (int, float):
            fits = self.low <= value <= self.high
        if not fits:
            raise ConfigurationError(f"parameter {self.name} is {value!r}; allowed: {self.allowed()}")
        return value

    def allowed(self) -> str:
        """Say which values the parameter may have."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            return "a text"
        kind = "whole numbers" if isinstance(self.default, int) else "numbers"
        return f"{kind} from {self.low:g} to {self.high:g}"

    def descriptor(self) -> ParameterDescriptor:
        """Return the descriptor with description and range; parameters cannot change while the node runs."""
        descriptor = ParameterDescriptor(name=self.name, description=self.description, read_only=True)
        descriptor.type = Parameter.Type.from_parameter_value(self.default).value
        if isinstance(self.default, int) and not isinstance(self.default, bool):
            descriptor.integer_range = [
                IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
            ]
        elif isinstance(self.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
            ]
        return descriptor


PARAMETERS: Final = (
    Specification(
        "simulator", "sim0", "Name of the lock-step group; a-z, 0-9 and _, starting with a letter."
    ),
    Specification("host", "127.0.0.1", "Host of the CARLA server."),
    Specification("port", 2000, "RPC port of the CARLA server.", 1, 65534),
    Specification("scenario", "", "Path of the scenario's YAML file."),
    Specification("num_agents", 1, "Ego vehicles in the world.", 1, 256),
    Specification("seed", 0, "Seed of the routes.", 0, 2**31 - 1),
    Specification("headless", True, "Whether the simulator renders nothing."),
    Specification("raster", False, "Whether frames have what the gateway needs for bird's-eye rasters."),
    Specification(
        "max_real_time_factor", 0.0, "Simulated seconds per second at most; 0: no limit.", 0.0, 100.0
    ),
    Specification(
        "connect_timeout_s", 30.0, "How long to wait for the CARLA server to answer, s.", 0.1, 3600.0
    ),
    Specification("client_timeout_s", 20.0, "How long a call of the CARLA client may take, s.", 1.0, 600.0),
    Specification(
        "sensor_timeout_s", 1.0, "How long a frame waits for sensor data that are due, s.", 0.01, 60.0
    ),
)


def _domain_id() -> int:
    text = os.environ.get("ROS_DOMAIN_ID", "") or "0"
    if not text.isdecimal():
        raise ConfigurationError(f"environment variable ROS_DOMAIN_ID is '{text}'; allowed: a whole number")
    return int(text)


def declare(node: Node, parameters: Iterable[Specification]) -> dict[str, Any]:
    """Declare parameters and return their values by name.

    Raises:
        ConfigurationError: naming the parameter, its value and what is allowed.
    """
    values: dict[str, Any] = {}
    for parameter in parameters:
        loose = ParameterDescriptor(dynamic_typing=True, description=parameter.description)
        given = node.declare_parameter(parameter.name, parameter.default, loose).value
        value = values[parameter.name] = parameter.check(given)
        node.set_parameters([Parameter(parameter.name, value=value)])
        node.set_descriptor(parameter.name, parameter.descriptor())
    return values


def gateway_address(simulator: str) -> str:
    """Return the address of the gateway of a lock-step group.

    Raises:
        ConfigurationError: when that is no name, or the ROS domain no number.
    """
    if not _NAME.fullmatch(simulator):
        raise ConfigurationError(
            f"parameter simulator is '{simulator}'; allowed: a-z, 0-9 and _, starting with a letter, "
            "at most 31 characters"
        )
    return socket_name(simulator, _domain_id())


def read_parameters(node: Node) -> BridgeSettings:
    """Declare and check every parameter of the node, and read the scenario.

    Raises:
        ConfigurationError: naming the parameter or scenario field, its value and what is allowed.
    """
    values = declare(node, PARAMETERS)
    address = gateway_address(values["simulator"])
    if not values["scenario"]:
        raise ConfigurationError("parameter scenario is ''; allowed: the path of a scenario's YAML file")
    if not values["host"]:
        raise ConfigurationError("parameter host is ''; allowed: the name or address of a host")
    return BridgeSettings(
        endpoint=Endpoint(
            values["host"], values["port"], values["connect_timeout_s"], values["client_timeout_s"]
        ),
        scenario=load_scenario(Path(values["scenario"]).expanduser()),
        num_agents=values["num_agents"],
        seed=values["seed"],
        headless=values["headless"],
        sensor_timeout_s=values["sensor_timeout_s"],
        max_real_time_factor=values["max_real_time_factor"],
        simulator=values["simulator"],
        raster=values["raster"],
        socket_name=address,
    )
