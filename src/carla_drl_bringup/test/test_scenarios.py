"""Every scenario that is shipped can be driven."""

from pathlib import Path

import pytest
from launched import Launched, domain

from carla_sensor_bridge.scenario import load_scenario

SCENARIOS = sorted((Path(__file__).resolve().parent.parent / "config" / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenarios_are_sound_and_named_like_their_file(path: Path) -> None:
    assert load_scenario(path).name == path.stem


@pytest.mark.parametrize("name", ["town02_urban", "town03_complex", "weather_variants"])
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
