"""What a training run tells a tracking server, without ever waiting for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.tracking.mailbox import Mailbox

OFF: Final = "off"
AUTO: Final = "auto"
CLOSE_S: Final = 30.0
HURRIED_CLOSE_S: Final = 1.0
_SCHEMES: Final = ("sqlite:", "http:", "https:", "postgresql:", "mysql:")


def check_uri(uri: str) -> None:
    """Refuse what is no tracking server.

    Raises:
        ConfigurationError: naming what is allowed.
    """
    if uri not in {OFF, AUTO} and not uri.startswith(_SCHEMES):
        raise ConfigurationError(
            f"parameter 'tracking_uri' = '{uri}' cannot be used; allowed: auto, off, or a URI that begins with "
            f"{', '.join(_SCHEMES)}"
        )


class Tracker:
    """Logs a run to MLflow from a thread of its own; MLflow is imported there, too."""

    def __init__(
        self,
        uri: str,
        run_dir: Path,
        name: str,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        warn: Callable[[str], None],
    ) -> None:
        """Begin to open the run; returns at once.

        Args:
            uri: `auto` for a database in `run_dir`, else that of a tracking server.
            run_dir: folder of all runs.
            name: of the run; a run of that name is gone on with.
            params: configuration, nested.
            tags: what else is known about the run.
            warn: told when the server does not answer, and when it does again. Called in the tracker's thread.
        """
        self.mailbox = Mailbox("tracking server", warn)
        self._uri = uri
        self._run_dir = run_dir
        self._name = name
        self._params = params
        self._tags = tags
        self._store: Any = None
        self._run_id = ""
        self._rows: list[tuple[float, int, dict[str, float]]] = []
        self.mailbox.post(self._open)

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Log metrics at `step`; those that are not finite are left out."""
        row = {name: value for name, value in values.items() if math.isfinite(value)}
        when = time.time()
        self.mailbox.post(lambda: self._log([(when, step, row)]))

    def file(self, path: Path, folder: str) -> None:
        """Keep a file with the run."""

        def log() -> None:
            self._open()
            self._store.log_file(self._run_id, path, folder)

        self.mailbox.post(log)

    def register(self, model: str, path: Path) -> None:
        """Make an exported policy a new version of a model in the registry, as a candidate."""

        def register() -> None:
            self._open()
            self._store.register(model, path, self._run_id)

        self.mailbox.post(register)

    def close(self, *, finished: bool, hurry: bool = False) -> None:
        """End the run, waiting a moment for what is not logged yet."""

        def end() -> None:
            self._open()
            self._store.end_run(self._run_id, finished=finished)

        self.mailbox.post(end)
        self.mailbox.close(HURRIED_CLOSE_S if hurry else CLOSE_S)

    def diagnose(self) -> dict[str, str]:
        """Return the state for diagnostics."""
        box = self.mailbox
        return {
            "tracking": box.failing or ("logging" if self._run_id else "connecting"),
            "tracking_waiting": str(box.waiting),
            "tracking_dropped": str(box.dropped),
        }

    def _open(self) -> None:
        if self._run_id:
            return
        if self._store is None:
            from drl_agent_node.tracking.mlflow_store import MlflowStore, default_uri

            uri = default_uri(self._run_dir) if self._uri == AUTO else self._uri
            self._store = MlflowStore(uri, self._run_dir)
        self._run_id = self._store.start_run(self._name, self._params, self._tags)

    def _log(self, rows: list[tuple[float, int, dict[str, float]]]) -> None:
        self._open()
        self._store.log_metrics(self._run_id, rows)
