"""Runs launches with their tests."""

from __future__ import annotations

import threading
import traceback
import unittest
from typing import Any

from launch import LaunchDescription, LaunchDescriptionSource, LaunchService
from launch.actions import IncludeLaunchDescription, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart

from .actions.ready import READY
from .io_handler import ActiveIoHandler
from .loader import TestRun
from .proc_info_handler import ActiveProcInfoHandler
from .test_result import FailResult, TestResult

Results = list[TestResult | FailResult]


class LaunchTestRunner:
    """Runs test runs one after the other, in the main thread, so that launch handles signals."""

    def __init__(
        self, test_runs: list[TestRun], launch_file_arguments: list[str] | None = None, debug: bool = False
    ) -> None:
        self._runs = test_runs
        self._arguments = list(launch_file_arguments or [])
        self._debug = debug

    def run(self) -> dict[TestRun, Results]:
        """Return the results of each run: those during the launch and those after it."""
        return {run: _Worker(run, self._arguments, self._debug).run() for run in self._runs}


def successful(results: dict[TestRun, Results]) -> bool:
    """Whether all tests passed."""
    return all(result.wasSuccessful() for found in results.values() for result in found)


class _Worker:
    """One launch with its tests."""

    def __init__(self, run: TestRun, arguments: list[str], debug: bool) -> None:
        self._run = run
        self._arguments = _parse_arguments(arguments)
        self._service = LaunchService(argv=arguments, noninteractive=True, debug=debug)
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._proc_info = ActiveProcInfoHandler()
        self._proc_output = ActiveIoHandler()
        self._active: TestResult | FailResult | None = None

    def run(self) -> Results:
        """Run the launch here and the tests in a thread."""
        try:
            description, extra = self._run.describe(self._ready.set)
        except Exception:
            return [FailResult("generate_test_description failed:\n" + traceback.format_exc())]
        values = {
            "proc_info": self._proc_info,
            "proc_output": self._proc_output,
            "launch_service": self._service,
            "test_args": self._arguments,
            **self._run.param_args,
            **extra,
        }
        self._service.include_launch_description(self._wrapped(description))
        tests = threading.Thread(target=self._run_active_tests, args=(values,), name="launch_test")
        tests.start()
        try:
            code = self._service.run()
        finally:
            self._ended.set()
            self._ready.set()
            tests.join()
        assert self._active is not None
        results: Results = [self._active]
        if code != 0 and self._active.wasSuccessful():
            results.append(FailResult(f"launch ended with exit code {code}; its log says why"))
        self._run.bind(self._run.post_shutdown_tests, values)
        results.append(_run_suite(self._run.post_shutdown_tests))
        return results

    def _wrapped(self, description: LaunchDescription) -> LaunchDescription:
        def prepare(context: Any) -> None:
            context.extend_globals({READY: self._ready.set})
            context.launch_configurations.update(self._arguments)

        def on_start(event: Any, context: Any) -> None:
            self._proc_output.track(event.action)
            self._proc_info.append(event)

        def on_exit(event: Any, context: Any) -> None:
            self._proc_info.append(event)

        return LaunchDescription(
            [
                OpaqueFunction(function=prepare),
                RegisterEventHandler(
                    OnProcessIO(on_stdout=self._proc_output.append, on_stderr=self._proc_output.append)
                ),
                RegisterEventHandler(OnProcessStart(on_start=on_start)),
                RegisterEventHandler(OnProcessExit(on_exit=on_exit)),
                IncludeLaunchDescription(
                    LaunchDescriptionSource(description), launch_arguments=self._arguments.items()
                ),
            ]
        )

    def _run_active_tests(self, values: dict[str, Any]) -> None:
        try:
            if not self._ready.wait(self._run.timeout):
                self._active = FailResult(
                    f"the launch was not ready after {self._run.timeout:g} s: no ReadyToTest was reached"
                )
            elif self._ended.is_set():
                self._active = FailResult("the launch ended before a ReadyToTest was reached")
            else:
                self._run.bind(self._run.pre_shutdown_tests, values)
                self._active = _run_suite(self._run.pre_shutdown_tests)
                if self._ended.is_set() and self._run.pre_shutdown_tests.countTestCases():
                    self._active = FailResult(
                        "all processes ended before the tests did; launch_testing.markers.keep_alive keeps "
                        "the launch up"
                    )
        except Exception:
            self._active = FailResult(traceback.format_exc())
        finally:
            self._service.shutdown()


def _run_suite(tests: unittest.TestSuite) -> TestResult:
    runner: Any = unittest.TextTestRunner(verbosity=2, resultclass=TestResult)
    result: TestResult = runner.run(tests)
    return result


def _parse_arguments(arguments: list[str]) -> dict[str, str]:
    """Return the values of launch arguments; ValueError for a text that is none."""
    values = {}
    for argument in arguments:
        name, separator, value = argument.partition(":=")
        if not separator or not name:
            raise ValueError(f"malformed launch argument '{argument}', expected 'name:=value'")
        values[name] = value
    return values
