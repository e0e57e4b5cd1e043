"""An embedded simulator for the time of one command."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from carla_drl_tools.errors import ToolError

_READY: Final = re.compile(r"RPC port (\d+)")
_STOP_S: Final = 5.0


@contextmanager
def embedded_simulator(town: str) -> Iterator[int]:
    """Run `carla_drl_sim` on free ports and give its RPC port.

    Raises:
        ToolError: when it does not start; with what it said.
    """
    command = [sys.executable, "-m", "carla_drl_sim", "--port", "0", "--town", town]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if found := _READY.search(line):
                break
        else:
            raise ToolError(f"the embedded simulator does not start: {''.join(said).strip()}")
        # A full pipe would hold the simulator.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(found.group(1))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
