"""All analyzers of a robot."""

from __future__ import annotations

from .analyzers import AnalyzerGroup, OtherAnalyzer, Settings
from .status import ERROR, Status


class Aggregator:
    """Takes statuses and reports them grouped; times are in seconds."""

    def __init__(self, settings: Settings) -> None:
        """ValueError for settings that are not valid."""
        path = str(settings.get("path", ""))
        base = f"/{path.lstrip('/')}" if path else ""
        self._group = AnalyzerGroup(settings, base)
        self._other = OtherAnalyzer(base, bool(settings.get("other_as_errors", False)))

    def add(self, status: Status, now_s: float) -> None:
        """Take a status."""
        if self._group.match(status.name):
            self._group.analyze(status, now_s)
        else:
            self._other.analyze(status, now_s)

    def report(self, now_s: float) -> tuple[list[Status], int]:
        """Return all statuses and the level of the whole: an error if some, but not all, are stale."""
        reports = self._group.report(now_s) + self._other.report(now_s)
        levels = [status.level for status in reports]
        worst = max(levels)
        return reports, ERROR if worst > ERROR and min(levels) <= ERROR else worst
