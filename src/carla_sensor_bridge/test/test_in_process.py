"""The loop in this process gives the frames that the bridge writes, bit by bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from processes import EXAMPLE, START_TIMEOUT_S, Bridge, Simulator, gateway

from carla_drl_sim.world.town_generator import generate_town
from carla_sensor_bridge import columns as col
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.frame_ring import Frame, Slot
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import Scenario, load_scenario

Controls = np.ndarray[tuple[int, int], np.dtype[np.float32]]

AGENTS = 24
STEPS = 400
ARRAYS = ("ego", "route", "metrics", "status")


def controls_for(steps: int, agents: int) -> list[Controls]:
    """Reckless driving: every kind of end comes soon."""
    rng = np.random.default_rng(5)
    controls = rng.uniform((0.2, -0.6, -0.3), (1.0, 0.3, 0.3), (steps, agents, 3)).astype(np.float32)
    return list(np.maximum(controls, (0.0, 0.0, -1.0)).astype(np.float32))


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    document = yaml.safe_load(EXAMPLE.read_text())
    document["weather"] = {
        "presets": ["HardRainNoon", "ClearNoon"],
        "random": {"wetness": [0.0, 100.0]},
        "change_every_s": 8.0,
        "transition_s": 3.0,
    }
    document["fleet"]["color"] = "10,20,30"
    document["routes"] |= {"min_length_m": 30.0, "max_length_m": 60.0, "start_clearance_m": 8.0}
    document["limits"] |= {"max_lane_offset_m": 8.0, "off_road": False, "blocked_s": 3.0}
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_frames_are_those_of_the_bridge_bit_by_bit(scenario_file: Path) -> None:
    controls = controls_for(STEPS, AGENTS)
    peer = gateway()
    with (
        Simulator("--seed", "3", "--synchronous") as simulator,
        Bridge(simulator.port, scenario_file, num_agents=AGENTS, seed=9) as bridge,
    ):
        try:
            peer.accept(START_TIMEOUT_S)
        except TimeoutError:
            raise AssertionError(f"the bridge did not connect:\n{bridge.output()}") from None
        answers = iter(controls)
        frames = peer.run(STEPS, lambda _: next(answers))
    peer.die()

    here = InProcessBridge(load_scenario(scenario_file), AGENTS, 9, town_seed=3)
    for number, frame in enumerate(frames):
        assert_same(frame, here.frame, number)
        here.step(controls[number])

    reasons = np.concatenate([frame.metrics[:, col.END_REASON] for frame in frames])
    assert {col.END_ROUTE_DONE, col.END_COLLISION, col.END_ROUTE_DEVIATION} <= set(np.unique(reasons))
    assert (reasons != col.END_NONE).sum() > AGENTS


def assert_same(frame: Frame, slot: Slot, number: int) -> None:
    for name in ARRAYS:
        there, here = getattr(frame, name), getattr(slot, name)
        if there.tobytes() != here.tobytes():
            different = np.argwhere(there.view(there.dtype) != here)
            raise AssertionError(f"frame {number}: {name} differs at {different[:5].tolist()}")


def test_restart_begins_anew() -> None:
    scenario = load_scenario(EXAMPLE)
    bridge = InProcessBridge(scenario, 3, 1)
    first = bridge.frame
    for controls in controls_for(20, 3):
        bridge.step(controls)
    moved = bridge.frame
    assert not np.array_equal(moved.ego, first.ego)
    bridge.restart(1)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(bridge.frame, name), getattr(first, name))
    bridge.restart(2)
    assert not np.array_equal(bridge.frame.ego, first.ego)
    for controls in controls_for(20, 3):
        bridge.step(controls)


def test_what_cannot_work_is_refused() -> None:
    plain = load_scenario(EXAMPLE).model_dump()
    with pytest.raises(ConfigurationError, match="town is 'Town99'; allowed: Town01, Town02"):
        InProcessBridge(Scenario.model_validate(plain | {"town": "Town99"}), 1, 0)
    needs_client = plain | {
        "traffic": {"vehicles": 3},
        "pedestrians": {"walkers": 2},
        "sensors": [{"name": "imu", "type": "sensor.other.imu"}],
    }
    told = r"traffic\.vehicles is 3, pedestrians\.walkers is 2, sensors is 1; allowed .* 0 of each"
    with pytest.raises(ConfigurationError, match=told):
        InProcessBridge(Scenario.model_validate(needs_client), 1, 0)
    bridge = InProcessBridge(Scenario.model_validate(plain), 1, 0)
    with pytest.raises(ConfigurationError, match=told):
        bridge.load(Scenario.model_validate(needs_client), [])
    bridge.step(np.zeros((1, 3), np.float32))  # the world that runs goes on
    fleet = {"blueprint": "vehicle.no.such"}
    with pytest.raises(ConfigurationError, match=r"fleet\.blueprint is 'vehicle.no.such'"):
        InProcessBridge(Scenario.model_validate(plain | {"fleet": fleet}), 1, 0)


def test_own_maps_are_driven_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Mine.xodr").write_text(generate_town("Town02", 4).opendrive)
    monkeypatch.setenv("CARLA_DRL_MAPS", str(tmp_path))
    scenario = load_scenario(EXAMPLE)
    here = InProcessBridge(scenario.model_copy(update={"town": "Mine"}), 2, 0)
    before = here.frame.ego.copy()
    for _ in range(20):
        here.step(np.tile(np.float32([1.0, 0.0, 0.0]), (2, 1)))
    assert (np.linalg.norm(here.frame.ego[:, :2] - before[:, :2], axis=1) > 1.0).all()
    with pytest.raises(ConfigurationError, match=r"town is 'Yours'; allowed: .*Town01.*Mine"):
        InProcessBridge(scenario.model_copy(update={"town": "Yours"}), 2, 0)
    (tmp_path / "Mine.xodr").write_text("<a/>")
    with pytest.raises(ConfigurationError, match=r"'Mine' cannot be loaded: .*Mine.xodr"):
        InProcessBridge(scenario.model_copy(update={"town": "Mine"}), 2, 0)
