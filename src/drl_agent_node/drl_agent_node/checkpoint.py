"""Checkpoints that are whole or absent: written beside, synced, renamed; the last few are kept."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch

from drl_agent_node.errors import ConfigurationError

FORMAT: Final = 1
LATEST: Final = "latest.pt"
BEST: Final = "best.pt"
_NAME: Final = re.compile(r"checkpoint_(\d{12})\.pt")
_REQUIRED: Final = ("format", "algorithm", "config", "state_names", "counters", "state")


@dataclass(frozen=True)
class Checkpoint:
    """What is stored.

    Attributes:
        algorithm: name of the algorithm.
        config: its configuration and the reward's, as plain data.
        state_names: names of the observation's columns.
        counters: agent steps, episodes and so on, as numbers.
        state: the algorithm's `state_dict`: network, optimiser, normalisation, random generators.
        extras: states of other parts by name, as plain data; empty in files that have none.
    """

    algorithm: str
    config: Mapping[str, Any]
    state_names: tuple[str, ...]
    counters: Mapping[str, float]
    state: Mapping[str, Any]
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def score(self) -> tuple[float, float] | None:
        """Success rate and mean return over the window of episodes when it was written; None before it was full."""
        if "success_rate" not in self.counters:
            return None
        return self.counters["success_rate"], self.counters["mean_return"]

    @property
    def steps(self) -> int:
        """Agent steps at which it was written."""
        return int(self.counters["steps"])


class CheckpointFolder:
    """The checkpoints of one run, `checkpoint_<steps>.pt`, and links to the newest, `latest.pt`, and `best.pt`.

    The best has the highest success rate, then the highest return, and stays however old it gets.
    """

    def __init__(self, folder: Path, keep: int = 3) -> None:
        """`keep` is how many of the newest stay, at least 1."""
        self.folder = folder
        self._keep = max(keep, 1)
        self._best_score: tuple[float, float] | None = None
        self._best_known = False

    def paths(self) -> list[Path]:
        """Return the checkpoints, newest (most steps) first."""
        if not self.folder.is_dir():
            return []
        found = [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: path.name, reverse=True)

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint so that a crash at any moment leaves the old ones or a whole new one.

        Raises:
            OSError: when the disk refuses; older checkpoints are unharmed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / _name(checkpoint.steps)
        temporary = self.folder / f".{target.name}.{os.getpid()}"
        content = {
            "format": FORMAT,
            "algorithm": checkpoint.algorithm,
            "config": dict(checkpoint.config),
            "state_names": list(checkpoint.state_names),
            "counters": dict(checkpoint.counters),
            "state": dict(checkpoint.state),
            "extras": dict(checkpoint.extras),
        }
        try:
            with temporary.open("wb") as file:
                torch.save(content, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        self._link(LATEST, target)
        if self._is_best(checkpoint):
            self._link(BEST, target)
        _sync_folder(self.folder)
        best = (self.folder / BEST).resolve()
        for old in self.paths()[self._keep :]:
            if old.resolve() != best:
                old.unlink(missing_ok=True)
        return target

    def _is_best(self, checkpoint: Checkpoint) -> bool:
        if checkpoint.score is None:
            return False
        if not self._best_known:
            self._best_score = self._score_on_disk(checkpoint)
            self._best_known = True
        if self._best_score is not None and checkpoint.score < self._best_score:
            return False
        self._best_score = checkpoint.score
        return True

    def _score_on_disk(self, newest: Checkpoint) -> tuple[float, float] | None:
        path = self.folder / BEST
        # A link that leads nowhere, or to the file that was just replaced, says nothing.
        if not path.is_file() or path.resolve().name == _name(newest.steps):
            return None
        try:
            return load(path).score
        except ConfigurationError:
            return None

    def _link(self, name: str, target: Path) -> None:
        temporary = self.folder / f".{name}.{os.getpid()}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target.name)
        os.replace(temporary, self.folder / name)

    def load_latest(self, warn: Callable[[str], None]) -> tuple[Checkpoint, Path] | None:
        """Return the newest checkpoint that can be read, None when there is none at all.

        `warn` is told about each one that is damaged.

        Raises:
            ConfigurationError: when there are checkpoints and all of them are damaged.
        """
        paths = self.paths()
        for path in paths:
            try:
                return load(path), path
            except ConfigurationError as error:
                warn(f"{error}; trying the one before")
        if paths:
            raise ConfigurationError(
                f"none of the {len(paths)} checkpoints in '{self.folder}' can be read; move them away, or set "
                "resume to never"
            )
        return None


def load(path: Path) -> Checkpoint:
    """Read a checkpoint. Nothing in the file is executed.

    Raises:
        ConfigurationError: when it is absent, damaged, or of another format.
    """
    if not path.is_file():
        raise ConfigurationError(f"checkpoint '{path}' does not exist")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise ConfigurationError(f"checkpoint '{path}' is damaged: '{damaged}' has a wrong checksum")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except ConfigurationError:
        raise
    # Damage can surface as almost any exception of the unpickler.
    except Exception as error:
        raise ConfigurationError(
            f"checkpoint '{path}' is damaged: {type(error).__name__}: {error}"
        ) from error
    missing = [name for name in _REQUIRED if not isinstance(content, dict) or name not in content]
    if missing:
        raise ConfigurationError(f"'{path}' is not a checkpoint of this package: it has no {missing[0]}")
    if content["format"] != FORMAT:
        raise ConfigurationError(
            f"checkpoint '{path}' has format {content['format']}; this version reads {FORMAT}"
        )
    return Checkpoint(
        algorithm=content["algorithm"],
        config=content["config"],
        state_names=tuple(content["state_names"]),
        counters=content["counters"],
        state=content["state"],
        extras=content.get("extras", {}),
    )


def check_fits(checkpoint: Checkpoint, path: Path, algorithm: str, state_names: tuple[str, ...]) -> None:
    """Refuse a checkpoint of another algorithm or for other observations.

    Raises:
        ConfigurationError: showing the difference.
    """
    if checkpoint.algorithm != algorithm:
        raise ConfigurationError(
            f"'{path}' was written by {checkpoint.algorithm}; parameter algorithm is {algorithm}"
        )
    if checkpoint.state_names == state_names:
        return
    gone = [name for name in checkpoint.state_names if name not in state_names]
    new = [name for name in state_names if name not in checkpoint.state_names]
    parts = [
        f"{title} {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
        for title, names in (("no longer there:", gone), ("new:", new))
        if names
    ]
    raise ConfigurationError(
        f"'{path}' was trained on {len(checkpoint.state_names)} observation columns, the fleet has {len(state_names)}; "
        f"{'; '.join(parts) or 'the order changed'}. Use another run_name, or resume:=never"
    )


def _name(steps: int) -> str:
    return f"checkpoint_{steps:012d}.pt"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
