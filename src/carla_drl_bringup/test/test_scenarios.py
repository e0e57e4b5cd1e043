"""Every scenario that is shipped can be driven."""

import json
from pathlib import Path

import numpy as np
import pytest
from launched import Launched, domain

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import json_schema, load_scenario

SCHEMA = Path(__file__).resolve().parent.parent / "config" / "schemas" / "scenario.schema.json"
SCENARIOS = sorted((Path(__file__).resolve().parent.parent / "config" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenarios_are_sound_and_named_like_their_file(path: Path) -> None:
    assert load_scenario(path).name == path.stem
    assert path.read_text().startswith(f"# yaml-language-server: $schema=../schemas/{SCHEMA.name}\n")


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    wanted = json.dumps(json_schema(), indent=2) + "\n"
    assert SCHEMA.read_text() == wanted, (
        f"write it anew: python -m carla_sensor_bridge.scenario --schema > {SCHEMA}"
    )


def test_listed_routes_are_given_in_turn() -> None:
    scenario = load_scenario(next(path for path in SCENARIOS if path.stem == "town02_routes"))
    bridge = InProcessBridge(scenario, 5, seed=0)
    lengths = bridge.frame.metrics[:, col.ROUTE_LENGTH]
    assert len(np.unique(lengths)) == 5
    assert bridge.frame.metrics[0, col.ROUTE_COMPLETION] == 0.0
    again = InProcessBridge(scenario, 5, seed=9)
    np.testing.assert_array_equal(again.frame.metrics[:, col.ROUTE_LENGTH], lengths)


@pytest.mark.parametrize("name", ["town02_urban", "town03_complex", "weather_variants", "hazards"])
def test_scenarios_are_driven(tmp_path: Path, name: str) -> None:
    with Launched(
        "train", tmp_path, domain(20), scenario=name, num_agents=4, total_steps=2000, run_name="short"
    ) as run:
        assert run.wait(120) == 0, run.output[-6000:]
    assert "the agent has finished" in run.output
    assert "process has died" not in run.output
    wanted = load_scenario(next(path for path in SCENARIOS if path.stem == name))
    if wanted.traffic.vehicles:
        assert f"of {wanted.traffic.vehicles} traffic vehicles" in run.output
    if wanted.triggers:
        assert f"{len(wanted.triggers)} hazards may meet each of 4 egos" in run.output
