"""Where a training run's scalars go: TensorBoard always, a tracking server and Weights & Biases where asked for."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.run_folder import RunFolder, ScalarLog
from drl_agent_node.tracking.mailbox import Mailbox
from drl_agent_node.tracking.tracker import CLOSE_S, HURRIED_CLOSE_S, OFF, Tracker, check_uri

WANDB_MODES: Final = ("off", "offline", "online")
# A database takes some milliseconds per batch, in which the learner's thread cannot run Python.
TRACKING_PERIOD_S: Final = 2.0


class WandbLog:
    """Logs a run to Weights & Biases from a thread of its own; `offline` writes files only.

    Raises:
        ConfigurationError: when the package is not installed.
    """

    def __init__(
        self, mode: str, folder: Path, name: str, config: Mapping[str, Any], warn: Callable[[str], None]
    ) -> None:
        if importlib.util.find_spec("wandb") is None:
            raise ConfigurationError(
                f"parameter 'wandb' = '{mode}' needs the package wandb: pip install -r requirements/wandb.txt"
            )
        self._run: Any = None
        self._options = {
            "mode": mode,
            "dir": str(folder),
            "name": name,
            "project": "carla_drl",
            "config": config,
        }
        self.mailbox = Mailbox("Weights & Biases", warn)
        self.mailbox.post(self._open)

    def _open(self) -> None:
        if self._run is None:
            import wandb

            self._run = wandb.init(**self._options, settings=wandb.Settings(silent=True))

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Log metrics at `step`."""

        def log() -> None:
            self._open()
            self._run.log(dict(values), step=step)

        self.mailbox.post(log)

    def close(self, *, hurry: bool) -> None:
        """Finish the run, waiting a moment for what is not logged yet."""
        self.mailbox.post(lambda: self._run.finish() if self._run is not None else None)
        self.mailbox.close(HURRIED_CLOSE_S if hurry else CLOSE_S)


class RunLogs:
    """All logs of one training run. Nothing in here waits, but for `close`."""

    def __init__(
        self,
        folder: RunFolder,
        config: Mapping[str, Any],
        tags: Mapping[str, str],
        *,
        resumed_at: int | None = None,
        tracking_uri: str = OFF,
        wandb: str = OFF,
        warn: Callable[[str], None] = print,
    ) -> None:
        """Open the logs of the run in `folder`.

        Args:
            folder: of the run; its parent holds the default database.
            config: what the run was started with.
            tags: what else is known about it.
            resumed_at: hides what an interrupted run logged after that many steps.
            tracking_uri: see `check_uri`.
            wandb: one of `WANDB_MODES`.
            warn: told when a receiver does not answer.

        Raises:
            ConfigurationError: when one of them cannot be used.
        """
        check_uri(tracking_uri)
        if wandb not in WANDB_MODES:
            raise ConfigurationError(
                f"parameter 'wandb' = '{wandb}' cannot be used; allowed: {', '.join(WANDB_MODES)}"
            )
        path = folder.path
        self._wandb = None if wandb == OFF else WandbLog(wandb, path, path.name, config, warn)
        self.tracker = (
            None if tracking_uri == OFF else Tracker(tracking_uri, path.parent, path.name, config, tags, warn)
        )
        self._scalars = ScalarLog(path / "tensorboard", resumed_at)
        self._tracked_at = -TRACKING_PERIOD_S
        self._pending: tuple[int, Mapping[str, float]] | None = None

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """Log scalars: all of them to TensorBoard, one set in 2 s to the others."""
        self._scalars.write(step, scalars)
        now = time.monotonic()
        self._pending = (step, scalars)
        if now - self._tracked_at >= TRACKING_PERIOD_S:
            self._tracked_at = now
            self._flush()

    def _flush(self) -> None:
        if self._pending is None:
            return
        step, scalars = self._pending
        self._pending = None
        if self.tracker is not None:
            self.tracker.metrics(step, scalars)
        if self._wandb is not None:
            self._wandb.metrics(step, scalars)

    def diagnose(self) -> dict[str, str]:
        """Return the state of the tracking server for diagnostics."""
        return {} if self.tracker is None else self.tracker.diagnose()

    def close(self, *, finished: bool, hurry: bool = False) -> None:
        """Write what is left; `hurry` leaves those who do not answer at once."""
        self._scalars.close()
        self._flush()
        if self.tracker is not None:
            self.tracker.close(finished=finished, hurry=hurry)
        if self._wandb is not None:
            self._wandb.close(hurry=hurry)
