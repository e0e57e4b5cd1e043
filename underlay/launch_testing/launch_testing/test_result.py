"""Results of test cases."""

from __future__ import annotations

import time
import unittest
from collections.abc import Iterable
from typing import Any


class TestResult(unittest.TextTestResult):
    """A text result that knows how long each test took, in seconds."""

    __test__ = False

    def __init__(self, stream: Any = None, descriptions: bool = True, verbosity: int = 1) -> None:
        super().__init__(stream, descriptions, verbosity)
        self.durations_s: dict[unittest.TestCase, float] = {}
        self._start = 0.0

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        """Start the clock."""
        self._start = time.monotonic()
        super().startTest(test)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        """Stop the clock."""
        self.durations_s[test] = time.monotonic() - self._start
        super().stopTest(test)

    def problems(self) -> Iterable[tuple[str, str, str]]:
        """Yield kind (`failure` or `error`), test and text of each problem."""
        for kind, found in (("failure", self.failures), ("error", self.errors)):
            for test, text in found:
                yield kind, str(test), text


class FailResult:
    """A run whose launch or description failed, so that no test could tell."""

    __test__ = False

    def __init__(self, message: str) -> None:
        self.message = message
        self.durations_s: dict[Any, float] = {}
        self.skipped: list[Any] = []
        self.testsRun = 0

    def wasSuccessful(self) -> bool:  # noqa: N802 (unittest's name)
        """Return False."""
        return False

    def problems(self) -> Iterable[tuple[str, str, str]]:
        """Yield the one problem."""
        yield "error", "launch", self.message
