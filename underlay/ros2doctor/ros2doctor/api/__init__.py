"""Checks and reports; both are extensions, of the groups `ros2doctor.checks` and `ros2doctor.report`."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from ros2cli.plugin_system import get_entry_points


@dataclass
class Result:
    """How a check went."""

    error: int = 0
    warning: int = 0

    def add_error(self) -> None:
        """Note that something is broken."""
        self.error += 1

    def add_warning(self) -> None:
        """Note that something may be wrong."""
        self.warning += 1


@dataclass
class Report:
    """A heading and lines of a name and a value."""

    name: str
    items: list[tuple[str, str]] = field(default_factory=list)

    def add_to_report(self, item_name: str, item_info: object) -> None:
        """Add a line."""
        self.items.append((item_name, str(item_info)))


class DoctorCheck:
    """Base of checks."""

    def category(self) -> str:
        """Return which report has the details."""
        raise NotImplementedError

    def check(self) -> Result:
        """Return how it went, after printing what is wrong with `doctor_error` or `doctor_warn`."""
        raise NotImplementedError


class DoctorReport:
    """Base of reports."""

    def category(self) -> str:
        """Return the name that checks refer to."""
        raise NotImplementedError

    def report(self) -> Report:
        """Return the report."""
        raise NotImplementedError


def doctor_warn(message: str) -> None:
    """Print a warning."""
    print(f"UserWarning: WARNING: {message}", file=sys.stderr)


def doctor_error(message: str) -> None:
    """Print an error."""
    print(f"UserWarning: ERROR: {message}", file=sys.stderr)


def format_print(report: Report) -> None:
    """Print a report."""
    print(f"\n   {report.name}")
    width = max((len(name) for name, _ in report.items), default=0)
    for name, value in report.items:
        print(f"{name:<{width}} : {value}")


_PACKAGES = "package"
"""Category of checks and reports that `exclude_packages` leaves out."""


def run_checks(
    *, include_warnings: bool = False, exclude_packages: bool = False
) -> tuple[set[str], list[str], int]:
    """Run all checks; return the categories and names of those that failed, and how many there are."""
    categories: set[str] = set()
    names = []
    entry_points = get_entry_points("ros2doctor.checks")
    checks: dict[str, DoctorCheck] = {name: entry_points[name].load()() for name in sorted(entry_points)}
    if exclude_packages:
        checks = {name: check for name, check in checks.items() if check.category() != _PACKAGES}
    for name, check in checks.items():
        try:
            result = check.check()
        except Exception as error:  # one broken check must not hide the others
            doctor_error(f"{name} could not be checked: {error}")
            result = Result(error=1)
        if result.error or (include_warnings and result.warning):
            categories.add(check.category())
            names.append(name)
    return categories, names, len(checks)


def generate_reports(*, categories: set[str] | None = None, exclude_packages: bool = False) -> list[Report]:
    """Return the reports, or those of some categories."""
    entry_points = get_entry_points("ros2doctor.report")
    reports: list[DoctorReport] = [entry_points[name].load()() for name in sorted(entry_points)]
    return [
        report.report()
        for report in reports
        if (categories is None or report.category() in categories)
        and not (exclude_packages and report.category() == _PACKAGES)
    ]
