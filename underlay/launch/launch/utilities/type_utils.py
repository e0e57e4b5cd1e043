"""Values that are given as Python values or as substitutions whose text is read as YAML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import yaml

from ..substitution import Substitution
from . import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from ..launch_context import LaunchContext

ScalarValueType = str | int | float | bool
SomeValueType = Any
NormalizedValueType = Any
_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}


def is_substitution(value: object) -> bool:
    """Whether the value is a substitution or a sequence that has one."""
    if isinstance(value, Substitution):
        return True
    return (
        isinstance(value, Iterable)
        and not isinstance(value, (str, bytes))
        and any(isinstance(item, Substitution) for item in value)
    )


def coerce_to_type(value: str, data_type: type | None = None, can_be_str: bool = False) -> Any:
    """Read text as `data_type` (bool, int, float, str or a list of one), or by YAML's rules if None.

    Raises ValueError naming the text and the type.
    """
    if data_type is str:
        return value
    if data_type is bool:
        if value.strip().lower() in _TRUE:
            return True
        if value.strip().lower() in _FALSE:
            return False
        raise ValueError(f"'{value}' is not a bool; allowed: true, false, yes, no, on, off, 1, 0")
    if data_type in (int, float):
        try:
            return data_type(value)
        except ValueError:
            raise ValueError(f"'{value}' is not of type {data_type.__name__}") from None
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError:
        parsed = value
    parsed = value if parsed is None else parsed
    if data_type is None:
        return parsed
    origin = getattr(data_type, "__origin__", None)
    if origin is list and isinstance(parsed, list):
        item_type = data_type.__args__[0]  # type: ignore[attr-defined]
        return [coerce_to_type(str(item), item_type) for item in parsed]
    if can_be_str:
        return value
    raise ValueError(f"'{value}' is not of type {data_type}")


def normalize_typed_substitution(value: SomeValueType, data_type: type | None = None) -> NormalizedValueType:
    """Return plain values as they are and anything with substitutions as a list of substitutions."""
    return normalize_to_list_of_substitutions(value) if is_substitution(value) else value


def perform_typed_substitution(
    context: LaunchContext, value: NormalizedValueType, data_type: type | None = None
) -> Any:
    """Return the value; substitutions are performed and their text is read as `data_type`."""
    if is_substitution(value):
        text = perform_substitutions(context, normalize_to_list_of_substitutions(value))
        return coerce_to_type(text, data_type)
    if isinstance(value, str) and data_type is not None:
        return coerce_to_type(value, data_type)
    return value
