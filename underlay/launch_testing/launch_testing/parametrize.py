"""One launch for each of several values."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Variant = tuple[Callable[..., Any], dict[str, Any]]


def parametrize(
    argnames: str, argvalues: Iterable[Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for `generate_test_description`: it gets each value, or row of values, by name.

    `argnames` are names with commas between them. The tests see the same values as arguments.
    """
    names = [name.strip() for name in argnames.split(",") if name.strip()]
    rows = [(value,) if len(names) == 1 else tuple(value) for value in argvalues]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def variants() -> Iterator[Variant]:
            for row in rows:
                given = dict(zip(names, row, strict=True))
                yield functools.partial(function, **given), given

        function.__parametrized__ = variants  # type: ignore[attr-defined]
        return function

    return decorate


def variants_of(function: Callable[..., Any]) -> list[Variant]:
    """Return the function once for each row of values, or once as it is."""
    parametrized = getattr(function, "__parametrized__", None)
    return [(function, {})] if parametrized is None else list(parametrized())
