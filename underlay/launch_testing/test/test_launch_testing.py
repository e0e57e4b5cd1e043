"""Launch tests that pass and fail, run by the command and by pytest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import examples
import pytest

DEADLINE_S = 120.0


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ROS_LOG_DIR": str(folder / "log")}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def launch_test(text: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(text)
    return run(["launch_testing.launch_test", "test_it.py", *words], folder)


def test_a_good_one_passes_with_each_parameter(tmp_path: Path) -> None:
    result = launch_test(examples.GOOD, tmp_path, "--junit-xml", "out/result.xml")
    assert result.returncode == 0, result.stderr
    suites = ElementTree.parse(tmp_path / "out" / "result.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["test_it[word=one]", "test_it[word=two]"]
    assert [suite.get("tests") for suite in suites] == ["3", "3"]


def test_failures_during_and_after_the_launch(tmp_path: Path) -> None:
    result = launch_test(examples.FAILING, tmp_path, "--junit-xml", "result.xml")
    assert result.returncode == 1
    assert "AssertionError: 1 != 2" in result.stderr
    assert "exited with code -2; allowed: [0, 130]" in result.stderr
    suite = ElementTree.parse(tmp_path / "result.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")


def test_a_launch_that_ends_early_needs_keep_alive(tmp_path: Path) -> None:
    result = launch_test(examples.SHORT, tmp_path)
    assert result.returncode == 1
    assert "all processes ended before the tests did" in result.stderr
    kept = examples.SHORT.replace("@pytest", "@launch_testing.markers.keep_alive\n@pytest")
    result = launch_test(kept, tmp_path)
    assert result.returncode == 0, result.stderr


def test_a_launch_that_is_never_ready(tmp_path: Path) -> None:
    result = launch_test(examples.NEVER_READY, tmp_path)
    assert result.returncode == 1
    assert "the launch ended before a ReadyToTest was reached" in result.stderr
    result = launch_test(examples.LATE, tmp_path)
    assert result.returncode == 1
    assert "the launch was not ready after 0.3 s" in result.stderr


def test_programs_that_are_tests(tmp_path: Path) -> None:
    """One of them takes too long."""
    for name, line in (("slow", "exec sleep 99"), ("quick", "true")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "test_other.py").write_text("def test_a(): pass\n")
    result = launch_test(examples.PROGRAMS, tmp_path)
    assert result.returncode == 0, result.stderr


def test_files_that_are_no_launch_tests(tmp_path: Path) -> None:
    result = launch_test("x = 1\n", tmp_path)
    assert result.returncode == 2
    assert "it has no function generate_test_description" in result.stderr
    assert run(["launch_testing.launch_test", "absent.py"], tmp_path).returncode == 2


@pytest.mark.parametrize(
    ("text", "outcome"),
    [(examples.GOOD, "2 passed"), (examples.FAILING, "1 failed"), ("def test_a(): pass\n", "1 passed")],
)
def test_pytest_collects_and_runs_them(text: str, outcome: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(text)
    result = run(["pytest", "-q", "-p", "no:cacheprovider", "test_it.py"], tmp_path)
    assert outcome in result.stdout, result.stdout
    if outcome == "1 failed":
        assert "FAILURE: test_fails" in result.stdout
        assert "AssertionError: 1 != 2" in result.stdout
