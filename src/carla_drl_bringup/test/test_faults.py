"""Faults that nothing dies of: they show in diagnostics within a second, and the loop goes on."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from launched import Launched, domain
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor

PATIENCE_S = 30.0


class Diagnostics:
    """What the gateway says of the loop."""

    def __init__(self, domain_id: str) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        rclpy.init(context=self._context, domain_id=int(domain_id))
        self._node = rclpy.create_node("observer", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._reports: list[DiagnosticStatus] = []
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)

    def _take(self, message: DiagnosticArray) -> None:
        self._reports += [one for one in message.status if "frames_per_s" in {v.key for v in one.values}]

    def wait_for(self, condition: Callable[[DiagnosticStatus], bool], what: str) -> DiagnosticStatus:
        """Return the first report from now on that fits."""
        self._reports.clear()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.1)
            for report in self._reports:
                if condition(report):
                    return report
        raise AssertionError(f"no report of {what}: {[(r.level, r.message) for r in self._reports]}")

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@contextmanager
def diagnostics(domain_id: str) -> Iterator[Diagnostics]:
    observer = Diagnostics(domain_id)
    yield observer
    observer.close()


def test_a_simulator_that_hangs_is_noticed_and_may_go_on(tmp_path: Path) -> None:
    name = domain(30)
    with (
        Launched("train", tmp_path, name, num_agents=4, total_steps=10**9, run_name="hang") as run,
        diagnostics(name) as observer,
    ):
        run.wait_for(lambda _: run.steps() > 1000, "progress")
        observer.wait_for(lambda report: report.level == DiagnosticStatus.OK, "a loop that is well")
        simulator = run.pid_of("carla_drl_sim")
        os.kill(simulator, signal.SIGSTOP)
        try:
            report = observer.wait_for(lambda report: "no frame for" in report.message, "the hang")
            assert report.level == DiagnosticStatus.WARN, report.message
            assert "the bridge or its simulator hangs" in report.message
            observer.wait_for(lambda report: report.level == DiagnosticStatus.ERROR, "an error")
        finally:
            os.kill(simulator, signal.SIGCONT)
        steps = run.steps()
        run.wait_for(lambda _: run.steps() > steps + 1000, "progress after the hang")
        observer.wait_for(lambda report: report.level == DiagnosticStatus.OK, "a loop that is well again")
        assert "process has died" not in run.output
