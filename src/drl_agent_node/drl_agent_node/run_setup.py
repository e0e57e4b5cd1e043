"""What every way to start a run shares: configurations, the checkpoint to go on from, and what is shown and logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drl_agent_node.algorithms import ALGORITHMS
from drl_agent_node.checkpoint import BEST, LATEST, Checkpoint, load
from drl_agent_node.config import StrictConfig, read_yaml
from drl_agent_node.env.reward import RewardConfig
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.progress import Progress
from drl_agent_node.run_folder import RunFolder
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.layer import SafetyStats
from drl_agent_node.tracking.tracker import Tracker
from drl_agent_node.trainer import Snapshot


@dataclass(frozen=True)
class Configs:
    """Configuration of the algorithm, of the reward and of the safety layer."""

    algorithm: StrictConfig
    reward: RewardConfig
    safety: SafetyConfig

    def plain(self) -> dict[str, Any]:
        """Return all as plain data."""
        return {
            "algorithm": self.algorithm.model_dump(mode="json"),
            "reward": self.reward.model_dump(mode="json"),
            "safety": self.safety.model_dump(mode="json"),
        }

    def changes_since(self, checkpoint: Checkpoint) -> Iterator[str]:
        """Say what differs from the configuration that a checkpoint was written with."""
        for section, values in self.plain().items():
            before = checkpoint.config.get(section, {})
            for name, value in values.items():
                if before.get(name, value) != value:
                    yield f"{section}.{name} was {before[name]} and is {value} from here on"


def read_configs(algorithm: str, path: Path | None) -> Configs:
    """Read the configuration of an algorithm, and those under `reward` and `safety`; defaults where `path` is None.

    Raises:
        ConfigurationError: naming the file and the field.
    """
    values = read_yaml(path) if path is not None else {}
    where = str(path) if path is not None else "defaults"
    sections = {}
    for name in ("reward", "safety"):
        section = values.pop(name, None) or {}
        if not isinstance(section, dict):
            raise ConfigurationError(f"{where}: field '{name}' must hold a mapping of field names to values")
        sections[name] = section
    if algorithm not in ALGORITHMS:
        raise ConfigurationError(f"{where}: algorithm '{algorithm}' is none of {', '.join(ALGORITHMS)}")
    config_type = ALGORITHMS[algorithm][1]
    return Configs(
        config_type.from_mapping(values, where),
        RewardConfig.from_mapping(sections["reward"], f"{where}, reward"),
        SafetyConfig.from_mapping(sections["safety"], f"{where}, safety"),
    )


def find_checkpoint(
    folder: RunFolder, resume: str, warn: Callable[[str], None]
) -> tuple[Checkpoint, Path] | None:
    """Return the checkpoint to go on from; later ones in the run's folder are set aside.

    Args:
        folder: of the run.
        resume: `auto` (the newest of the folder), `never`, or the path of one.
        warn: called with what a person should know.

    Raises:
        ConfigurationError: when a checkpoint that was named cannot be read.
    """
    found: tuple[Checkpoint, Path] | None = None
    if resume == "auto":
        found = folder.checkpoints.load_latest(warn)
    elif resume != "never":
        path = Path(resume).expanduser()
        found = load(path), path
    aside = folder.set_aside(found[0].steps if found else -1)
    if aside is not None:
        warn(f"checkpoints that this run does not go on from are now in '{aside}'")
    return found


def progress_of(snapshot: Snapshot, total_steps: int) -> Progress:
    """Return what people are shown of a moment of training."""
    window = snapshot.window
    return Progress(
        snapshot.steps,
        total_steps,
        snapshot.steps_per_s,
        window.mean_return,
        window.success_rate,
        snapshot.eta_s,
    )


def scalars_of(
    snapshot: Snapshot, losses: dict[str, float], safety: SafetyStats | None = None
) -> dict[str, float]:
    """Return what TensorBoard is told of a moment of training."""
    window = snapshot.window
    values = {f"losses/{name}": value for name, value in losses.items()}
    values["charts/steps_per_s"] = snapshot.steps_per_s
    values["charts/learn_share"] = snapshot.learn_share
    values["charts/episodes"] = snapshot.episodes
    values["env/return"] = window.mean_return
    values["env/success_rate"] = window.success_rate
    values["env/route_completion"] = window.mean_route_completion
    values["env/episode_length"] = window.mean_length
    values["env/mean_speed_mps"] = window.mean_speed_mps
    for reason, share in window.end_shares.items():
        values[f"env/end_{reason}"] = share
    if safety is not None:
        values["safety/cost"] = safety.cost
        values["safety/interventions"] = safety.intervention_rate
        values |= {f"safety/{kind}": rate for kind, rate in safety.rates.items()}
    return values


def register_best(folder: RunFolder, tracker: Tracker, model: str, say: Callable[[str], None]) -> None:
    """Export the best policy of a run, the last one where none is known, and register it as a version of `model`."""
    # Exporting imports more than a second's worth.
    from drl_agent_node.evaluation.policies import find_learned
    from drl_agent_node.export import export_policy

    checkpoints = folder.checkpoints.folder
    best = checkpoints / BEST
    target = folder.path / "policy.onnx"
    try:
        export_policy(find_learned(str(best if best.exists() else checkpoints / LATEST)), target)
    except ConfigurationError as error:
        say(f"the policy was not exported: {error}")
        return
    tracker.register(model, target)
    say(f"policy exported to '{target}'")
