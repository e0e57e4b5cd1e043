"""Filling messages from dictionaries."""

from __future__ import annotations

import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from .import_message import import_message_from_namespaced_type


def set_message_fields(
    msg: Any,
    values: Mapping[str, Any] | Sequence[Any],
    expand_header_auto: bool = False,
    expand_time_now: bool = False,
) -> list[Callable[[Any], None]]:
    """Set the fields of a message from a dictionary of plain values, nested where fields are messages.

    With `expand_header_auto` a header may be `auto`, with `expand_time_now` a time may be `now`; the
    functions that are returned set them to the time they are given.
    Raises ValueError if the values are no dictionary, AttributeError for unknown fields, and TypeError
    for values of the wrong type.
    """
    timestamp_setters: list[Callable[[Any], None]] = []
    if not isinstance(values, Mapping):
        raise ValueError(
            f"values of {type(msg).__name__} are {values!r}; a dictionary of fields is expected, "
            f"with: {', '.join(msg.get_fields_and_field_types())}"
        )
    slot_types = dict(zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True))
    for name, value in values.items():
        if name not in slot_types:
            raise AttributeError(
                f"{type(msg).__name__} has no field '{name}'; it has: {', '.join(slot_types) or 'none'}"
            )
        current = getattr(msg, name)
        kind = _full_name(current)
        if expand_header_auto and value == "auto" and kind == "std_msgs/msg/Header":
            timestamp_setters.append(_setter(current, "stamp"))
        elif expand_time_now and value == "now" and kind == "builtin_interfaces/msg/Time":
            timestamp_setters.append(_setter(msg, name))
        elif hasattr(current, "get_fields_and_field_types"):
            if isinstance(value, type(current)):
                setattr(msg, name, value)
            else:
                timestamp_setters += set_message_fields(current, value, expand_header_auto, expand_time_now)
        else:
            setattr(msg, name, _plain(current, value, slot_types[name], name, timestamp_setters,
                                      (expand_header_auto, expand_time_now)))  # fmt: skip
    return timestamp_setters


def _full_name(value: Any) -> str:
    module = type(value).__module__.split(".")
    return f"{module[0]}/{module[1]}/{type(value).__name__}" if len(module) > 1 else ""


def _setter(owner: Any, field: str) -> Callable[[Any], None]:
    return lambda stamp: setattr(owner, field, stamp)


def _plain(
    current: Any,
    value: Any,
    slot_type: Any,
    name: str,
    setters: list[Callable[[Any], None]],
    expand: tuple[bool, bool],
) -> Any:
    if isinstance(current, array.array):
        return array.array(current.typecode, value)
    if isinstance(current, numpy.ndarray):
        if len(value) != len(current):
            raise ValueError(f"field '{name}' has {len(value)} values; {len(current)} are expected")
        return numpy.array(value, dtype=current.dtype)
    if isinstance(current, bytes):
        return bytes([value]) if isinstance(value, int) else bytes(value)
    element_type = getattr(slot_type, "value_type", None)
    if isinstance(current, list) and hasattr(element_type, "namespaces") and isinstance(value, Sequence):
        element_class = import_message_from_namespaced_type(element_type)
        items = []
        for item in value:
            element = item if isinstance(item, element_class) else element_class()
            if element is not item:
                setters += set_message_fields(element, item, *expand)
            items.append(element)
        return items
    if isinstance(current, list):
        return list(value)
    try:
        return value if isinstance(value, type(current)) else type(current)(value)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"field '{name}' is {value!r}; a value of type {type(current).__name__} is expected"
        ) from error
