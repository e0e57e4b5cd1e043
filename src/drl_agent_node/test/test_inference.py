"""Inference: the driver on real topics, and the node without a training library."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rclpy
from fake_gateway import FakeGateway
from lane_world import STATE_NAMES, LaneWorld
from rclpy.node import Node
from test_agent_node import DEADLINE_S, Listener, start
from test_export import checkpoint

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_frame import FleetFrame
from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.errors import ConfigurationError, ObservationTimeoutError
from drl_agent_node.evaluation.policies import find_learned
from drl_agent_node.export import export_policy
from drl_agent_node.inference.driver import Driver
from drl_agent_node.inference.latency import LatencyWindow
from drl_agent_node.inference.policy_file import ExportedPolicy, PolicyCard

AGENTS = 3
# Importing one of these must fail, as on a machine that only drives.
WITHOUT_TRAINING = """
import sys
for name in ("torch", "gymnasium", "tensorboard", "mlflow", "onnx"):
    sys.modules[name] = None
from drl_agent_node.start import infer
infer()
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy")
    export_policy(find_learned(str(checkpoint(folder, "ppo"))), folder / "policy.onnx")
    return folder / "policy.onnx"


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    made = rclpy.Context()
    rclpy.init(context=made)
    yield made
    made.try_shutdown()


def test_what_is_remembered_ends_with_the_episode(context: rclpy.Context) -> None:
    """The policy counts the frames it has seen; frames may be skipped between an episode's end and the next answer."""

    def step(observations: np.ndarray, memory: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([memory, memory], 1), memory + 1.0

    card = PolicyCard("test", 0, STATE_NAMES, ("acceleration", "steer"), memory_size=1)
    policy = ExportedPolicy(Path("test.onnx"), card, lambda _: pytest.fail("has memory"), step)
    counted: list[list[float]] = []
    group = SimpleNamespace(ready=True, simulator="sim0", current=None)
    group.layout = SimpleNamespace(state_names=STATE_NAMES, action_names=("acceleration", "steer"))
    group.answer = lambda actions, _now: counted.append(actions[:, 0].tolist())
    driver = Driver(SimpleNamespace(groups=[group]), policy)
    for session, frame, times, status in (
        (1, 5, (3.0, 0.0), (0, columns.RESET)),
        (1, 6, (3.1, 0.1), (0, 0)),
        (1, 9, (0.2, 0.4), (0, 0)),
        (1, 10, (0.3, 0.0), (0, columns.RESET)),
        (2, 2, (0.4, 0.1), (0, 0)),
    ):
        metrics = np.zeros((2, columns.NUM_METRICS), np.float32)
        metrics[:, columns.EPISODE_TIME_S] = times
        state = np.zeros((2, len(STATE_NAMES)), np.float32)
        raster = np.zeros((2, 0, 0, 0), np.uint8)
        group.current = FleetFrame(
            session, frame, 0.0, 0.1, state, metrics, np.array(status, np.uint8), raster
        )
        if not counted:
            driver.connect(1.0)
        assert driver._answer_new()
    assert counted == [[0.0, 0.0], [1.0, 1.0], [0.0, 2.0], [1.0, 0.0], [0.0, 0.0]]


def steering(state_names: tuple[str, ...] = STATE_NAMES) -> ExportedPolicy:
    card = PolicyCard("test", 0, state_names, ("acceleration", "steer"))
    return ExportedPolicy(
        Path("test.onnx"), card, lambda state: np.full((len(state), 2), (0.25, -0.5), np.float32)
    )


@pytest.fixture
def gateway(context: rclpy.Context) -> Iterator[FakeGateway]:
    node = Node("gateway", context=context)
    made = FakeGateway(node, LaneWorld(AGENTS, seed=1))
    made.start()
    yield made
    made.stop()
    node.destroy_node()


def test_every_frame_is_answered_with_the_policy(context: rclpy.Context, gateway: FakeGateway):
    stop = threading.Event()
    node = Node("driver", context=context)
    driver = Driver(FleetLink(node, ["sim0"]), steering(), should_stop=stop.is_set)
    driver.connect(DEADLINE_S)
    thread = threading.Thread(target=driver.run)
    thread.start()
    try:
        while driver.frames < 50:
            assert thread.is_alive()
            threading.Event().wait(0.01)
    finally:
        stop.set()
        thread.join()
        driver.transport.close()
        node.destroy_node()
    assert driver.skipped == 0
    with gateway.lock:
        answers = [answer for frame in gateway.actions.values() for answer in frame]
    assert len(gateway.actions) >= 50
    assert all(np.array_equal(answer, np.full((AGENTS, 2), (0.25, -0.5), np.float32)) for answer in answers)
    latency = driver.latencies.take()
    assert 0.0 < latency["p50"] <= latency["p99"] <= latency["max"]


def test_a_fleet_of_another_layout_is_not_driven(context: rclpy.Context, gateway: FakeGateway):
    node = Node("driver", context=context)
    driver = Driver(FleetLink(node, ["sim0"]), steering(("speed_mps",)))
    with pytest.raises(ConfigurationError, match="unknown to the policy"):
        driver.connect(DEADLINE_S)
    silent = Driver(FleetLink(node, ["sim9"]), steering())
    with pytest.raises(ObservationTimeoutError, match="/carla_drl/sim9/observation"):
        silent.connect(0.1)
    assert not gateway.actions
    node.destroy_node()


def test_latencies_are_of_the_time_since_the_last_look():
    window = LatencyWindow(100)
    assert window.take() == {}
    for value in range(1, 251):
        window.add(1e-6 * value)
    assert window.take() == {
        "p50": pytest.approx(200.5),
        "p99": pytest.approx(249.01),
        "max": pytest.approx(250.0),
    }
    window.add(7e-6)
    assert window.take()["max"] == pytest.approx(7.0)
    assert window.total == 251


def run_node(*parameters: str) -> subprocess.Popen[str]:
    settings = [part for parameter in parameters for part in ("-p", parameter)]
    return start("-c", WITHOUT_TRAINING, "--ros-args", *settings)


def test_the_node_drives_without_training_libraries_and_reports_latency(exported: Path):
    gateway = start("fake_gateway.py", str(AGENTS))
    listener = Listener()
    process = run_node(f"policy:={exported}")

    def values() -> dict[str, str]:
        return {
            pair.key: pair.value
            for array in listener.diagnostics
            for status in array.status
            if "drl_infer" in status.name
            for pair in status.values
        }

    try:
        listener.until(lambda: "latency_p99_us" in values() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[0]
        listener.until(lambda: len(listener.beats) > 5)
        assert {beat.source for beat in listener.beats} == {"/drl_infer"}
        assert float(values()["latency_p50_us"]) <= float(values()["latency_p99_us"])
        assert int(values()["frames"]) > 0
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, output
        assert "driving with" in output
    finally:
        for child in (process, gateway):
            if child.poll() is None:
                child.kill()
                child.communicate()
        listener.close()


@pytest.mark.parametrize(
    ("parameter", "complaint"),
    [
        ("policy:=/nowhere.onnx", "'/nowhere.onnx' does not exist"),
        ("simulators:=[sim0]", "parameter 'policy' is empty"),
    ],
)
def test_bad_parameters_end_the_node_with_78(parameter: str, complaint: str):
    process = run_node(parameter)
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 78
    assert complaint in output
    assert "Traceback" not in output
