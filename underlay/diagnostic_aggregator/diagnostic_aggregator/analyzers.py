"""Analyzers: each takes the statuses it is for and reports them below its path, with a summary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .status import ERROR, OK, STALE, Status, level_message, output_name, roll_up

DEFAULT_TIMEOUT_S = 5.0
Settings = Mapping[str, Any]


class Analyzer(Protocol):
    """What the aggregator and groups need of an analyzer; times are in seconds."""

    path: str
    name: str

    def match(self, name: str) -> bool:
        """Whether statuses of a name are for this analyzer."""

    def analyze(self, status: Status, now_s: float) -> None:
        """Take a status."""

    def report(self, now_s: float) -> list[Status]:
        """Return the summary, named `path`, and the statuses."""


class Matcher:
    """Upstream's ways of saying which names are meant."""

    def __init__(self, settings: Settings, where: str) -> None:
        """ValueError if none is given or an expression is not valid."""
        self.expected = _texts(settings, "expected", where)
        self._names = {*self.expected, *_texts(settings, "name", where)}
        prefixes = _texts(settings, "find_and_remove_prefix", where)
        self._starts = (*_texts(settings, "startswith", where), *prefixes)
        self._contains = _texts(settings, "contains", where)
        self.remove = [output_name(p) for p in (*_texts(settings, "remove_prefix", where), *prefixes)]
        try:
            self._expressions = [re.compile(text) for text in _texts(settings, "regex", where)]
        except re.error as error:
            raise ValueError(f"parameter '{where}regex' is no regular expression: {error}") from error
        if not (self._names or self._starts or self._contains or self._expressions):
            raise ValueError(
                f"analyzer '{where.rstrip('.')}' matches nothing: set one of startswith, contains, name, expected, "
                "regex, find_and_remove_prefix"
            )

    def __call__(self, name: str) -> bool:
        """Whether a name is meant."""
        return (
            name in self._names
            or name.startswith(self._starts)
            or any(part in name for part in self._contains)
            or any(expression.fullmatch(name) for expression in self._expressions)
        )


@dataclass
class _Item:
    status: Status
    seen_s: float


class ItemStore:
    """Remembers the last status of each name, and which of them are stale."""

    def __init__(self, path: str, timeout_s: float, discard_stale: bool, num_items: int = -1) -> None:
        self.path = path
        self._timeout_s = timeout_s
        self._discard_stale = discard_stale and timeout_s > 0.0
        self._num_items = num_items
        self._items: dict[str, _Item] = {}

    def add(self, status: Status, now_s: float) -> None:
        """Take a status."""
        self._items[status.name] = _Item(status, now_s)

    def report(self, now_s: float, remove: list[str]) -> list[Status]:
        """Return the summary and the statuses, without the prefixes of `remove` in their names."""
        levels, reports, values = [], [], []
        for name, item in sorted(self._items.items()):
            stale = self._timeout_s > 0.0 and now_s - item.seen_s > self._timeout_s
            if stale and self._discard_stale:
                del self._items[name]
                continue
            level = STALE if stale else item.status.level
            levels.append(level)
            values.append((name, item.status.message))
            shown = output_name(name)
            for prefix in remove:
                shown = shown.removeprefix(prefix).strip()
            reports.append(replace(item.status, name=f"{self.path}/{shown}", level=level))
        if levels:
            level = roll_up(levels)
        else:
            level = OK if self._discard_stale or self._num_items == 0 else STALE
        message = level_message(level)
        if self._num_items > 0 and len(reports) != self._num_items:
            level = max(ERROR, level)
            message = f"Expected {self._num_items}, found {len(reports)}"
            if not reports:
                message = f"No items found, expected {self._num_items}"
        return [Status(self.path, level, message, values=values), *reports]


class GenericAnalyzer:
    """Takes statuses by their names."""

    def __init__(self, settings: Settings, base: str, where: str) -> None:
        """ValueError for settings that are not valid; `where` is their prefix among the parameters."""
        self.name = str(settings["path"])
        self.path = f"{base}/{self.name}"
        self._match = Matcher(settings, where)
        timeout_s = _number(settings, "timeout", DEFAULT_TIMEOUT_S, where)
        num_items = int(_number(settings, "num_items", -1, where))
        self._store = ItemStore(self.path, timeout_s, bool(settings.get("discard_stale", False)), num_items)
        for name in self._match.expected:
            self._store.add(Status(name, STALE, "Missing"), float("inf"))

    def match(self, name: str) -> bool:
        """Whether statuses of a name are for this analyzer."""
        return self._match(name)

    def analyze(self, status: Status, now_s: float) -> None:
        """Take a status."""
        self._store.add(status, now_s)

    def report(self, now_s: float) -> list[Status]:
        """Return the summary and the statuses."""
        return self._store.report(now_s, self._match.remove)


class DiscardAnalyzer(GenericAnalyzer):
    """Takes statuses by their names and drops them."""

    def analyze(self, status: Status, now_s: float) -> None:
        """Drop a status."""

    def report(self, now_s: float) -> list[Status]:
        """Return nothing."""
        return []


class IgnoreAnalyzer:
    """Takes nothing: switches the settings below it off."""

    def __init__(self, settings: Settings, base: str, where: str) -> None:
        self.name = str(settings.get("path", ""))
        self.path = f"{base}/{self.name}"

    def match(self, name: str) -> bool:
        """Return False."""
        return False

    def analyze(self, status: Status, now_s: float) -> None:
        """Do nothing."""

    def report(self, now_s: float) -> list[Status]:
        """Return nothing."""
        return []


class OtherAnalyzer:
    """Takes what no other analyzer takes; forgets what is stale."""

    name = "Other"

    def __init__(self, base: str, other_as_errors: bool) -> None:
        self.path = f"{base}/Other"
        self._as_errors = other_as_errors
        self._store = ItemStore(self.path, DEFAULT_TIMEOUT_S, discard_stale=True)

    def match(self, name: str) -> bool:
        """Return True."""
        return True

    def analyze(self, status: Status, now_s: float) -> None:
        """Take a status."""
        self._store.add(status, now_s)

    def report(self, now_s: float) -> list[Status]:
        """Return the summary and the statuses; nothing if there are none."""
        reports = self._store.report(now_s, [])
        if len(reports) == 1:
            return []
        if self._as_errors:
            reports[0] = replace(reports[0], level=ERROR, message='Unanalyzed items found in "Other"')
        return reports


class AnalyzerGroup:
    """Hands statuses to analyzers and sums up their summaries; the outermost one holds all analyzers."""

    def __init__(self, settings: Settings, base: str, where: str = "") -> None:
        """ValueError for settings that are not valid."""
        self.name = str(settings.get("path", ""))
        outermost = not where
        self.path = base if outermost else f"{base}/{self.name}"
        self._matches: dict[str, list[Analyzer]] = {}
        nested = settings.get("analyzers")
        entries = {**settings, **nested} if isinstance(nested, Mapping) else settings
        prefix = f"{where}analyzers." if isinstance(nested, Mapping) else where
        self._analyzers = [
            make_analyzer(value, self.path, f"{prefix}{name}.")
            for name, value in entries.items()
            if isinstance(value, Mapping) and name != "analyzers"
        ]
        if not self._analyzers and not outermost:
            raise ValueError(f"analyzer group '{where.rstrip('.')}' has no analyzers")

    def match(self, name: str) -> bool:
        """Whether statuses of a name are for an analyzer of the group."""
        found = self._matches.get(name)
        if found is None:
            found = self._matches[name] = [a for a in self._analyzers if a.match(name)]
        return bool(found)

    def analyze(self, status: Status, now_s: float) -> None:
        """Hand a status to all analyzers that it is for."""
        if self.match(status.name):
            for analyzer in self._matches[status.name]:
                analyzer.analyze(status, now_s)

    def report(self, now_s: float) -> list[Status]:
        """Return the summary and what the analyzers report."""
        reports, levels, values = [], [], []
        for analyzer in self._analyzers:
            for status in analyzer.report(now_s):
                reports.append(status)
                if status.name == analyzer.path:
                    levels.append(status.level)
                    values.append((analyzer.name, status.message))
        level = roll_up(levels)
        name = self.path or "/AnalyzerGroup"
        return [Status(name, level, level_message(level), values=values), *reports]


_TYPES: dict[str, Any] = {
    "GenericAnalyzer": GenericAnalyzer,
    "AnalyzerGroup": AnalyzerGroup,
    "DiscardAnalyzer": DiscardAnalyzer,
    "IgnoreAnalyzer": IgnoreAnalyzer,
}


def make_analyzer(settings: Settings, base: str, where: str) -> Analyzer:
    """Return the analyzer that settings describe; ValueError names the parameter that is not valid."""
    kind = str(settings.get("type", "")).rpartition("/")[2]
    if kind not in _TYPES:
        allowed = ", ".join(f"diagnostic_aggregator/{name}" for name in _TYPES)
        raise ValueError(
            f"parameter '{where}type' is '{settings.get('type', '')}'; allowed: {allowed} (plugins of other "
            "packages need upstream's diagnostic_aggregator)"
        )
    if "path" not in settings and kind != "IgnoreAnalyzer":
        raise ValueError(f"parameter '{where}path' is missing: the name below which the analyzer reports")
    analyzer: Analyzer = _TYPES[kind](settings, base, where)
    return analyzer


def _texts(settings: Settings, name: str, where: str) -> tuple[str, ...]:
    value = settings.get(name, ())
    if isinstance(value, str):
        return (value,)
    if not all(isinstance(item, str) for item in value):
        raise ValueError(f"parameter '{where}{name}' is {value}; a list of texts is expected")
    return tuple(value)


def _number(settings: Settings, name: str, default: float, where: str) -> float:
    value = settings.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"parameter '{where}{name}' is {value}; a number is expected")
    return float(value)
