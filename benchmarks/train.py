"""Wall time from a cold start of training to 90 % finished routes.

`train/seconds_to_90pct_success/<scenario>`: from the start of the command, with everything built, until the success
rate over the learner's window of episodes reaches 90 %. Baseline: the same number of agent steps at the loop's own
speed, as if learning and starting up cost nothing.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.loop import measure_loop, own_domain
from benchmarks.results import report

SCENARIO = "town01_basic"
NUM_AGENTS = 16
SEEDS = (0, 1, 2)
DEADLINE_S = 900.0
LIMIT_STEPS = 2_000_000


def train(seed: int) -> tuple[float, int]:
    """Train to 90 % success; return the wall time, s, and the agent steps it took."""
    with own_domain(), tempfile.TemporaryDirectory(prefix="carla_drl_bench_") as folder:
        command = ["ros2", "launch", "carla_drl_bringup", "train.launch.py", "target_success_rate:=0.9"]
        command += [f"scenario:={SCENARIO}", f"num_agents:={NUM_AGENTS}", f"seed:={seed}"]
        command += [f"total_steps:={LIMIT_STEPS}", f"run_root:={Path(folder) / 'runs'}", "tracking_uri:=off"]
        started = time.perf_counter()
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=True
        )
        wall_s = time.perf_counter() - started
    steps = int(re.findall(r"([\d,]+)/[\d,]+ steps", run.stdout)[-1].replace(",", ""))
    if steps >= LIMIT_STEPS:
        raise RuntimeError(f"seed {seed}: 90 % success was not reached in {LIMIT_STEPS} steps")
    return wall_s, steps


def main() -> None:
    """Train with several seeds."""
    loop_steps_per_s = statistics.median(measure_loop(NUM_AGENTS).ticks_per_s) * NUM_AGENTS
    runs = [train(seed) for seed in SEEDS]
    ideal_s = statistics.median(steps for _, steps in runs) / loop_steps_per_s
    report(
        f"train/seconds_to_90pct_success/{SCENARIO}",
        [wall_s for wall_s, _ in runs],
        "s",
        "the same steps at the speed of the loop",
        ideal_s,
    )
