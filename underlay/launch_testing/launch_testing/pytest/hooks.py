"""pytest plugin: modules whose `generate_test_description` has the mark `launch_test` are launch tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_MARK = "launch_test"


class LaunchTestFailure(Exception):  # noqa: N818 (upstream's name)
    """A test of a launch failed."""

    def __init__(self, message: str, results: dict[Any, Any]) -> None:
        super().__init__(message)
        self.results = results

    def __str__(self) -> str:
        texts = [
            f"{kind.upper()}: {test}\n{text}"
            for found in self.results.values()
            for result in found
            if not result.wasSuccessful()
            for kind, test, text in result.problems()
        ]
        return "\n".join([str(self.args[0]), *texts])


class LaunchTestItem(pytest.Item):
    """One launch with all of its tests."""

    def __init__(self, *, test_run: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.test_run = test_run

    def runtest(self) -> None:
        """Run it; LaunchTestFailure if a test fails."""
        from ..test_runner import LaunchTestRunner, successful

        arguments = self.config.getoption("--launch-args")
        results = LaunchTestRunner([self.test_run], arguments).run()
        if not successful(results):
            raise LaunchTestFailure(f"launch test '{self.test_run}' failed", results)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the problems of a failed launch test, a traceback of everything else."""
        if isinstance(excinfo.value, LaunchTestFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the test is and how it is called."""
        return self.path, 0, f"launch test: {self.name}"


class LaunchTestModule(pytest.Module):
    """A module with launch tests."""

    def collect(self) -> Iterator[Any]:
        """Yield one item for each launch; a module without the mark is collected as usual."""
        from ..loader import LoadTestsFromPythonModule

        function = getattr(self.obj, "generate_test_description", None)
        marks = [mark.name for mark in getattr(function, "pytestmark", [])]
        if _MARK not in marks:
            yield from super().collect()
            return
        for run in LoadTestsFromPythonModule(self.obj, name=self.path.stem):
            item = LaunchTestItem.from_parent(self, name=str(run), test_run=run)
            item.own_markers.extend(function.pytestmark)  # type: ignore[union-attr]
            yield item


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    """Take modules that may have launch tests; the text tells without an import."""
    try:
        text = module_path.read_text(encoding="utf-8", errors="ignore")
    except OSError:
        return None
    if "generate_test_description" not in text or _MARK not in text:
        return None
    module: pytest.Module = LaunchTestModule.from_parent(parent, path=module_path)
    return module


def pytest_addoption(parser: Any) -> None:
    """Add the option for launch arguments."""
    parser.addoption(
        "--launch-args",
        nargs="*",
        default=[],
        help="Arguments of launch tests, name:=value",
        metavar="ARGUMENT",
    )


def pytest_configure(config: Any) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers", "launch_test: mark a generate_test_description function as a launch test"
    )
