"""Reads whole recordings in a process of its own: neither the ticks nor Python's lock wait for a long file.

``python -m carla_drl_sim.recording.reader '["collisions", "file.log", "h", "a"]'`` writes the answer to its standard
output; what is wrong with a recording goes to the standard error, with exit code 1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from carla_drl_sim.recording import reports
from carla_drl_sim.recording.files import Recording, RecordingError
from carla_drl_sim.recording.preface import find_preface

_LESS_URGENT = 5

_ANSWERS: dict[str, Callable[..., bytes]] = {
    "file_info": lambda recording, show_all: reports.file_info(recording, show_all=show_all).encode(),
    "collisions": lambda recording, first, second: reports.collisions(recording, first, second).encode(),
    "actors_blocked": lambda recording, time_s, distance_cm: reports.actors_blocked(
        recording, time_s, distance_cm
    ).encode(),
    "preface": lambda recording, start_s: find_preface(recording, start_s).packed(),
}


class Reader:
    """Asks about recordings, one at a time: ``ask`` is to be called from one thread, ``close`` from any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def ask(self, what: str, path: Path, *arguments: object) -> bytes:
        """An answer of `_ANSWERS`. Raises RecordingError when the file is damaged."""
        request = json.dumps([what, str(path), *arguments])
        with self._lock:
            if self._is_closed:
                raise RecordingError(f"recording {path} was not read: the server ends")
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, request],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        answer, errors = process.communicate()
        if process.returncode:
            raise RecordingError(errors.decode(errors="replace").strip() or f"recording {path} was not read")
        return answer

    def close(self) -> None:
        """End the process that reads, if there is one, and start no more."""
        with self._lock:
            self._is_closed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def main() -> int:
    """Answer the request in the arguments."""
    os.nice(_LESS_URGENT)
    what, path, *arguments = json.loads(sys.argv[1])
    try:
        with Recording(Path(path)) as recording:
            sys.stdout.buffer.write(_ANSWERS[what](recording, *arguments))
    except (OSError, RecordingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
