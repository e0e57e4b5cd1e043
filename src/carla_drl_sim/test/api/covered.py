"""Which method of CARLA's Python API is accepted by which test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

CLASSES = (
    "Client",
    "World",
    "WorldSettings",
    "WorldSnapshot",
    "Map",
    "Waypoint",
    "Landmark",
    "Junction",
    "BlueprintLibrary",
    "ActorBlueprint",
    "Actor",
    "Vehicle",
    "Walker",
    "WalkerAIController",
    "TrafficSign",
    "TrafficLight",
    "TrafficManager",
    "Sensor",
    "ServerSideSensor",
    "LightManager",
    "DebugHelper",
)
"""Classes whose public methods and attributes all have a test here."""


@dataclass(frozen=True)
class Accepted:
    """One method or attribute and its test."""

    name: str
    state: str
    note: str
    test: str


ACCEPTED: dict[str, Accepted] = {}
"""By "Class.method"."""


def covers(*names: str, state: str = "full", note: str = "") -> Callable[[Test], Test]:
    """Say that a test accepts methods, as "Class.method".

    Args:
        names: what the test accepts.
        state: full; partial: works as far as the note says; refused: answers with the error that the test expects.
        note: what is missing or different.
    """
    assert state in {"full", "partial", "refused"}

    def register(test: Test) -> Test:
        for name in names:
            assert name not in ACCEPTED, f"{name} has two tests"
            ACCEPTED[name] = Accepted(name, state, note, f"{test.__module__}.{test.__name__}")
        return test

    return register
