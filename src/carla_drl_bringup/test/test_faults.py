"""One training run and everything that can die or hang in it: noticed within a second, and training is back."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from launched import Launched, domain
from observer import Observer, Report, observing

NOTICED_S = 1.0
BACK_S = 30.0
# A loaded machine starts processes and wakes threads late.
SLACK_S = 1.0


@dataclass
class Run:
    """A training run and who listens to its diagnostics."""

    launch: Launched
    observer: Observer

    def wait_until_well(self) -> Report:
        """Wait for frames that flow, and the gateway's word for it."""
        return self.observer.wait_for(
            lambda report: (
                report.part == "loop"
                and report.level == DiagnosticStatus.OK
                and float(report.values["frames_per_s"]) > 0.0
            ),
            "loop that is well",
        )

    def wait_for_training(self, what: str) -> None:
        """Wait until the learner has counted on from where it is, which may be an old checkpoint."""
        self.launch.lines.append(f"-- {what} --")

        def counts_on(text: str) -> bool:
            since = text.rpartition(f"-- {what} --")[2]
            steps = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+)/[\d,]+ steps", since)]
            return len(steps) > 1 and steps[-1] > steps[0]

        self.launch.wait_for(counts_on, f"training after {what}", BACK_S)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run of four agents."""
    name = domain(30)
    settings = {"num_agents": 4, "total_steps": 10**9, "checkpoint_interval_steps": 2000}
    with (
        Launched("train", tmp_path_factory.mktemp("faults"), name, run_name="faults", **settings) as launch,
        observing(name) as observer,
    ):
        launch.wait_for(lambda _: launch.steps() > 2500, "progress", 120)
        yield Run(launch, observer)


def test_a_simulator_that_hangs_is_noticed_and_may_go_on(run: Run) -> None:
    run.wait_until_well()
    deaths = run.launch.output.count("process has died")
    simulator = run.launch.pid_of("carla_drl_sim")
    stopped_s = time.time()
    os.kill(simulator, signal.SIGSTOP)
    try:
        report = run.observer.wait_for(
            lambda report: "the bridge or its simulator hangs" in report.message, "the hang", stopped_s
        )
        assert report.level == DiagnosticStatus.WARN, report.message
        assert report.time_s - stopped_s < NOTICED_S + SLACK_S
        run.observer.wait_for(
            lambda report: report.part == "loop" and report.level == DiagnosticStatus.ERROR, "an error"
        )
    finally:
        os.kill(simulator, signal.SIGCONT)
    run.wait_for_training("the hang")
    run.wait_until_well()
    assert run.launch.output.count("process has died") == deaths


def gateway_says(text: str) -> Callable[[Report], bool]:
    return lambda report: (
        report.part == "loop" and report.level == DiagnosticStatus.ERROR and text in report.message
    )


VICTIMS: dict[str, Callable[[Report], bool]] = {
    "carla_drl_sim": gateway_says("no bridge connected"),
    "bridge_node": gateway_says("the last one was lost"),
    "gateway_node": lambda report: "waiting for the gateway" in report.message,
    "agent_node": lambda report: (
        report.part == "peers" and report.level == DiagnosticStatus.WARN and "/agent for" in report.message
    ),
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_training_goes_on_after_a_process_was_killed(run: Run, victim: str) -> None:
    before = run.wait_until_well()
    run.observer.wait_for(
        lambda report: report.part == "peers" and report.values["peers"] == "2", "bridge and agent"
    )
    ticks = int(before.values["frames"]) + random.randrange(500)
    run.observer.wait_for(
        lambda report: report.part == "loop" and int(report.values["frames"]) >= ticks, "a random tick"
    )
    killed_s = time.time()
    run.launch.kill(victim)
    report = run.observer.wait_for(VICTIMS[victim], f"death of {victim}", killed_s)
    assert report.time_s - killed_s < NOTICED_S + SLACK_S, report
    run.launch.wait_for(lambda text: re.search(rf"\[{victim}.*died|died.*{victim}", text), "its death")
    run.wait_for_training(f"the death of {victim}")
    after = run.wait_until_well()
    sessions = int(after.values["reconnects"])
    if victim in {"carla_drl_sim", "bridge_node"}:
        assert sessions == int(before.values["reconnects"]) + 1
    elif victim == "agent_node":
        assert sessions == int(before.values["reconnects"])
    # The counters are right: nobody's end made a frame unusable or an action faulty.
    for counter in ("unusable_frames", "rejected_actions", "non_finite_agents", "send_failures"):
        assert after.values[counter] == "0", counter
