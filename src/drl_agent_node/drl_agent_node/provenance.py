"""Where results and models come from."""

from __future__ import annotations

import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Final

_GIT_TIMEOUT_S: Final = 10.0


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@cache
def code_revision() -> str:
    """Return the git commit of the checkout that this file is in, `+changes` where files differ from it.

    `unknown` outside a git checkout.
    """
    folder = Path(__file__).resolve().parent
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+changes" if _git(folder, "status", "--porcelain", "-uno") else "")


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
