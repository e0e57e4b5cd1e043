"""What the agent tells others over ROS: episodes, training status, heartbeat, diagnostics."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from carla_drl_msgs.msg import EpisodeSummary, TrainingStatus
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_updater import Updater
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from drl_agent_node.curriculum_session import CurriculumSession, StageStatus
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.episodes import WINDOW, Episode
from drl_agent_node.liveness import SAFETY_PERIOD_S, Heart, SafetyEvents, steady_clock, wall_time
from drl_agent_node.trainer import Snapshot, State

STATUS_PERIOD_S: Final = 1.0
ACK_TIMEOUT_S: Final = 0.3


class Reporter:
    """Publishers and timers on the agent's node, which a background thread spins."""

    def __init__(self, node: Node, run_name: str, algorithm: str, total_steps: int) -> None:
        self.snapshot = Snapshot()
        self.env: FleetVectorEnv | None = None
        self.more_diagnostics: Callable[[], dict[str, str]] = dict
        self.curriculum: CurriculumSession | None = None
        self._run_name = run_name
        self._algorithm = algorithm
        self._total_steps = total_steps
        self._started = time.monotonic()
        reliable = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        latched = QoSProfile(
            depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
        )
        self._episodes = node.create_publisher(EpisodeSummary, "/carla_drl/episode_summary", reliable)
        self._status = node.create_publisher(TrainingStatus, "/carla_drl/training_status", latched)
        clock = steady_clock()
        self._heart = Heart(node)
        node.create_timer(STATUS_PERIOD_S, self.publish_status, clock=clock)
        self._updater = Updater(node)
        self._updater.setHardwareID("drl_agent")
        self._updater.add("learning", self._diagnose_learning)
        self._updater.add("lock-step", self._diagnose_lock_step)
        self._updater.add("safety", self._diagnose_safety)
        self._safety_events = SafetyEvents(node)
        node.create_timer(SAFETY_PERIOD_S, self.publish_interventions, clock=clock)

    def publish_episodes(self, episodes: Sequence[Episode]) -> None:
        """Publish an `EpisodeSummary` for each episode."""
        assert self.env is not None
        for episode in episodes:
            simulator, session, agent = self.env.locate(episode.env)
            message = EpisodeSummary()
            whole_s = math.floor(episode.stamp)
            message.stamp.sec = whole_s
            message.stamp.nanosec = min(round((episode.stamp - whole_s) * 1e9), 999_999_999)
            message.simulator = simulator
            message.session = session
            message.agent = agent
            message.episode = episode.episode
            message.total_steps = episode.total_steps
            message.length = episode.length
            message.episode_return = episode.episode_return
            message.route_completion = episode.route_completion
            message.route_length_m = episode.route_length_m
            message.mean_speed_mps = episode.mean_speed_mps
            message.success = episode.success
            message.end_reason = episode.end_reason
            self._episodes.publish(message)

    def state(self) -> State:
        """Return what the agent is doing, seen from outside."""
        if self.env is not None and self.env.waiting and self.snapshot.state is not State.DONE:
            return State.WAITING
        return self.snapshot.state

    def publish_status(self) -> None:
        """Publish a `TrainingStatus` of this moment."""
        snapshot = self.snapshot
        message = TrainingStatus()
        message.stamp = wall_time()
        message.run_name = self._run_name
        message.algorithm = self._algorithm
        message.state = self.state().value
        message.steps = snapshot.steps
        message.total_steps = self._total_steps
        message.updates = snapshot.updates
        message.episodes = snapshot.episodes
        message.steps_per_s = 0.0 if math.isnan(snapshot.steps_per_s) else snapshot.steps_per_s
        message.mean_return = snapshot.window.mean_return
        message.success_rate = snapshot.window.success_rate
        message.mean_route_completion = snapshot.window.mean_route_completion
        message.window = snapshot.window.size
        message.elapsed_s = time.monotonic() - self._started
        message.eta_s = snapshot.eta_s
        message.checkpoint = snapshot.checkpoint
        stage = StageStatus() if self.curriculum is None else self.curriculum.status
        message.stage = stage.name
        message.stage_index = stage.index
        message.stage_count = stage.count
        message.stage_success_rate = stage.success_rate
        self._status.publish(message)

    def publish_interventions(self) -> None:
        """Publish a `SafetyEvent` for each group and kind with interventions since the last call."""
        env = self.env
        if env is None or env.safety is None:
            return
        self._safety_events.publish(env.safety, [link.simulator for link in env.links])

    def finish(self) -> None:
        """Publish the last status and wait a moment until it and the last episodes have arrived."""
        self.publish_interventions()
        self.publish_status()
        for publisher in (self._status, self._episodes):
            publisher.wait_for_all_acked(Duration(seconds=ACK_TIMEOUT_S))

    def _diagnose_learning(self, status: Any) -> Any:
        snapshot, state = self.snapshot, self.state()
        status.summary(DiagnosticStatus.OK, state.name.lower())
        status.add("run_name", self._run_name)
        status.add("steps", str(snapshot.steps))
        status.add("updates", str(snapshot.updates))
        status.add("steps_per_s", f"{snapshot.steps_per_s:.1f}")
        status.add("learn_share", f"{snapshot.learn_share:.3f}")
        status.add("mean_return", f"{snapshot.window.mean_return:.2f}")
        status.add("success_rate", f"{snapshot.window.success_rate:.3f}")
        status.add("window", f"{snapshot.window.size} of {WINDOW}")
        for name, value in self.more_diagnostics().items():
            status.add(name, value)
        return status

    def _diagnose_lock_step(self, status: Any) -> Any:
        env = self.env
        if env is None or not env.links:
            status.summary(DiagnosticStatus.WARN, "not connected yet")
            return status
        now = time.monotonic()
        silent = [link.simulator for link in env.links if link.current is None]
        silent += env.masked
        silent += [link.simulator for link in env.links if env.waiting and link.silence_s(now) > 1.0]
        if silent:
            names = ", ".join(dict.fromkeys(silent))
            status.summary(DiagnosticStatus.WARN, f"no observation from {names}")
        else:
            status.summary(DiagnosticStatus.OK, "observations are answered")
        timings = env.take_timings()
        if timings.steps:
            status.add("policy_us", f"{1e6 * timings.policy_s / timings.steps:.1f}")
            status.add("env_wait_us", f"{1e6 * timings.wait_s / timings.steps:.1f}")
            status.add("frames", str(timings.steps))
        for link in env.links:
            status.add(f"{link.simulator}.frame", "none" if link.current is None else str(link.current.frame))
            status.add(f"{link.simulator}.duplicates", str(link.duplicates))
            status.add(f"{link.simulator}.stale", str(link.stale))
            status.add(f"{link.simulator}.repeats", str(link.repeats))
        return status

    def _diagnose_safety(self, status: Any) -> Any:
        layer = None if self.env is None else self.env.safety
        if layer is None:
            status.summary(DiagnosticStatus.OK, "off")
            return status
        total = sum(layer.totals.values())
        verb = "overridden" if layer.mode == "shield" else "would be overridden"
        status.summary(DiagnosticStatus.OK, f"{layer.mode}: {total} findings, whose actions {verb}")
        for kind, count in layer.totals.items():
            status.add(kind.lower(), str(count))
        return status
