"""The node as a process: trains, resumes, evaluates, stops on signals, and refuses bad configurations."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rclpy
import yaml
from carla_drl_msgs.msg import EpisodeSummary, Heartbeat, SafetyEvent, TrainingStatus
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from drl_agent_node.agent_node import main
from drl_agent_node.checkpoint import CheckpointFolder, load

HERE = Path(__file__).parent
DEADLINE_S = 200.0
AGENTS = 4
SMALL = "rollout_steps: 32\nminibatch_size: 64\nepochs: 2\n"


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=HERE
    )


@pytest.fixture
def gateway() -> Iterator[subprocess.Popen[str]]:
    process = start("fake_gateway.py", str(AGENTS))
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_S)


class Run:
    """Starts agents of one run and cleans up after them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "ppo.yaml"
        self.config.write_text(SMALL)
        self.processes: list[subprocess.Popen[str]] = []

    @property
    def checkpoints(self) -> CheckpointFolder:
        return CheckpointFolder(self.folder / "r" / "checkpoints")

    def arguments(self, **parameters: object) -> list[str]:
        values = {"run_dir": self.folder, "run_name": "r", "algorithm_config": self.config} | parameters
        return [
            "--ros-args",
            *(item for name, value in values.items() for item in ("-p", f"{name}:={value}")),
        ]

    def start(self, **parameters: object) -> subprocess.Popen[str]:
        process = start("-m", "drl_agent_node.start", *self.arguments(**parameters))
        self.processes.append(process)
        return process

    def finish(self, **parameters: object) -> tuple[int, str]:
        process = self.start(**parameters)
        output, _ = process.communicate(timeout=DEADLINE_S)
        return process.returncode, output


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=DEADLINE_S)


class Listener:
    """Collects what the agent publishes."""

    def __init__(self) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = Node("listener", context=self.context, enable_rosout=False)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.status: list[TrainingStatus] = []
        self.episodes: list[EpisodeSummary] = []
        self.beats: list[Heartbeat] = []
        self.diagnostics: list[DiagnosticArray] = []
        self.safety: list[SafetyEvent] = []
        latched = QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
        )
        best_effort = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)
        for kind, topic, target, qos in (
            (TrainingStatus, "/carla_drl/training_status", self.status, latched),
            (EpisodeSummary, "/carla_drl/episode_summary", self.episodes, 100),
            (Heartbeat, "/carla_drl/heartbeat", self.beats, best_effort),
            (DiagnosticArray, "/diagnostics", self.diagnostics, 10),
            (SafetyEvent, "/carla_drl/sim0/safety_event", self.safety, 100),
        ):
            self.node.create_subscription(kind, topic, target.append, qos)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, "condition was not met in time"
            self.executor.spin_once(timeout_sec=0.1)

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def test_trains_reports_resumes_and_evaluates(run: Run, gateway, listener: Listener):
    process = run.start(total_steps=3000, checkpoint_interval_steps=1000)
    listener.until(lambda: listener.status and listener.status[-1].state == TrainingStatus.STATE_DONE)
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, output
    last = listener.status[-1]
    assert (last.run_name, last.algorithm, last.steps, last.total_steps) == ("r", "ppo", 3000, 3000)
    assert last.updates == 3000 // (32 * AGENTS)
    assert last.checkpoint.endswith("checkpoint_000000003000.pt")
    assert listener.episodes
    assert {episode.simulator for episode in listener.episodes} == {"sim0"}
    assert {episode.agent for episode in listener.episodes} <= set(range(AGENTS))
    assert all(episode.length > 0 and episode.end_reason > 0 for episode in listener.episodes)
    assert "3,000/3,000 steps" in output
    assert yaml.safe_load((run.folder / "r" / "config.yaml").read_text())["algorithm"]["rollout_steps"] == 32
    assert list((run.folder / "r" / "tensorboard").glob("events.*"))

    code, output = run.finish(total_steps=3500)
    assert code == 0, output
    assert "going on from" in output
    assert run.checkpoints.paths()[0].name == "checkpoint_000000003500.pt"
    code, output = run.finish(total_steps=3500)
    assert code == 0
    assert "done already" in output

    for policy, name in (
        ("latest", "loop_000000003500"),
        ("untrained", "loop_untrained"),
    ):
        code, output = run.finish(mode="evaluate", policy=policy, eval_episodes=6)
        assert code == 0, output
        assert "6 episodes: driving score" in output
        folder = run.folder / "r" / "evaluation" / name
        summary = json.loads((folder / "results.json").read_text())["summary"]
        assert summary["episodes"] == 6
        assert sum(summary["end_reasons"].values()) == 6
        assert 0.0 <= summary["means"]["route_completion"]["value"] <= 1.0
        assert (folder / "report.html").is_file()


def test_heartbeat_diagnostics_and_safety_events_go_on(run: Run, gateway, listener: Listener):
    process = run.start(total_steps=10**9, safety="shield")

    def keys() -> set[str]:
        return {
            pair.key
            for array in listener.diagnostics
            for status in array.status
            if "drl_agent" in status.name
            for pair in status.values
        }

    listener.until(lambda: {"policy_us", "env_wait_us", "learn_share", "lane", "red_light"} <= keys())
    lane = SafetyEvent.KIND_SHIELD_LANE
    listener.until(lambda: len([event for event in listener.safety if event.kind == lane]) > 1)
    for event in listener.safety:
        assert event.simulator == "sim0"
        assert 0 <= event.first_frame <= event.last_frame
        assert 0 < len(event.agents) <= event.count
        assert set(event.agents) <= set(range(AGENTS))
    listener.until(lambda: len(listener.beats) > 20)
    sequences = [beat.sequence for beat in listener.beats]
    assert sequences == sorted(set(sequences))
    assert {beat.source for beat in listener.beats} == {"/drl_agent"}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_save_and_end(run: Run, gateway, listener: Listener, number: signal.Signals):
    process = run.start(total_steps=10**9, checkpoint_interval_steps=10**9)
    listener.until(lambda: listener.status and listener.status[-1].updates >= 2)
    # As from a terminal and a launch system at once: still one request.
    process.send_signal(number)
    process.send_signal(number)
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, output
    assert load(run.checkpoints.folder / "latest.pt").steps > 0


def test_a_lost_simulator_is_reported_and_does_not_hold_up_the_end(run: Run, listener: Listener):
    gateway = start("fake_gateway.py", str(AGENTS))
    process = run.start(total_steps=10**9)
    try:
        listener.until(lambda: listener.status and listener.status[-1].steps > 0)
    finally:
        gateway.kill()
        gateway.communicate(timeout=DEADLINE_S)
    listener.until(lambda: listener.status[-1].state == TrainingStatus.STATE_WAITING)
    heard = len(listener.beats)
    listener.until(lambda: len(listener.beats) > heard + 5)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, output
    assert load(run.checkpoints.folder / "latest.pt").steps > 0


def test_no_simulator_ends_with_its_name(run: Run):
    code, output = run.finish(simulators="[sim5]", observation_timeout_s=0.5)
    assert code == 1
    assert "nothing arrived on /carla_drl/sim5/observation_layout" in output
    assert "Traceback" not in output


@pytest.fixture
def refusal(run: Run, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Runs the node in this process, which is quicker; returns what it printed."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def refuse(**parameters: object) -> str:
        with pytest.raises(SystemExit) as ended:
            main(run.arguments(**parameters))
        captured = capfd.readouterr()
        output = captured.out + captured.err
        assert ended.value.code == 78, output
        assert len([line for line in output.splitlines() if "configuration error" in line]) == 1
        return output

    yield refuse
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"total_steps": 0}, "total_steps"),
        ({"total_steps": "many"}, "total_steps"),
        ({"mode": "dream"}, "parameter 'mode' = 'dream'"),
        ({"safety": "belt"}, "parameter 'safety' = 'belt' cannot be used; allowed: off, monitor, shield"),
        ({"algorithm_config": "/nowhere.yaml"}, "algorithm_config"),
        ({"resume": "/nowhere.pt"}, "'/nowhere.pt' does not exist"),
        ({"mode": "evaluate"}, "has no checkpoint to evaluate"),
        ({"run_dir": "/proc/nope"}, "cannot make the run's folder"),
    ],
)
def test_bad_configuration_ends_with_one_line_and_78(refusal, parameters: dict[str, object], text: str):
    assert text in refusal(**parameters)


def test_unknown_fields_of_the_algorithm_are_refused(run: Run, refusal):
    run.config.write_text("gama: 0.9\n")
    assert "unknown field 'gama'; allowed fields:" in refusal()
    run.config.write_text("reward: {route: 1}\n")
    assert "reward: unknown field 'route'" in refusal()


def test_another_fleet_size_is_refused(run: Run, gateway):
    code, output = run.finish(expected_agents=AGENTS + 1)
    assert code == 78, output
    assert f"the fleet has {AGENTS} agents; parameter expected_agents is {AGENTS + 1}" in output


def test_resume_never_keeps_what_was_there(run: Run, gateway):
    assert run.finish(total_steps=200)[0] == 0
    assert run.finish(total_steps=160, resume="never")[0] == 0
    assert [path.name for path in run.checkpoints.paths()] == ["checkpoint_000000000160.pt"]
    assert len(list((run.folder / "r").glob("checkpoints-*/checkpoint_000000000200.pt"))) == 1


def test_environment_of_the_tests():
    assert 150 <= int(os.environ["ROS_DOMAIN_ID"]) <= 159
