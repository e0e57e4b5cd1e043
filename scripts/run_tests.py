#!/usr/bin/env python3
"""Run every test of the workspace through colcon and print what failed and how many passed.

Two packages are tested at a time. Many tests start processes and wait for them, which a busy machine can starve: those
of packages that keep processors busy stand back, a test that fails runs once more, and one that passes only then is
listed as flaky. A test that hangs ends its package's run with the stacks of its threads, and a run that does not end at
all is ended, so that everything else still tells its results.

usage: scripts/run_tests.py [package ...]
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import psutil

from carla_drl_bringup import shared_memory

ROOT = Path(__file__).resolve().parent.parent
TEST_TIMEOUT_S = 300
"""After which a test fails."""
HANG_TIMEOUT_S = 2 * TEST_TIMEOUT_S + 30
"""After which a test hangs where Python cannot end it: inside a library."""
RUN_TIMEOUT_S = 2700.0
"""After which a whole run is ended."""
LANES = 2
"""How many runs go on at a time: one keeps a processor busy where another waits for processes."""
FIRST = ("carla_drl_sim", "carla_drl_bringup", "drl_agent_node", "carla_sensor_bridge")
"""Packages of `src/` whose tests take longest, which start first, so that the lanes end together."""
PATIENT = frozenset({"carla_drl_sim", "drl_agent_node"})
"""Packages whose tests keep a processor busy and can wait: they give way to those that watch processes by the clock."""
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

    def runs(self, packages: Collection[str]) -> list[tuple[str, ...]]:
        """Return what of `packages` runs together: those of the underlay in turn, each of `src/` for itself."""
        if self.merged:
            return [tuple(packages)]
        return [(name,) for name in (*FIRST, *sorted(set(packages) - set(FIRST))) if name in packages]


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


def remove_results(workspace: Workspace, packages: Collection[str]) -> None:
    """Remove what earlier runs wrote for `packages`."""
    for name in packages:
        (workspace.build / name / "pytest.xml").unlink(missing_ok=True)
        shutil.rmtree(workspace.build / name / "test_results", ignore_errors=True)


def log_folder(workspace: Workspace, packages: Sequence[str]) -> Path:
    """Return where colcon logs a run: it does not share a folder among two at a time."""
    return workspace.log / "test" / (packages[0] if len(packages) == 1 else workspace.name)


def run_colcon(workspace: Workspace, packages: Sequence[str]) -> int:
    """Run `colcon test` for `packages`; return its exit code."""
    command = ["nice", "-n", "5"] if PATIENT.issuperset(packages) else []
    command += ["colcon", "--log-base", str(log_folder(workspace, packages)), "test"]
    command += ["--base-paths", *workspace.base_paths]
    command += ["--build-base", str(workspace.build), "--install-base", str(workspace.install)]
    command += ["--executor", "sequential", "--event-handlers", "console_cohesion+", "status-"]
    command += ["--retest-until-pass", "1"]
    if workspace.merged:
        command.append("--merge-install")
    command += ["--packages-select", *sorted(packages)]
    # The first failure of a test ends the timer of all its tries, unless each has one of its own.
    command += ["--pytest-args", "-o", "timeout_func_only=true"]
    command += ["-o", f"faulthandler_timeout={HANG_TIMEOUT_S}", "-o", "faulthandler_exit_on_timeout=true"]
    command.append("--rerun-show-tracebacks")
    environment = dict(
        os.environ, PYTEST_TIMEOUT=str(TEST_TIMEOUT_S), OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive"
    )
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            return process.wait(RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            end_with_children(process)
            print(f"FAILED the tests of {', '.join(packages)} did not end in {RUN_TIMEOUT_S:g} s", flush=True)
            return 1


def end_with_children(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, directly or not."""
    parent = psutil.Process(process.pid)
    for member in [*parent.children(recursive=True), parent]:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def result_files(workspace: Workspace) -> list[Path]:
    """Return the JUnit files that the last run wrote."""
    return sorted([*workspace.build.glob("*/pytest.xml"), *workspace.build.glob("*/test_results/**/*.xml")])


def flaky_in_ctest(workspace: Workspace, packages: Sequence[str]) -> list[str]:
    """Return what failed at the first try, as ctest names it; its result files keep the second try only."""
    found = []
    for log in sorted(log_folder(workspace, packages).glob("latest_test/*/stdout.log")):
        lines = log.read_text(errors="replace").splitlines()
        found += [f"{log.parent.name}: {line.strip()}" for line in lines if CTEST_FAILED.search(line)]
    return found


def without_results(workspace: Workspace, names: Collection[str]) -> list[str]:
    """Return those of the packages `names` with tests that wrote no result: colcon counts those as passed."""
    missing = []
    for base in workspace.base_paths:
        for manifest in (ROOT / base).glob("**/package.xml"):
            name = manifest.parent.name
            has_tests = any((manifest.parent / "test").rglob("test_*"))
            wrote = any(
                path.relative_to(workspace.build).parts[0] == name for path in result_files(workspace)
            )
            if has_tests and not wrote and name in names:
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


def run_all(selected: Sequence[tuple[Workspace, Sequence[str]]]) -> bool:
    """Run all that is selected, `LANES` at a time in this order; return whether colcon failed."""
    with ThreadPoolExecutor(LANES) as pool:
        codes = list(pool.map(lambda run: run_colcon(*run), selected))
    return any(codes)


def main(packages: list[str]) -> int:
    """Run the tests of `packages`, or all; return 0 when at least one ran and none failed."""
    started = time.monotonic()
    tally = Tally()
    shared_before = shared_memory.files()
    selected: list[tuple[Workspace, tuple[str, ...]]] = []
    for workspace in workspaces():
        names = {
            path.parent.name for base in workspace.base_paths for path in (ROOT / base).glob("**/package.xml")
        }
        wanted = names & set(packages) if packages else names
        if wanted:
            remove_results(workspace, wanted)
            selected += [(workspace, run) for run in workspace.runs(wanted)]
    broken = run_all(selected)
    for workspace, wanted in selected:
        tally.flaky += flaky_in_ctest(workspace, wanted)
        for name in without_results(workspace, wanted):
            tally.failures.append(f"{name}: has tests, but no results")
        for path in result_files(workspace):
            if path.relative_to(workspace.build).parts[0] in wanted:
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
