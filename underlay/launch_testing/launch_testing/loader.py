"""Test runs of a module: one launch with its test cases for each row of parameters."""

from __future__ import annotations

import functools
import inspect
import unittest
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from launch import LaunchDescription

from .parametrize import variants_of
from .util import KeepAliveProc

_FUNCTION = "generate_test_description"
DEFAULT_STARTUP_TIMEOUT_S = 60.0


class TestRun:
    """One launch and the test cases that run during and after it."""

    __test__ = False

    def __init__(
        self,
        name: str,
        test_description_function: Callable[..., Any],
        param_args: dict[str, Any],
        pre_shutdown_tests: unittest.TestSuite,
        post_shutdown_tests: unittest.TestSuite,
    ) -> None:
        self.name = name
        self.test_description_function = test_description_function
        self.param_args = param_args
        self.pre_shutdown_tests = pre_shutdown_tests
        self.post_shutdown_tests = post_shutdown_tests
        self.markers: dict[str, Any] = {}
        self.timeout = DEFAULT_STARTUP_TIMEOUT_S

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.param_args.items())
        return f"{self.name}[{values}]" if values else self.name

    def describe(self, ready_fn: Callable[[], None]) -> tuple[LaunchDescription, dict[str, Any]]:
        """Return the description under test and what it hands to the tests.

        A function that takes `ready_fn` calls it itself; others have a ReadyToTest in their description.
        """
        function = self.test_description_function
        takes_ready = "ready_fn" in inspect.signature(function).parameters
        result = function(ready_fn=ready_fn) if takes_ready else function()
        description, context = result if isinstance(result, tuple) else (result, {})
        if self.markers.get("keep_alive"):
            description.add_action(KeepAliveProc())
        return description, context

    def all_cases(self) -> Iterator[unittest.TestCase]:
        """Yield all test cases."""
        yield from iterate_cases(self.pre_shutdown_tests)
        yield from iterate_cases(self.post_shutdown_tests)

    def bind(self, tests: unittest.TestSuite, values: dict[str, Any]) -> None:
        """Hand values to the methods of test cases that have arguments of their names."""
        for case in iterate_cases(tests):
            for name, value in values.items():
                setattr(case, name, value)
            for method in (case._testMethodName, "setUp", "tearDown"):
                _bind_method(case, method, values)
            for method in ("setUpClass", "tearDownClass"):
                _bind_method(type(case), method, values)


def _bind_method(owner: Any, name: str, values: dict[str, Any]) -> None:
    # Functions bound for the run before are unwound first.
    method = getattr(owner, name)
    method = getattr(method, "__unbound__", method)
    wanted = {k: v for k, v in values.items() if k in inspect.signature(method).parameters}
    if wanted:
        bound = functools.partial(method, **wanted)
        functools.update_wrapper(bound, method)
        bound.__unbound__ = method  # type: ignore[attr-defined]
        setattr(owner, name, bound)


def iterate_cases(tests: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    """Yield the test cases of a suite and its suites."""
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from iterate_cases(test)
        else:
            yield test


def LoadTestsFromPythonModule(module: ModuleType, *, name: str = "launch_tests") -> list[TestRun]:  # noqa: N802
    """Return the test runs of a module; RuntimeError if it has no `generate_test_description`."""
    function = getattr(module, _FUNCTION, None)
    if not callable(function):
        raise RuntimeError(f"'{module.__name__}' is no launch test: it has no function {_FUNCTION}")
    runs = []
    for variant, param_args in variants_of(function):
        run = TestRun(name, variant, param_args, _suite(module, False), _suite(module, True))
        run.markers = getattr(function, "__markers__", {})
        run.timeout = getattr(function, "__ready_to_test_action_timeout__", run.timeout)
        runs.append(run)
    return runs


def _suite(module: ModuleType, post_shutdown: bool) -> unittest.TestSuite:
    cases = [
        item
        for item in vars(module).values()
        if isinstance(item, type)
        and issubclass(item, unittest.TestCase)
        and item.__module__ == module.__name__
        and bool(getattr(item, "__post_shutdown_test__", False)) == post_shutdown
    ]
    loader = unittest.defaultTestLoader
    return unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in cases)
