"""What the bridge says about parameters and scenarios that cannot work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rclpy
from processes import DOMAIN_ID, EXAMPLE, START_TIMEOUT_S, Bridge, Simulator, free_port, scenario
from rclpy.parameter import Parameter

from carla_sensor_bridge.bridge_parameters import read_parameters
from carla_sensor_bridge.errors import (
    EXIT_CONFIGURATION,
    ConfigurationError,
)

CONFIGURATIONS = {
    "agents": ({"num_agents": 300}, "parameter num_agents is 300; allowed: whole numbers from 1 to 256"),
    "type": ({"num_agents": "many"}, "parameter num_agents is 'many'; allowed: whole numbers from 1 to 256"),
    "port": ({"port": 70000}, "parameter port is 70000; allowed: whole numbers from 1 to 65534"),
    "timeout": (
        {"connect_timeout_s": -1.0},
        "parameter connect_timeout_s is -1.0; allowed: numbers from 0.1 to 3600",
    ),
    "simulator": ({"simulator": "Sim-0"}, "parameter simulator is 'Sim-0'; allowed: a-z, 0-9 and _"),
    "headless": ({"headless": 3}, "parameter headless is 3; allowed: true or false"),
    "scenario": ({"scenario": "/nowhere.yaml"}, "/nowhere.yaml: cannot be read"),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_parameters_that_cannot_work(case: str) -> None:
    parameters, message = CONFIGURATIONS[case]
    values = {"scenario": str(EXAMPLE)} | parameters
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN_ID)
    node = rclpy.create_node("parameters", context=context, parameter_overrides=overrides)
    try:
        with pytest.raises(ConfigurationError, match=re.escape(message)):
            read_parameters(node)
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_a_parameter_that_cannot_work_ends_the_node() -> None:
    with Bridge(free_port(), num_agents=300) as bridge:
        assert bridge.wait(START_TIMEOUT_S) == EXIT_CONFIGURATION
        errors = [line for line in bridge.output().splitlines() if "ERROR" in line]
        assert len(errors) == 1
        assert "parameter num_agents is 300" in errors[0]


SCENARIOS = {
    "town": ({"town": "Atlantis"}, {}, "scenario field town is 'Atlantis'; allowed: "),
    "blueprint": (
        {"fleet": {"blueprint": "vehicle.tesla.model4"}},
        {},
        "scenario field fleet.blueprint is 'vehicle.tesla.model4'",
    ),
    "field": ({"wether": "ClearNoon"}, {}, "wether: is not a field of a scenario"),
    "crowd": (
        {"routes": {"start_clearance_m": 200.0}},
        {"num_agents": 200},
        "parameter num_agents is 200; allowed: up to ",
    ),
}


@pytest.mark.parametrize("case", SCENARIOS)
def test_scenarios_that_cannot_work(shared_simulator: Simulator, tmp_path: Path, case: str) -> None:
    changes, parameters, message = SCENARIOS[case]
    with Bridge(shared_simulator.port, scenario(tmp_path, **changes), **parameters) as bridge:
        assert bridge.wait(START_TIMEOUT_S) == EXIT_CONFIGURATION
        errors = [line for line in bridge.output().splitlines() if "ERROR" in line]
        assert len(errors) == 1
        assert message in errors[0]
