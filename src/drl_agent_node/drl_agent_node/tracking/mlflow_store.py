"""Runs and the model registry in MLflow; every function may wait for the server.

Import this module only where waiting does no harm: MLflow takes a second.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# A server that is down must be noticed in seconds; MLflow's own defaults are minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "5")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.inference.policy_file import PolicyCard, load_policy
from drl_agent_node.tracking.models import STAGES

EXPERIMENT: Final = "carla_drl"
POLICY_FOLDER: Final = "policy"
_MAX_PARAM: Final = 500


def default_uri(run_dir: Path) -> str:
    """Return the URI of the database that runs below `run_dir` share."""
    return f"sqlite:///{run_dir / 'mlflow.db'}"


@dataclass(frozen=True)
class ModelVersion:
    """A version in the registry; `evaluation` is its newest one's, that of its card or one noted since."""

    name: str
    version: int
    stage: str
    card: PolicyCard
    run_id: str
    source: str
    evaluation: Mapping[str, Any]


class MlflowStore:
    """One tracking server, or a database file beside the runs."""

    def __init__(self, uri: str, run_dir: Path) -> None:
        """Open `uri`; artefacts of a database file are kept below `run_dir`.

        Raises:
            MlflowException, OSError: when it does not answer.
        """
        self._artifacts: str | None = None
        if uri.startswith("sqlite:"):
            run_dir.mkdir(parents=True, exist_ok=True)
            self._artifacts = (run_dir / "mlflow_artifacts").as_uri()
            # Two processes that create one database at the same time break it.
            with (run_dir / ".mlflow.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._open(uri)
        else:
            self._open(uri)

    def _open(self, uri: str) -> None:
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        found = self._client.get_experiment_by_name(EXPERIMENT)
        self._experiment = (
            found.experiment_id
            if found is not None
            else self._client.create_experiment(EXPERIMENT, artifact_location=self._artifacts)
        )

    def start_run(self, name: str, params: Mapping[str, Any], tags: Mapping[str, str]) -> str:
        """Go on with the run of that name where there is one, else start it; returns its id."""
        runs = self._client.search_runs([self._experiment], f"attributes.run_name = '{name}'", max_results=1)
        run_id = runs[0].info.run_id if runs else self._create(name)
        self._client.update_run(run_id, status="RUNNING")
        self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
        known = runs[0].data.params if runs else {}
        new = [
            Param(key, str(value)[:_MAX_PARAM]) for key, value in flatten(params).items() if key not in known
        ]
        for start in range(0, len(new), 100):
            self._client.log_batch(run_id, params=new[start : start + 100])
        return run_id

    def _create(self, name: str) -> str:
        run_id: str = self._client.create_run(self._experiment, run_name=name).info.run_id
        return run_id

    def log_metrics(self, run_id: str, rows: Sequence[tuple[float, int, Mapping[str, float]]]) -> None:
        """Log rows of wall time in s, step and metrics."""
        metrics = [
            Metric(name, value, int(1000 * when), step)
            for when, step, row in rows
            for name, value in row.items()
        ]
        for start in range(0, len(metrics), 1000):
            self._client.log_batch(run_id, metrics=metrics[start : start + 1000])

    def log_file(self, run_id: str, path: Path, folder: str) -> None:
        """Keep a file with the run."""
        self._client.log_artifact(run_id, str(path), folder)

    def end_run(self, run_id: str, *, finished: bool) -> None:
        """Say that a run is over."""
        self._client.set_terminated(run_id, "FINISHED" if finished else "KILLED")

    # Model registry

    def register(
        self, name: str, path: Path, run_id: str | None = None, stage: str = STAGES[0]
    ) -> ModelVersion:
        """Make an exported policy a new version of the model `name`.

        Raises:
            ConfigurationError: when it is no exported policy.
        """
        card = load_policy(path).card
        run_id = run_id or self._create(f"register-{name}-{time.strftime('%Y%m%d-%H%M%S')}")
        folder = f"{POLICY_FOLDER}/{card.steps:012d}"
        self._client.log_artifact(run_id, str(path), folder)
        root = self._client.get_run(run_id).info.artifact_uri
        if not self._has_model(name):
            self._client.create_registered_model(name)
        version = self._client.create_model_version(
            name,
            source=f"{root}/{folder}/{path.name}",
            run_id=run_id,
            tags={"card": card.to_json(), "file": f"{folder}/{path.name}"} | _summary_tags(card),
        )
        self.set_stage(name, int(version.version), stage)
        return self.find(name, str(version.version))

    def _has_model(self, name: str) -> bool:
        try:
            self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise
        return True

    def set_stage(self, name: str, version: int, stage: str) -> None:
        """Put a version on a stage; `staging` and `production` are aliases, too, of one version each.

        Raises:
            ConfigurationError: when there is no such stage.
        """
        if stage not in STAGES:
            raise ConfigurationError(f"stage '{stage}' cannot be used; allowed: {', '.join(STAGES)}")
        for alias in STAGES[1:3]:
            held = self._client.get_registered_model(name).aliases.get(alias)
            if alias == stage:
                if held is not None and int(held) != version:
                    self._client.set_model_version_tag(name, str(held), "stage", "archived")
                self._client.set_registered_model_alias(name, alias, str(version))
            elif held is not None and int(held) == version:
                self._client.delete_registered_model_alias(name, alias)
        self._client.set_model_version_tag(name, str(version), "stage", stage)

    def find(self, name: str, which: str) -> ModelVersion:
        """Return a version by its number, the stages `staging` and `production`, or `latest`.

        Raises:
            ConfigurationError: when there is none.
        """
        if which == "latest":
            versions = self.versions(name)
            if not versions:
                raise ConfigurationError(f"the registry has no model '{name}'")
            return versions[0]
        try:
            found = (
                self._client.get_model_version(name, which)
                if which.isdecimal()
                else self._client.get_model_version_by_alias(name, which)
            )
        except MlflowException as error:
            raise ConfigurationError(
                f"the registry has no '{which}' of model '{name}': {error.message}"
            ) from None
        return _version(found)

    def versions(self, name: str = "") -> list[ModelVersion]:
        """Return the versions of a model, or of all models, newest first."""
        query = f"name = '{name}'" if name else ""
        found = [_version(version) for version in self._client.search_model_versions(query)]
        return sorted(found, key=lambda version: (version.name, -version.version))

    def fetch(self, version: ModelVersion, folder: Path) -> Path:
        """Copy a version's policy into `folder`; returns its path.

        Raises:
            ConfigurationError: when the file is not the one that was registered.
        """
        folder.mkdir(parents=True, exist_ok=True)
        file = self._client.get_model_version(version.name, str(version.version)).tags["file"]
        path = Path(self._client.download_artifacts(version.run_id, file, str(folder)))
        target = folder / path.name
        if path != target:
            os.replace(path, target)
        if load_policy(target).card != version.card:
            raise ConfigurationError(
                f"'{target}' is not what was registered as version {version.version} of {version.name}"
            )
        return target

    def set_evaluation(self, version: ModelVersion, figures: Mapping[str, Any]) -> None:
        """Note the figures of an evaluation with a version."""
        self._client.set_model_version_tag(
            version.name, str(version.version), "evaluation", json.dumps(dict(figures))
        )


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one with dotted names."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _summary_tags(card: PolicyCard) -> dict[str, str]:
    return {
        "algorithm": card.algorithm,
        "steps": str(card.steps),
        "code_revision": card.code_revision,
        "scenario": json.dumps(dict(card.scenario)),
        "evaluation": json.dumps(dict(card.evaluation)),
    }


def _version(found: Any) -> ModelVersion:
    card = PolicyCard.from_json(found.tags["card"], f"version {found.version} of {found.name}")
    return ModelVersion(
        found.name,
        int(found.version),
        found.tags.get("stage", ""),
        card,
        found.run_id,
        found.source,
        json.loads(found.tags["evaluation"]),
    )
