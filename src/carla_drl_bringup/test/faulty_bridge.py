"""The bridge with cameras that misbehave while a file says how: `faulty_bridge.py <file> --ros-args ...`, for tests.

The file holds one of `drop`, `freeze` (an old picture under a new frame's number), `black`, `late` (each picture a frame
later) or `duplicate`. Everything else is the installed bridge.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from carla_sensor_bridge import bridge_node
from carla_sensor_bridge.sensor_manager import SensorManager

FILE = Path(sys.argv.pop(1))


class FaultyListener:
    """What a sensor's data pass on their way to the bridge."""

    def __init__(self, listener: Callable[[Any], None]) -> None:
        self._listener = listener
        self._frozen: bytes | None = None
        self._held: list[Any] = []

    def __call__(self, data: Any) -> None:
        fault = ""
        with contextlib.suppress(FileNotFoundError):
            fault = FILE.read_text()
        if fault != "freeze":
            self._frozen = None
        if fault != "late":
            self._held.clear()
        if fault == "drop":
            return
        if fault == "freeze":
            self._frozen = self._frozen or bytes(data.raw_data)
            data = SimpleNamespace(frame=data.frame, raw_data=self._frozen)
        elif fault == "black":
            data = SimpleNamespace(frame=data.frame, raw_data=bytes(len(data.raw_data)))
        elif fault == "late":
            self._held.append(data)
            if len(self._held) < 2:
                return
            data = self._held.pop(0)
        self._listener(data)
        if fault == "duplicate":
            self._listener(data)


def main() -> None:
    """Run the bridge."""
    honest = SensorManager._listener

    def listener(self: SensorManager, index: int) -> Callable[[Any], None]:
        return FaultyListener(honest(self, index))

    SensorManager._listener = listener  # type: ignore[method-assign]
    bridge_node.main()


if __name__ == "__main__":
    main()
