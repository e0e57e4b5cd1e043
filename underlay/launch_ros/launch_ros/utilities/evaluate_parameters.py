"""Parameters with their substitutions performed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from launch import LaunchContext, Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import is_substitution

_SCALARS = (bool, int, float, str, bytes)


def _text_of(context: LaunchContext, value: Any) -> str:
    return perform_substitutions(context, normalize_to_list_of_substitutions(value))


def _read_yaml(text: str, name: str) -> Any:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(
            f"parameter '{name}' is '{text}', which is not valid YAML; use ParameterValue(..., value_type=str) "
            "for plain text"
        ) from error
    return text if value is None or isinstance(value, dict) else value


def evaluate_value(context: LaunchContext, value: Any, name: str) -> Any:
    """Return a parameter's value: text of substitutions is read as YAML, text stays text.

    Raises ValueError for lists of mixed types and for types that a parameter cannot have.
    """
    from ..parameter_descriptions import ParameterValue

    if isinstance(value, ParameterValue):
        return value.evaluate(context)
    if is_substitution(value):
        return _read_yaml(_text_of(context, value), name)
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy arrays and scalars, array.array
        return evaluate_value(context, value.tolist(), name)
    if isinstance(value, Sequence):
        items = [
            _text_of(context, item) if is_substitution(item) else evaluate_value(context, item, name)
            for item in value
        ]
        kinds = {type(item) for item in items}
        if kinds == {int, float}:
            return [float(item) for item in items]
        if len(kinds) > 1:
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise ValueError(f"parameter '{name}' is a list of mixed types ({names}); one type is allowed")
        return items
    raise ValueError(
        f"parameter '{name}' is {value!r} of type {type(value).__name__}; allowed: bool, int, float, str, "
        "bytes, a list of one of these, a substitution, or ParameterValue"
    )


def evaluate_parameter_dict(
    context: LaunchContext, parameters: Mapping[Any, Any], prefix: str = ""
) -> dict[str, Any]:
    """Return a flat dictionary; nested names are joined by dots."""
    flat: dict[str, Any] = {}
    for key, value in parameters.items():
        name = key if isinstance(key, str) else _text_of(context, key)
        name = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping):
            flat.update(evaluate_parameter_dict(context, value, name))
        else:
            flat[name] = evaluate_value(context, value, name)
    return flat


def evaluate_parameters(context: LaunchContext, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """Return dictionaries, paths and evaluated Parameters in the order given."""
    from ..parameter_descriptions import Parameter, ParameterFile

    evaluated: list[Any] = []
    for entry in parameters:
        if isinstance(entry, Parameter):
            entry.evaluate(context)
            evaluated.append(entry)
        elif isinstance(entry, ParameterFile):
            evaluated.append(entry.evaluate(context))
        elif isinstance(entry, Mapping):
            evaluated.append(evaluate_parameter_dict(context, entry))
        elif isinstance(entry, (list, tuple, Substitution)):
            evaluated.append(Path(_text_of(context, entry)))
        else:
            evaluated.append(Path(entry))
    return tuple(evaluated)
