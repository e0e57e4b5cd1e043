"""Descendants of a process, so that none is left behind when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

_POLL_S = 0.02


def _stat(pid: int) -> tuple[int, int] | None:
    """Return parent and start time (in clock ticks since boot), None if the process is gone or dead."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else (int(fields[1]), int(fields[19]))


class Descendants:
    """Remembers descendants by process id and start time, which together are unique."""

    def __init__(self) -> None:
        self._known: set[tuple[int, int]] = set()

    def remember(self, root: int) -> None:
        """Note the descendants that `root` has now; does nothing where there is no /proc."""
        try:
            pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        except OSError:
            return
        children: dict[int, list[tuple[int, int]]] = {}
        for pid in pids:
            stat = _stat(pid)
            if stat is not None:
                children.setdefault(stat[0], []).append((pid, stat[1]))
        to_visit = [root]
        while to_visit:
            for pid, start in children.get(to_visit.pop(), []):
                self._known.add((pid, start))
                to_visit.append(pid)

    def alive(self) -> list[int]:
        """Return the process ids of those that still run."""
        still = {(pid, start) for pid, start in self._known if (_stat(pid) or (0, -1))[1] == start}
        self._known = still
        return [pid for pid, _ in still]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to those that still run."""
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    async def terminate(self, timeout_s: float) -> None:
        """Send SIGTERM, wait up to `timeout_s` seconds, send SIGKILL."""
        if not self.alive():
            return
        self.signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while self.alive() and loop.time() < deadline:
            await asyncio.sleep(_POLL_S)
        self.signal(signal.SIGKILL)
