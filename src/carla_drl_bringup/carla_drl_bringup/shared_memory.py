"""Fast DDS's files in shared memory that no process uses any more.

Fast DDS removes its own files when a process ends cleanly, but not those of a killed one, and when several processes
end at the same moment each may leave a shared port to another.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FOLDER = Path("/dev/shm")
# Lock files of a segment or port: opened, not mapped.
LOCK_SUFFIXES = ("_el", "_sl")


def files() -> set[Path]:
    """Return this user's Fast DDS files in shared memory."""
    found = set()
    for pattern in ("*fastdds_*", "fast_datasharing_*"):
        for path in FOLDER.glob(pattern):
            with contextlib.suppress(OSError):
                if path.stat().st_uid == os.getuid():
                    found.add(path)
    return found


def mapped_by(pid: int | str) -> set[str]:
    """Return the names of files in shared memory that a process has mapped now; none of a process that is gone."""
    names = set()
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            name = line.partition(f"{FOLDER}/")[2]
            # The tracing library of the ROS 2 wheels keeps one file per user for good.
            if name and not name.endswith("(deleted)") and not name.startswith("lttng-ust-"):
                names.add(name)
    return names


def mapped() -> set[str]:
    """Return the names of files in shared memory that any process has mapped now."""
    return {name for entry in Path("/proc").glob("[0-9]*") for name in mapped_by(entry.name)}


def remove_unused(before: set[Path]) -> int:
    """Remove the files that came after `before` and that no process has mapped; return how many."""
    candidates = files() - before
    in_use = mapped()
    unused = []
    for path in candidates:
        name = path.name
        for suffix in LOCK_SUFFIXES:
            name = name.removesuffix(suffix)
        if name not in in_use and path.name not in in_use:
            unused.append(path)
    for path in unused:
        path.unlink(missing_ok=True)
    return len(unused)
