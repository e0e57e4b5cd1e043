"""Only files that are new and that nobody uses are removed from shared memory."""

import mmap
import os
from pathlib import Path

from carla_drl_bringup import shared_memory


def make(name: str) -> Path:
    path = shared_memory.FOLDER / f"fastdds_carla_drl_test_{os.getpid()}_{name}"
    path.write_bytes(b"x")
    return path


def test_removes_what_is_new_and_unused() -> None:
    old = make("old")
    before = shared_memory.files()
    used, lock, unused = make("used"), make("used_el"), make("unused")
    try:
        with used.open("r+b") as file, mmap.mmap(file.fileno(), 0):
            assert used.name in shared_memory.mapped()
            shared_memory.remove_unused(before)
            assert old.exists()
            assert used.exists()
            assert lock.exists()
            assert not unused.exists()
        shared_memory.remove_unused(before)
        assert not used.exists()
        assert not lock.exists()
        assert old.exists()
    finally:
        for path in (old, used, lock, unused):
            path.unlink(missing_ok=True)
