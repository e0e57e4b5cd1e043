"""Checks what is given as parameters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from launch import Substitution

SomeParameters = Iterable[Any]


def normalize_parameters(parameters: SomeParameters) -> list[Any]:
    """Return the list of dictionaries, files and Parameters; TypeError for anything else."""
    from ..parameter_descriptions import Parameter, ParameterFile

    if isinstance(parameters, (str, Mapping)) or not isinstance(parameters, Iterable):
        raise TypeError(
            f"'parameters' is {parameters!r}; a list of dictionaries, paths of YAML files or substitutions is expected"
        )
    entries: list[Any] = []
    for entry in parameters:
        if isinstance(entry, (Parameter, ParameterFile, Mapping)):
            entries.append(entry)
        elif isinstance(entry, (str, os.PathLike, Substitution, list, tuple)):
            entries.append(ParameterFile(entry))
        else:
            raise TypeError(
                f"'parameters' has the entry {entry!r} of type {type(entry).__name__}; allowed: a dictionary, "
                "the path of a YAML file, a substitution, ParameterFile, Parameter"
            )
    return entries
