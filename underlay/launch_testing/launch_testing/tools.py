"""Names of upstream's tools; those that are not here raise."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    raise AttributeError(f"launch_testing.tools.{name} is not here; it needs upstream's launch_testing")
