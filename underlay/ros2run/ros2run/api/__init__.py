"""What `ros2 run` does, as functions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ros2pkg.api import PackageNotFound, get_executable_paths


class MultipleExecutables(Exception):  # noqa: N818 (upstream's name)
    """A package has several executables of this name, in different folders."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"multiple executables found: {', '.join(paths)}")
        self.paths = list(paths)


def get_executable_path(*, package_name: str, executable_name: str) -> str | None:
    """Return the path of a package's executable, None if there is none.

    Raises PackageNotFound, and MultipleExecutables if there are several.
    """
    paths = get_executable_paths(package_name=package_name)
    found = [path for path in paths if os.path.basename(path) == executable_name]
    if len(found) > 1:
        raise MultipleExecutables(found)
    return found[0] if found else None


def run_executable(*, path: str, argv: Sequence[str], prefix: Sequence[str] | None = None) -> int:
    """Become the executable, behind `prefix` if there is one; return only if that fails.

    Nothing stands between the caller and the program then: signals reach it and its exit code comes
    back as they are.
    """
    cmd = [*(prefix or []), path, *argv]
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execvp(cmd[0], cmd)
    except OSError as error:
        print(f"'{cmd[0]}' cannot be executed: {error}", file=sys.stderr)
    return 126


__all__ = ["MultipleExecutables", "PackageNotFound", "get_executable_path", "run_executable"]
