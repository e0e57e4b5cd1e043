"""Everything is compiled once, and only once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from server_process import PACKAGE_ROOT, environment

from carla_drl_sim import compile as module


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "carla_drl_sim.compile", *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_second_run_finds_nothing_to_do() -> None:
    assert run().returncode == 0
    again = run()
    assert again.returncode == 0
    assert again.stderr == ""


def test_changed_sources_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run().returncode == 0
    assert module.is_compiled()
    monkeypatch.setattr(module, "_sources", lambda: "something else")
    assert not module.is_compiled()


def test_unknown_parts_are_refused() -> None:
    refused = run("engines")
    assert refused.returncode == 2
    assert "'engines'" in refused.stderr
    assert "ticks, cameras, sensors" in refused.stderr


def test_the_stamp_is_kept_beside_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert os.path.commonpath([module._stamp(), PACKAGE_ROOT]) == str(PACKAGE_ROOT)
