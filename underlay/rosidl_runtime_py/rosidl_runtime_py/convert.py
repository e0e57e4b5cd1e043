"""Messages as text and as dictionaries."""

from __future__ import annotations

import array
from collections import OrderedDict
from typing import Any

import numpy
import yaml
from rosidl_parser.definition import AbstractNestedType, Array

_DEFAULT_TRUNCATE_LENGTH = 128
_WIDTH = 10**9


class _Dumper(yaml.SafeDumper):
    """Keeps the order of fields and never uses anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(OrderedDict, lambda dumper, data: dumper.represent_dict(data.items()))


def _is_message(value: Any) -> bool:
    return hasattr(value, "get_fields_and_field_types")


def _slots(msg: Any) -> list[tuple[str, str, Any]]:
    """Return name, type as text and type as definition of each field."""
    return [
        (name, text, slot_type)
        for (name, text), slot_type in zip(
            msg.get_fields_and_field_types().items(), msg.SLOT_TYPES, strict=True
        )
    ]


def message_to_yaml(
    msg: Any,
    *,
    truncate_length: int | None = None,
    no_arr: bool = False,
    no_str: bool = False,
    flow_style: bool = False,
) -> str:
    """Return a message as YAML.

    Sequences and texts longer than `truncate_length` are cut; `no_arr` and `no_str` put a
    description in the place of sequences and texts.
    """
    values = message_to_ordereddict(msg, truncate_length=truncate_length, no_arr=no_arr, no_str=no_str)
    text: str = yaml.dump(
        values,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=_WIDTH,
        default_flow_style=flow_style,
    )
    return text


def message_to_csv(
    msg: Any, *, truncate_length: int | None = None, no_arr: bool = False, no_str: bool = False
) -> str:
    """Return all values of a message, separated by commas."""
    words: list[str] = []

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        else:
            words.append(str(value))

    collect(message_to_ordereddict(msg, truncate_length=truncate_length, no_arr=no_arr, no_str=no_str))
    return ",".join(words)


def message_to_ordereddict(
    msg: Any, *, truncate_length: int | None = None, no_arr: bool = False, no_str: bool = False
) -> OrderedDict[str, Any]:
    """Return a message as a dictionary of plain values; see `message_to_yaml`."""
    values: OrderedDict[str, Any] = OrderedDict()
    for name, type_text, slot_type in _slots(msg):
        values[name] = _convert(
            getattr(msg, name),
            type_text,
            slot_type,
            truncate_length=truncate_length,
            no_arr=no_arr,
            no_str=no_str,
        )
    return values


def _convert(
    value: Any, type_text: str, slot_type: Any, *, truncate_length: int | None, no_arr: bool, no_str: bool
) -> Any:
    options: dict[str, Any] = {"truncate_length": truncate_length, "no_arr": no_arr, "no_str": no_str}
    if isinstance(slot_type, AbstractNestedType) or isinstance(value, (list, array.array, numpy.ndarray)):
        if no_arr:
            return _describe_sequence(value, type_text, slot_type)
        items = value[:truncate_length] if truncate_length is not None else value
        plain = items.tolist() if hasattr(items, "tolist") else list(items)
        element_type = getattr(slot_type, "value_type", None)
        plain = (
            [_convert(item, type_text, element_type, **options) for item in plain]
            if (plain and not isinstance(plain[0], (bool, int, float)))
            else plain
        )
        if truncate_length is not None and len(value) > truncate_length:
            plain.append("...")
        return plain
    if _is_message(value):
        return message_to_ordereddict(value, **options)
    if isinstance(value, bytes):
        return value[0] if len(value) == 1 else list(value)
    if isinstance(value, str):
        if no_str:
            return f"<string length: <{len(value)}>>"
        if truncate_length is not None and len(value) > truncate_length:
            return value[:truncate_length] + "..."
        return value
    return value.item() if isinstance(value, numpy.generic) else value


def _describe_sequence(value: Any, type_text: str, slot_type: Any) -> str:
    element = type_text
    if element.startswith("sequence<"):
        element = element[len("sequence<") : -1].split(",")[0]
    element = element.partition("[")[0]
    if isinstance(slot_type, Array):
        return f"<array type: {element}[{len(value)}]>"
    return f"<sequence type: {element}, length: {len(value)}>"


def get_message_slot_types(msg: Any) -> OrderedDict[str, Any]:
    """Return the definition of each field's type by name."""
    return OrderedDict(
        (name, slot_type)
        for name, slot_type in zip(msg.get_fields_and_field_types(), msg.SLOT_TYPES, strict=True)
    )
