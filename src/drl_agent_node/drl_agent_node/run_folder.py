"""The folder of a run: configuration, checkpoints, TensorBoard events, evaluation results."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from drl_agent_node.checkpoint import CheckpointFolder
from drl_agent_node.errors import ConfigurationError


class RunFolder:
    """Paths of one run. Creates the folder.

    Raises:
        ConfigurationError: when the folder cannot be made or written to.
    """

    def __init__(self, path: Path, keep_checkpoints: int = 3) -> None:
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"cannot make the run's folder '{path}': {error.strerror}") from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise ConfigurationError(f"cannot write to the run's folder '{path}'")
        self.checkpoints = CheckpointFolder(path / "checkpoints", keep_checkpoints)

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write what the run was started with to `config.yaml`."""
        target = self.path / "config.yaml"
        temporary = self.path / f".config.yaml.{os.getpid()}"
        temporary.write_text(yaml.safe_dump(_plain(config), sort_keys=False), encoding="utf-8")
        os.replace(temporary, target)

    def set_aside(self, above_steps: int) -> Path | None:
        """Move checkpoints with more steps than `above_steps` to a folder of their own; returns it.

        They would pass for the newest ones of the run that starts now.
        """
        late = [path for path in self.checkpoints.paths() if int(path.stem.rpartition("_")[2]) > above_steps]
        if not late:
            return None
        folder = self.path / f"checkpoints-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        folder.mkdir(exist_ok=True)
        for path in late:
            os.replace(path, folder / path.name)
        return folder


class ScalarLog:
    """Writes scalars for TensorBoard, all of one moment as one event."""

    def __init__(self, folder: Path, resumed_at: int | None = None) -> None:
        """`resumed_at` hides what an interrupted run logged after that many steps."""
        self._writer = EventFileWriter(str(folder), flush_secs=10)
        if resumed_at is not None:
            start = SessionLog(status=SessionLog.START)
            self._writer.add_event(Event(wall_time=time.time(), step=resumed_at, session_log=start))

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log `scalars` by tag, such as `charts/steps_per_s`, at `step`; those that are not finite are left out."""
        values = [
            Summary.Value(tag=tag, simple_value=value)
            for tag, value in scalars.items()
            if math.isfinite(value)
        ]
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))

    def close(self) -> None:
        """Flush and close the file."""
        self._writer.close()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
