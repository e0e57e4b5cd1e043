"""Checked access to the attributes of an OpenDRIVE document: every error says what is wrong, and where."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.road_network import MAX_COORDINATE

_REQUIRED = object()


class Fields:
    """An element of the document and where it is, for errors."""

    def __init__(self, element: Element, where: str) -> None:
        self.element = element
        self.where = where

    def error(self, what: str) -> ValueError:
        """An error that says where it is."""
        return ValueError(f"OpenDRIVE: {self.where}: {what}")

    def children(self, *path: str) -> list[Fields]:
        """Elements at a path below this one, numbered in their names."""
        found: Iterable[Element] = self.element.findall("/".join(path))
        return [Fields(child, f"{self.where}, {child.tag} {number}") for number, child in enumerate(found)]

    def child(self, name: str) -> Fields | None:
        """The first element of a name."""
        found = self.element.find(name)
        return None if found is None else Fields(found, f"{self.where}, {name}")

    def text(self, name: str, default: object = _REQUIRED) -> str:
        """An attribute as it is. Raises ValueError when it is missing and has no default."""
        value = self.element.get(name)
        if value is None:
            if default is _REQUIRED:
                raise self.error(f"attribute {name!r} is missing")
            return str(default)
        return value

    def number(self, name: str, default: object = _REQUIRED, limit: float = MAX_COORDINATE) -> float:
        """A finite number of at most `limit` in size. Raises ValueError."""
        text = self.text(name, default)
        try:
            value = float(text)
        except ValueError:
            raise self.error(f"attribute {name!r} is {text!r}, not a number") from None
        if not math.isfinite(value) or abs(value) > limit:
            raise self.error(f"attribute {name!r} is {text}; allowed: finite numbers up to {limit:g}")
        return value

    def integer(self, name: str, default: object = _REQUIRED) -> int:
        """A whole number that fits in 32 bits. Raises ValueError."""
        text = self.text(name, default)
        try:
            value = int(text)
        except ValueError:
            raise self.error(f"attribute {name!r} is {text!r}, not a whole number") from None
        if abs(value) >= 2**31:
            raise self.error(f"attribute {name!r} is {text}; allowed: whole numbers below 2^31")
        return value

    def id(self, name: str = "id") -> int:
        """The id of a road or junction: a whole number, as CARLA takes no other. Raises ValueError."""
        value = self.integer(name)
        if value < 0:
            raise self.error(f"attribute {name!r} is {value}; allowed: 0 and above")
        return value

    def unsigned_length(self, name: str, default: object = _REQUIRED) -> float:
        """A number that is not negative. Raises ValueError."""
        value = self.number(name, default)
        if value < 0.0:
            raise self.error(f"attribute {name!r} is {value:g}; allowed: 0 and above")
        return value


def cubic_table(records: list[Fields], start: float = 0.0, place: str = "s") -> npt.NDArray[np.float64]:
    """Cubics by ascending s, as tables of `road_kernel` have them; `start` is added to their places.

    Raises:
        ValueError: a number is missing or not finite.
    """
    rows = [
        (
            start + record.number(place, 0.0),
            *(record.number(name, 0.0, math.inf) for name in ("a", "b", "c", "d")),
        )
        for record in records
    ]
    rows.sort(key=lambda row: row[0])
    return np.array(rows, dtype=np.float64).reshape(-1, 5)
