"""Temporary parameter files; they live as long as the launch, since a respawned node reads them again."""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
from typing import Any

import yaml

_files: list[str] = []


def remove_at_exit(path: str) -> None:
    """Remove a file when the interpreter exits."""
    if not _files:
        atexit.register(_remove_files)
    _files.append(path)


def _remove_files() -> None:
    for path in _files:
        with contextlib.suppress(OSError):
            os.unlink(path)
    _files.clear()


def write_parameter_file(parameters: dict[str, Any], node_key: str) -> str:
    """Write parameters of one node (a fully qualified name or a wildcard); return the file's path."""
    with tempfile.NamedTemporaryFile("w", prefix="launch_params_", delete=False, encoding="utf-8") as file:
        yaml.safe_dump({node_key: {"ros__parameters": parameters}}, file, default_flow_style=False)
    remove_at_exit(file.name)
    return file.name
