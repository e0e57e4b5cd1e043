"""Train and evaluate for the figures in the docs: `python -m experiments basic urban ... --output <folder>`.

Each experiment trains its variants with some seeds and evaluates what came of them. The output folder has the runs, a PNG with
the curves of each experiment, and a table, `<experiment>.md`. What is there already is not done again, so an experiment that
was stopped goes on. `--scale 0.01` makes everything that much shorter, to try it out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import yaml
from ament_index_python.packages import get_package_share_directory
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

FIGURES = ("driving_score", "success", "route_completion")
TEST_SEEDS = (11, 12, 13)
SHORT_S = 120.0


@dataclass(frozen=True)
class Suite:
    """Worlds to evaluate in: a scenario, what is changed in it, and arguments of the launch file."""

    scenario: str
    changes: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """What is trained, by label, with which arguments of `train.launch.py`; and where it is evaluated, by label."""

    steps: int
    variants: dict[str, dict[str, str]]
    suites: dict[str, Suite]


TOWN02 = {"name": "town02_basic", "town": "Town02"}
EXPERIMENTS = {
    "basic": Experiment(
        2_000_000,
        {"town01_basic": {"num_agents": "16", "target_success_rate": "0.95"}},
        {"town01_basic": Suite("town01_basic")},
    ),
    "urban": Experiment(
        2_000_000,
        {
            "town02_urban": {
                "scenario": "town02_urban",
                "num_agents": "16",
                "algorithm": "ppo_attention",
                "neighbours": "12",
            }
        },
        {"alone": Suite("town02_urban"), "shield": Suite("town02_urban", arguments={"safety": "shield"})},
    ),
    "held_out": Experiment(
        600_000,
        {"town01_basic": {"num_agents": "16"}},
        {"training town": Suite("town01_basic"), "held-out town": Suite("town01_basic", TOWN02)},
    ),
    "curriculum": Experiment(
        600_000,
        {
            "without": {"scenario": "town02_urban", "num_agents": "16"},
            "with": {"curriculum": "town01_to_town02", "num_agents": "16"},
        },
        {"town02": Suite("town01_basic", TOWN02)},
    ),
    "shield": Experiment(
        300_000,
        {"town01_basic": {"num_agents": "16"}},
        {name: Suite("town01_basic", arguments={"safety": name}) for name in ("off", "shield")},
    ),
}


def launch(name: str, folder: Path, arguments: dict[str, Any]) -> float:
    """Run a launch file to its end, its output in a file of `folder`; returns the wall time, s."""
    command = ["ros2", "launch", "carla_drl_bringup", f"{name}.launch.py"]
    command += [f"{key}:={value}" for key, value in arguments.items()]
    started = time.perf_counter()
    with (folder / f"{name}.log").open("a") as log:
        subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=True)
    return time.perf_counter() - started


def write_suite(suite: Suite, folder: Path, label: str, episodes: int) -> Path:
    """Write the suite's files and return the path of its YAML file."""
    shipped = Path(get_package_share_directory("carla_drl_bringup")) / "config" / "scenarios"
    document = yaml.safe_load((shipped / f"{suite.scenario}.yaml").read_text()) | suite.changes
    stem = label.replace(" ", "_")
    scenario = folder / f"scenario_{stem}.yaml"
    scenario.write_text(yaml.safe_dump(document))
    path = folder / f"suite_{stem}.yaml"
    content = {"scenarios": [str(scenario)], "seeds": list(TEST_SEEDS), "episodes": episodes, "num_agents": 8}
    path.write_text(yaml.safe_dump(content))
    return path


def train_and_evaluate(
    name: str, variant: str, seed: int, output: Path, scale: float, simulator: str
) -> dict[str, Any]:
    """Do one run of an experiment, unless it is done already; returns what came of it."""
    experiment = EXPERIMENTS[name]
    folder = output / name / f"{variant.replace(' ', '_')}-seed{seed}"
    done = folder / "result.json"
    if done.is_file():
        result: dict[str, Any] = json.loads(done.read_text())
        return result
    folder.mkdir(parents=True, exist_ok=True)
    common = {"run_root": folder, "run_name": "run"}
    arguments = (
        experiment.variants[variant] | {"seed": seed, "tracking_uri": "off", "simulator": simulator} | common
    )
    wall = folder / "train_s"
    if not wall.is_file():
        steps = max(int(experiment.steps * scale), 2000)
        wall.write_text(str(launch("train", folder, arguments | {"total_steps": steps})))
    if not (folder / "run" / "checkpoints" / "latest.pt").exists():
        # A launch that shuts down in order ends with 0, whatever its reason.
        raise RuntimeError(f"training ended without a checkpoint; see {folder / 'train.log'}")
    result = {"variant": variant, "seed": seed, "wall_s": float(wall.read_text()), "suites": {}}
    for label, suite in experiment.suites.items():
        path = write_suite(suite, folder, label, max(int(96 * scale), 8))
        report = folder / "run" / "evaluation"
        target = report / label.replace(" ", "_")
        if not target.is_dir():
            launch("evaluate", folder, {"suite": path} | suite.arguments | common)
            (found,) = report.glob(f"{path.stem}_*/results.json")
            found.parent.rename(target)
        summary = json.loads((target / "results.json").read_text())["summary"]
        figures = {figure: summary["means"][figure]["value"] for figure in FIGURES}
        figures["mean_speed_mps"] = summary["means"]["mean_speed_mps"]["value"]
        figures["infractions_per_km"] = summary["infractions_per_km"]["total"]["value"]
        result["suites"][label] = figures
    done.write_text(json.dumps(result, indent=1))
    return result


def draw(name: str, seeds: Sequence[int], output: Path) -> None:
    """Draw the success rate over the time of training, one line per run."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.0, 4.0))
    curves = []
    for index, variant in enumerate(EXPERIMENTS[name].variants):
        for seed in seeds:
            run = output / name / f"{variant.replace(' ', '_')}-seed{seed}" / "run"
            events = EventAccumulator(str(run / "tensorboard"))
            events.Reload()
            if "env/success_rate" in events.Tags()["scalars"]:
                curves.append((index, variant, seed, events.Scalars("env/success_rate")))
    longest_s = max((curve[-1].wall_time - curve[0].wall_time for *_, curve in curves), default=0.0)
    unit, unit_s = ("seconds", 1.0) if longest_s < SHORT_S else ("minutes", 60.0)
    for index, variant, seed, curve in curves:
        axes.plot(
            [(event.wall_time - curve[0].wall_time) / unit_s for event in curve],
            [100.0 * event.value for event in curve],
            color=f"C{index}",
            alpha=0.8,
            label=variant if seed == seeds[0] else None,
        )
    axes.set(xlabel=f"{unit} of training", ylabel="finished routes, %", ylim=(0, 101), title=name)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(output / f"{name}.png", dpi=120)
    plt.close(figure)


def table(name: str, results: Sequence[dict[str, Any]]) -> str:
    """Return the results of an experiment as Markdown."""
    lines = [
        f"## {name}",
        "",
        "| trained | seed | minutes | evaluated | "
        + " | ".join(FIGURES)
        + " | mean speed, m/s | infractions/km |",
    ]
    lines.append("|---" * (6 + len(FIGURES)) + "|")
    for result in results:
        for label, figures in result["suites"].items():
            numbers = " | ".join(f"{100.0 * figures[figure]:.1f} %" for figure in FIGURES)
            lines.append(
                f"| {result['variant']} | {result['seed']} | {result['wall_s'] / 60.0:.1f} | {label} | {numbers} | "
                f"{figures['mean_speed_mps']:.2f} | {figures['infractions_per_km']:.2f} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    """Run the experiments named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    parser.add_argument("names", nargs="+", choices=list(EXPERIMENTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=Path("experiments/results"))
    parser.add_argument("--scale", type=float, default=1.0, help="of steps and episodes (default: 1)")
    parser.add_argument("--simulator", default="embedded", help="of training, as of train.launch.py")
    options = parser.parse_args()
    output = options.output.resolve()
    for name in options.names:
        results = [
            train_and_evaluate(name, variant, seed, output, options.scale, options.simulator)
            for variant in EXPERIMENTS[name].variants
            for seed in options.seeds
        ]
        draw(name, options.seeds, output)
        (output / f"{name}.md").write_text(table(name, results))
        print(table(name, results), flush=True)


if __name__ == "__main__":
    main()
