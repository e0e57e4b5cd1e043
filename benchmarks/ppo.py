"""PPO end to end: steps/s through the whole loop, learning included.

`ppo/end_to_end_steps_per_s/agents=N`; baseline: the same loop and network acting without learning, in the same run.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from benchmarks.loop import measure_loop, own_domain
from benchmarks.results import report

FLEETS = {16: 120_000, 64: 300_000}
DEADLINE_S = 600.0
PROGRESS = re.compile(r"([\d,]+)/[\d,]+ steps, ([\d,]+) steps/s")


def measure_training(num_agents: int, total_steps: int) -> list[float]:
    """Train with `num_agents` for `total_steps`; return the steps/s of the progress lines after the first third."""
    with own_domain(), tempfile.TemporaryDirectory(prefix="carla_drl_bench_") as folder:
        command = ["ros2", "launch", "carla_drl_bringup", "train.launch.py", "tracking_uri:=off"]
        command += [
            f"num_agents:={num_agents}",
            f"total_steps:={total_steps}",
            f"run_root:={Path(folder) / 'runs'}",
        ]
        run = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=True
        )
    found = [(int(a.replace(",", "")), float(b.replace(",", ""))) for a, b in PROGRESS.findall(run.stdout)]
    rates = [rate for steps, rate in found if steps > total_steps / 3]
    if not rates:
        raise RuntimeError(f"no progress lines in the output of training:\n{run.stdout[-3000:]}")
    return rates


def main() -> None:
    """Measure all fleets."""
    for num_agents, total_steps in FLEETS.items():
        acting = statistics.median(measure_loop(num_agents).ticks_per_s) * num_agents
        rates = measure_training(num_agents, total_steps)
        report(
            f"ppo/end_to_end_steps_per_s/agents={num_agents}",
            rates,
            "1/s",
            "same loop, acting without learning",
            acting,
        )
