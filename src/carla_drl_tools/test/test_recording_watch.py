"""What is said about a recording: how fast it fills the disk, and when it has to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from carla_drl_tools.recording_watch import MB, Level, RecordingWatch


@pytest.fixture
def free_mb(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The free space that the disk says it has."""
    free = [100_000.0]
    usage = type("Usage", (), {"free": property(lambda _: free[0] * MB)})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage())
    return free


def test_a_bag_grows_until_the_disk_is_full(tmp_path: Path, free_mb: list[float]) -> None:
    bag = tmp_path / "bag"
    watch = RecordingWatch(bag, 500)
    verdict = watch.look(0.0)
    assert (verdict.level, verdict.message) == (Level.OK, "0.0 MB recorded")
    bag.mkdir()
    (bag / "bag_0.mcap").write_bytes(bytes(2 * MB))
    (bag / "bag_1.mcap").write_bytes(bytes(3 * MB))
    verdict = watch.look(2.0)
    assert (verdict.level, verdict.values["mb_per_s"]) == (Level.OK, "2.50")
    assert (verdict.values["bag_mb"], verdict.values["bag_files"]) == ("5.0", "2")
    free_mb[0] = 500.0 + 2.5 * 300.0
    verdict = watch.look(2.0)
    assert (verdict.level, verdict.message) == (Level.WARN, "the disk will be full in 5 min")
    assert not verdict.full
    free_mb[0] = 499.0
    verdict = watch.look(3.0)
    assert (verdict.level, verdict.full) == (Level.ERROR, True)
    assert verdict.message == "the disk is full: 499 MB are free, 500 MB are to stay free"


def test_the_rate_is_that_of_the_last_seconds(tmp_path: Path) -> None:
    watch = RecordingWatch(tmp_path, 0)
    file = tmp_path / "bag_0.mcap"
    for second in range(60):
        file.write_bytes(bytes(MB * min(second, 30)))
        verdict = watch.look(float(second))
    assert verdict.values["mb_per_s"] == "0.00"
    file.unlink()  # somebody moves a file away
    assert watch.look(60.0).values["mb_per_s"] == "0.00"
