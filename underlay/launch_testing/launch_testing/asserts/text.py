"""Looking for expected texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

Expected = str | re.Pattern[str] | Sequence[Any]
OutputFilter = Callable[[str], str]
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def strip_ansi(text: str) -> str:
    """Return a text without the escape sequences that colour it."""
    return _ANSI.sub("", text)


def contains(text: str, expected: Expected, output_filter: OutputFilter | None = None) -> bool:
    """Whether a text has the expected one, a match of the expression, or all lines of a list in order."""
    if output_filter is not None:
        text = output_filter(text)
    if isinstance(expected, str):
        return expected in text
    if isinstance(expected, re.Pattern):
        return expected.search(text) is not None
    position = 0
    for part in expected:
        if isinstance(part, re.Pattern):
            match = part.search(text, position)
            start, end = (-1, 0) if match is None else match.span()
        else:
            start = text.find(part, position)
            end = start + len(part)
        if start < 0:
            return False
        position = end
    return True


def describe(expected: Expected) -> str:
    """Return an expected text as messages show it."""
    if isinstance(expected, re.Pattern):
        return f"match of '{expected.pattern}'"
    if isinstance(expected, str):
        return f"'{expected}'"
    return ", then ".join(describe(part) for part in expected)
