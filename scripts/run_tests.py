#!/usr/bin/env python3
"""Run every test of the workspace through colcon and print what failed and how many passed.

Many tests start processes and wait for them, which a busy machine can starve: a test that fails runs once more, and
one that passes only then is listed as flaky.

usage: scripts/run_tests.py [package ...]
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from carla_drl_bringup import shared_memory

ROOT = Path(__file__).resolve().parent.parent
TEST_TIMEOUT_S = "300"
CTEST_FAILED = re.compile(r"^\s*\d+/\d+ Test\s+#\d+: .*\*\*\*")


@dataclass(frozen=True)
class Workspace:
    """One colcon workspace: where its sources are and where it was built."""

    name: str
    base_paths: tuple[str, ...]
    build: Path
    install: Path
    log: Path
    merged: bool


@dataclass
class Tally:
    """Counts over all result files read so far."""

    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)
    flaky: list[str] = field(default_factory=list)


def workspaces() -> list[Workspace]:
    """Return what is built here: the underlay where there is one, and `src/`."""
    found = [Workspace("src", ("src",), ROOT / "build", ROOT / "install", ROOT / "log", False)]
    underlay = ROOT / ".underlay"
    if (underlay / "install").is_dir():
        packages = tuple(
            sorted(str(path.parent.relative_to(ROOT)) for path in ROOT.glob("underlay/*/package.xml"))
        )
        found.insert(
            0,
            Workspace("underlay", packages, underlay / "build", underlay / "install", underlay / "log", True),
        )
    return found


def run_colcon(workspace: Workspace, packages: list[str]) -> int:
    """Run `colcon test`; return its exit code. Old results are removed first."""
    for build in (path for path in workspace.build.glob("*") if path.is_dir()):
        if not packages or build.name in packages:
            (build / "pytest.xml").unlink(missing_ok=True)
            shutil.rmtree(build / "test_results", ignore_errors=True)
    command = ["colcon", "--log-base", str(workspace.log), "test", "--base-paths", *workspace.base_paths]
    command += ["--build-base", str(workspace.build), "--install-base", str(workspace.install)]
    command += ["--executor", "sequential", "--event-handlers", "console_cohesion+", "status-"]
    command += ["--retest-until-pass", "1"]
    if workspace.merged:
        command.append("--merge-install")
    if packages:
        command += ["--packages-select", *packages]
    environment = dict(
        os.environ, PYTEST_TIMEOUT=TEST_TIMEOUT_S, OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive"
    )
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def result_files(workspace: Workspace) -> list[Path]:
    """Return the JUnit files that the last run wrote."""
    return sorted([*workspace.build.glob("*/pytest.xml"), *workspace.build.glob("*/test_results/**/*.xml")])


def flaky_in_ctest(workspace: Workspace) -> list[str]:
    """Return what failed at the first try, as ctest names it; its result files keep the second try only."""
    found = []
    for log in sorted(workspace.log.glob("latest_test/*/stdout.log")):
        lines = log.read_text(errors="replace").splitlines()
        found += [f"{log.parent.name}: {line.strip()}" for line in lines if CTEST_FAILED.search(line)]
    return found


def without_results(workspace: Workspace, names: set[str]) -> list[str]:
    """Return the packages with tests that wrote no result: colcon counts those as passed."""
    missing = []
    for base in workspace.base_paths:
        for manifest in (ROOT / base).glob("**/package.xml"):
            name = manifest.parent.name
            has_tests = any((manifest.parent / "test").rglob("test_*"))
            wrote = any(
                path.relative_to(workspace.build).parts[0] == name for path in result_files(workspace)
            )
            if has_tests and not wrote and (not names or name in names):
                missing.append(name)
    return missing


def read_results(path: Path, tally: Tally) -> None:
    """Add the test cases of one JUnit file to `tally`; an unreadable file counts as a failure."""
    try:
        cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        tally.failures.append(f"{path.relative_to(ROOT)}: no readable result ({error})")
        return
    tries = Counter((case.get("classname"), case.get("name")) for case in cases)
    tally.flaky += [f"{classname}.{name}" for (classname, name), count in tries.items() if count > 1]
    # pytest writes one case per try, the last one last; only the last counts.
    for case in {(case.get("classname"), case.get("name")): case for case in cases}.values():
        problem = case.find("failure")
        if problem is None:
            problem = case.find("error")
        if problem is not None:
            text = (problem.get("message") or problem.text or "").strip().splitlines()
            tally.failures.append(
                f"{case.get('classname')}.{case.get('name')}: {text[0] if text else 'failed'}"
            )
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            tally.skipped += 1
        else:
            tally.passed += 1


def main(packages: list[str]) -> int:
    """Run the tests of `packages`, or all; return 0 when at least one ran and none failed."""
    started = time.monotonic()
    tally = Tally()
    broken = False
    shared_before = shared_memory.files()
    for workspace in workspaces():
        names = {
            path.parent.name for base in workspace.base_paths for path in (ROOT / base).glob("**/package.xml")
        }
        selected = [package for package in packages if package in names]
        if packages and not selected:
            continue
        print(f"== tests of {workspace.name} ==", flush=True)
        broken |= run_colcon(workspace, selected) != 0
        tally.flaky += flaky_in_ctest(workspace)
        for name in without_results(workspace, set(selected)):
            tally.failures.append(f"{name}: has tests, but no results")
        for path in result_files(workspace):
            if not selected or path.relative_to(workspace.build).parts[0] in selected:
                read_results(path, tally)
    print(f"\n== results after {time.monotonic() - started:.0f} s ==")
    print(
        f"removed {shared_memory.remove_unused(shared_before)} files that killed processes left in shared memory"
    )
    for test in tally.flaky:
        print(f"FLAKY {test} (failed, then ran once more)")
    for failure in tally.failures:
        print(f"FAILED {failure}")
    if broken:
        print("FAILED colcon test did not finish for every package")
    print(f"{tally.passed} passed, {len(tally.failures)} failed, {tally.skipped} skipped")
    return 0 if tally.passed and not tally.failures and not broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
