"""What can be evaluated: a checkpoint, an exported policy, the newest of a run, or the untrained policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from drl_agent_node.algorithms import ALGORITHMS, make_algorithm
from drl_agent_node.algorithms.base import Algorithm, Floats
from drl_agent_node.checkpoint import Checkpoint, CheckpointFolder, check_fits, load
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.driving import Policy
from drl_agent_node.inference.policy_file import ExportedPolicy, is_exported, load_policy
from drl_agent_node.networks.recurrent import FleetMemory

UNTRAINED: Final = "untrained"


class _Deterministic:
    """An algorithm that does not explore."""

    def __init__(self, algorithm: Algorithm) -> None:
        self.begin = algorithm.begin
        self.follow = algorithm.follow
        self._act = algorithm.act

    def __call__(self, observations: Any) -> Floats:
        return self._act(observations, deterministic=True)


class DrivingPolicy(Protocol):
    """A policy that is not bound to a fleet yet.

    Attributes:
        label: for people.
        folder: where reports about it go by default.
        algorithm: name of the algorithm.
        steps: agent steps it was trained for.
        short_name: for files: the agent steps, or `untrained`.
        state_names: columns of the observations it was trained on; None where any will do.
    """

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def folder(self) -> Path: ...  # noqa: D102
    @property
    def algorithm(self) -> str: ...  # noqa: D102
    @property
    def steps(self) -> int: ...  # noqa: D102
    @property
    def short_name(self) -> str: ...  # noqa: D102
    @property
    def state_names(self) -> tuple[str, ...] | None: ...  # noqa: D102

    def bind(self, env: Any) -> Policy:
        """Return the policy for a fleet: observations in, actions float32 [E, NUM_ACTIONS] out, deterministic.

        Raises:
            ConfigurationError: when the fleet's observations are not those that it was trained on.
        """


class _Stateless:
    """An exported policy: every observation is answered for itself."""

    def __init__(self, policy: ExportedPolicy) -> None:
        self._act = policy.act

    def begin(self, done: Any, fresh: Any) -> None:
        """Nothing is remembered."""

    def follow(self, done: Any) -> None:
        """Nothing is remembered."""

    def __call__(self, observations: Any) -> Floats:
        return self._act(observations)


class _Remembering:
    """An exported policy with memory, which it loses at the end of an episode."""

    def __init__(self, policy: ExportedPolicy, num_envs: int) -> None:
        assert policy.step is not None
        self._step = policy.step
        self._memory = FleetMemory(num_envs, policy.card.memory_size)

    def begin(self, done: Any, fresh: Any) -> None:
        """See `Algorithm.begin`."""
        self._memory.begin(done, fresh)

    def follow(self, done: Any) -> None:
        """See `Algorithm.follow`."""
        self._memory.follow(done)

    def __call__(self, observations: Any) -> Floats:
        starts = self._memory.starts()
        actions, after = self._step(observations, self._memory.values * ~starts[:, None])
        self._memory.answered(starts, after)
        return actions


@dataclass(frozen=True)
class ExportedPolicyFile:
    """A `DrivingPolicy` from a file that `export` wrote."""

    policy: ExportedPolicy

    @property
    def label(self) -> str:
        """Path of the file."""
        return str(self.policy.path)

    @property
    def folder(self) -> Path:
        """Folder of the file."""
        return self.policy.path.resolve().parent

    @property
    def algorithm(self) -> str:
        """Name of the algorithm that trained it."""
        return self.policy.card.algorithm

    @property
    def steps(self) -> int:
        """Agent steps it was trained for."""
        return self.policy.card.steps

    @property
    def short_name(self) -> str:
        """Name of the file without its ending, and the agent steps."""
        return f"{self.policy.path.stem}_{self.steps:012d}"

    @property
    def state_names(self) -> tuple[str, ...] | None:
        """Columns of the observations it was trained on."""
        return self.policy.card.state_names

    def bind(self, env: Any) -> Policy:
        """See `DrivingPolicy.bind`."""
        self.policy.check_layout(env.observation_names)
        return (
            _Stateless(self.policy) if self.policy.step is None else _Remembering(self.policy, env.num_envs)
        )


@dataclass(frozen=True)
class LearnedPolicy:
    """A `DrivingPolicy` from a checkpoint, or the untrained one.

    Attributes:
        label: for people.
        folder: where reports about it go by default.
        algorithm: name of the algorithm.
        steps: agent steps it was trained for.
        checkpoint: what it was loaded from, None for the untrained policy.
        config: of the algorithm.
        seed: of the untrained policy.
    """

    label: str
    folder: Path
    algorithm: str
    config: Any
    steps: int = 0
    checkpoint: Checkpoint | None = None
    path: Path | None = None
    seed: int = 0

    @property
    def short_name(self) -> str:
        """Name for files: the agent steps, or `untrained`."""
        return UNTRAINED if self.checkpoint is None else f"{self.steps:012d}"

    @property
    def state_names(self) -> tuple[str, ...] | None:
        """Columns of the observations it was trained on; None before it was trained."""
        return None if self.checkpoint is None else self.checkpoint.state_names

    def bind(self, env: Any) -> Policy:
        """Return the policy for a fleet: observations in, actions float32 [E, NUM_ACTIONS] out, deterministic.

        Raises:
            ConfigurationError: when the fleet's observations are not those that it was trained on.
        """
        algorithm = make_algorithm(self.algorithm, self.config, env, self.seed)
        if self.checkpoint is not None:
            assert self.path is not None
            check_fits(self.checkpoint, self.path, self.algorithm, env.observation_names)
            algorithm.load_state_dict(self.checkpoint.state)
        return _Deterministic(algorithm)


def untrained(algorithm: str, config: Any, folder: Path, seed: int) -> LearnedPolicy:
    """Return the policy that training starts from."""
    return LearnedPolicy(UNTRAINED, folder, algorithm, config, seed=seed)


def from_checkpoint(checkpoint: Checkpoint, path: Path) -> LearnedPolicy:
    """Return the policy of a checkpoint.

    Raises:
        ConfigurationError: when its algorithm or configuration is unknown to this version.
    """
    if checkpoint.algorithm not in ALGORITHMS:
        raise ConfigurationError(
            f"'{path}' was written by {checkpoint.algorithm}; known are {', '.join(ALGORITHMS)}"
        )
    config_type = ALGORITHMS[checkpoint.algorithm][1]
    config = config_type.from_mapping(checkpoint.config.get("algorithm", {}), f"'{path}'")
    folder = path.resolve().parent
    return LearnedPolicy(
        str(path),
        folder.parent if folder.name == "checkpoints" else folder,
        checkpoint.algorithm,
        config,
        checkpoint.steps,
        checkpoint,
        path,
    )


def find_policy(source: str, warn: Callable[[str], None] = lambda _message: None) -> DrivingPolicy:
    """Return an exported policy or that of a checkpoint by its path, or the newest of a run's folder.

    Raises:
        ConfigurationError: when there is none, or it cannot be read.
    """
    path = Path(source).expanduser()
    return ExportedPolicyFile(load_policy(path)) if is_exported(path) else find_learned(source, warn)


def find_learned(source: str, warn: Callable[[str], None] = lambda _message: None) -> LearnedPolicy:
    """Return the policy of a checkpoint by its path, or the newest of a run's folder.

    Raises:
        ConfigurationError: when there is none, or it cannot be read.
    """
    path = Path(source).expanduser()
    if not path.is_dir():
        return from_checkpoint(load(path), path)
    found = CheckpointFolder(path / "checkpoints").load_latest(warn)
    if found is None:
        runs = sorted(
            (run for run in path.parent.glob("*") if CheckpointFolder(run / "checkpoints").paths()),
            key=lambda run: run.stat().st_mtime,
            reverse=True,
        )
        names = ", ".join(run.name for run in runs[:8]) or "none"
        raise ConfigurationError(
            f"run '{path.name}' in '{path.parent}' has no checkpoint to evaluate; set run_name or policy. Runs there "
            f"that have one: {names}"
        )
    return from_checkpoint(*found)
