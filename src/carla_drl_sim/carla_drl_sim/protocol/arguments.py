"""Checked decoding of RPC arguments: every function takes a decoded value and returns it typed, or refuses it.

MessagePack carries types, so a wrong type is a broken or hostile peer; a non-finite number would spread through the
whole physics state. Both are refused with ``ArgumentError`` before a handler runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol.structs import Pose

T = TypeVar("T")
Check = Callable[[Any], Any]
Vector = tuple[float, float, float]
Control = tuple[float, float, float, float, float, float, float]

_MAX_COORDINATE = 1e7  # metres, m/s, ...: float32 has lost all sub-metre resolution long before


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def any_value(value: Any) -> Any:
    """Accept whatever was sent."""
    return value


def boolean(value: Any) -> bool:
    """Accept a boolean."""
    if type(value) is not bool:
        raise ArgumentError(f"expected a boolean, got {_shown(value)}")
    return value


def unsigned(value: Any) -> int:
    """Accept an integer from 0 to 2**32 - 1 (ids, frames, flags)."""
    if type(value) is not int or not 0 <= value <= 0xFFFFFFFF:
        raise ArgumentError(f"expected an unsigned 32-bit integer, got {_shown(value)}")
    return value


def flags(value: Any) -> int:
    """Accept a one-element array with an unsigned integer."""
    return unsigned(array(value, 1, "flags")[0])


def integer(value: Any) -> int:
    """Accept a signed 32-bit integer."""
    if type(value) is not int or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise ArgumentError(f"expected a 32-bit integer, got {_shown(value)}")
    return value


def text(value: Any) -> str:
    """Accept a string of at most 1024 characters."""
    if not isinstance(value, str) or len(value) > 1024:
        raise ArgumentError(f"expected a string of at most 1024 characters, got {_shown(value)}")
    return value


def number(value: Any) -> float:
    """Accept a finite number."""
    if type(value) is float or type(value) is int:
        result = float(value) if -1e30 < value < 1e30 else math.nan
        if math.isfinite(result):
            return result
    raise ArgumentError(f"expected a finite number, got {_shown(value)}")


def array(value: Any, length: int, what: str) -> list[Any]:
    """Accept an array of a known length."""
    if type(value) is not list or len(value) != length:
        raise ArgumentError(f"expected {what} (array of {length}), got {_shown(value)}")
    return value


def vector(value: Any) -> Vector:
    """Accept x, y, z: finite and below 1e7."""
    x, y, z = array(value, 3, "a vector")
    result = (number(x), number(y), number(z))
    if max(abs(result[0]), abs(result[1]), abs(result[2])) > _MAX_COORDINATE:
        raise ArgumentError(f"vector {_shown(value)} is larger than {_MAX_COORDINATE:g}")
    return result


def pose(value: Any) -> Pose:
    """Accept a transform [[x, y, z], [pitch, yaw, roll]]."""
    location, rotation = array(value, 2, "a transform")
    return Pose(*vector(location), *vector(rotation))


def list_of(item: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """Accept an array whose items all pass ``item``."""

    def check(value: Any) -> list[T]:
        if type(value) is not list:
            raise ArgumentError(f"expected an array, got {_shown(value)}")
        return [item(element) for element in value]

    return check


def numbers(count: int, what: str) -> Callable[[Any], list[float]]:
    """Accept an array of ``count`` finite numbers."""

    def check(value: Any) -> list[float]:
        return [number(element) for element in array(value, count, what)]

    return check


def optional(item: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Accept [false] (absent) or [true, value]."""

    def check(value: Any) -> T | None:
        if type(value) is list and value and value[0] is False:
            return None
        flag, element = array(value, 2, "an optional")
        if flag is not True:
            raise ArgumentError(f"expected an optional, got {_shown(value)}")
        return item(element)

    return check


def vehicle_control(value: Any) -> Control:
    """Accept throttle 0..1, steer -1..1, brake 0..1, hand brake, reverse, manual gear shift, gear.

    Finite values outside the ranges are clamped, as CARLA does.
    """
    throttle, steer, brake, hand_brake, reverse, manual, gear = array(value, 7, "a vehicle control")
    if type(gear) is not int or not -1 <= gear <= 16:
        raise ArgumentError(f"gear must be an integer from -1 to 16, got {_shown(gear)}")
    return (
        min(1.0, max(0.0, number(throttle))),
        min(1.0, max(-1.0, number(steer))),
        min(1.0, max(0.0, number(brake))),
        1.0 if boolean(hand_brake) else 0.0,
        1.0 if boolean(reverse) else 0.0,
        1.0 if boolean(manual) else 0.0,
        float(gear),
    )


class Description:
    """A blueprint with chosen attribute values, as sent with a spawn request."""

    __slots__ = ("attributes", "type_id", "uid", "wire")

    def __init__(self, uid: int, type_id: str, values: Sequence[tuple[str, int, str]]) -> None:
        self.uid = uid
        self.type_id = type_id
        self.attributes = {name: setting for name, _, setting in values}
        self.wire: list[object] = [uid, type_id, [list(item) for item in values]]


def _attribute_value(value: Any) -> tuple[str, int, str]:
    name, kind, setting = array(value, 3, "an attribute value")
    return text(name), unsigned(kind), text(setting)


def description(value: Any) -> Description:
    """Accept [uid, type id, [[attribute, type, value], ...]] with at most 64 attributes."""
    uid, type_id, values = array(value, 3, "an actor description")
    if type(values) is not list or len(values) > 64:
        raise ArgumentError("an actor description has at most 64 attributes")
    return Description(unsigned(uid), text(type_id), [_attribute_value(item) for item in values])
