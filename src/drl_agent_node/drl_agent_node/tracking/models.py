"""The model registry from the command line: `ros2 run drl_agent_node models list`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.tracking.tracker import AUTO, check_uri

if TYPE_CHECKING:
    from drl_agent_node.tracking.mlflow_store import MlflowStore, ModelVersion

STAGES: Final = ("candidate", "staging", "production", "archived")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="ros2 run drl_agent_node models", description=__doc__)
    parser.add_argument("--run-dir", type=Path, default=Path("runs"), help="folder of runs (default: runs)")
    parser.add_argument("--tracking-uri", default=AUTO, help="MLflow server; auto: the database in run-dir")
    commands = parser.add_subparsers(dest="command", required=True)
    listed = commands.add_parser("list", help="show the versions of a model, or of all")
    listed.add_argument("name", nargs="?", default="")
    register = commands.add_parser("register", help="make an exported policy a new version")
    register.add_argument("name")
    register.add_argument("policy", type=Path, help=".onnx or .ts file")
    promote = commands.add_parser("promote", help="put a version on a stage")
    promote.add_argument("name")
    promote.add_argument("version", type=int)
    promote.add_argument("stage", choices=STAGES)
    show = commands.add_parser("show", help="print the card of a version as JSON")
    fetch = commands.add_parser("fetch", help="copy a version's policy into a folder")
    evaluated = commands.add_parser("evaluated", help="note the results of an evaluation with a version")
    for command in (show, fetch, evaluated):
        command.add_argument("name")
        command.add_argument("which", help="version, staging, production or latest")
    fetch.add_argument("--output", type=Path, default=Path(), help="folder (default: this one)")
    evaluated.add_argument("results", type=Path, help="folder of the results")
    return parser.parse_args(arguments)


def _line(version: ModelVersion) -> str:
    card = version.card
    evaluation = version.evaluation
    score = f"driving score {100 * evaluation['driving_score']['value']:.1f} on {evaluation['suite']}"
    return (
        f"{version.name:<28}{version.version:>4}  {version.stage:<11}{card.algorithm:<6}{card.steps:>10,} steps  "
        f"{card.code_revision[:10]:<11}{score if evaluation else 'not evaluated'}"
    )


def run(options: argparse.Namespace, store: MlflowStore) -> str:
    """Do what the options say; returns what to print.

    Raises:
        ConfigurationError: when a version, a stage or a file cannot be used.
    """
    if options.command == "list":
        lines = [_line(version) for version in store.versions(options.name)]
        return "\n".join(lines) or "no models yet"
    if options.command == "register":
        made = store.register(options.name, options.policy)
        return f"{made.name} version {made.version} ({made.stage})"
    if options.command == "promote":
        store.set_stage(options.name, options.version, options.stage)
        return f"{options.name} version {options.version} is {options.stage}"
    version = store.find(options.name, options.which)
    if options.command == "show":
        shown = asdict(version.card) | {"stage": version.stage, "evaluation": dict(version.evaluation)}
        return json.dumps(shown, indent=1)
    if options.command == "fetch":
        return str(store.fetch(version, options.output))
    from drl_agent_node.evaluation.results import evaluation_figures, read_results

    store.set_evaluation(version, evaluation_figures(read_results(options.results)))
    return f"{version.name} version {version.version} knows {options.results}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the command line; returns the exit code: 78 for what cannot be used, 1 when the server does not answer."""
    options = parse(arguments)
    try:
        check_uri(options.tracking_uri)
        from mlflow.exceptions import MlflowException

        from drl_agent_node.tracking.mlflow_store import MlflowStore, default_uri

        run_dir = options.run_dir.expanduser().resolve()
        uri = default_uri(run_dir) if options.tracking_uri == AUTO else options.tracking_uri
        try:
            print(run(options, MlflowStore(uri, run_dir)))
        except MlflowException as error:
            print(f"the tracking server '{uri}' does not do this: {error.message}", file=sys.stderr)
            return 1
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return 78
    return 0


if __name__ == "__main__":
    sys.exit(main())
