"""Parameters with a fixed type, and parameter files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml
from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from launch.utilities.type_utils import coerce_to_type, is_substitution

from .utilities.parameter_files import remove_at_exit


class ParameterValue:
    """A value, possibly of substitutions, read as `value_type` (None: by YAML's rules)."""

    def __init__(self, value: Any, *, value_type: Any = None) -> None:
        self.__value = normalize_to_list_of_substitutions(value) if is_substitution(value) else value
        self.__value_type = value_type
        self.__evaluated: Any = None

    @property
    def value(self) -> Any:
        """Value as given, or as evaluated."""
        return self.__value if self.__evaluated is None else self.__evaluated

    @property
    def value_type(self) -> Any:
        """Type to read the value as."""
        return self.__value_type

    def evaluate(self, context: LaunchContext) -> Any:
        """Return the value; ValueError if it is not of the type."""
        value = self.__value
        if is_substitution(value):
            value = coerce_to_type(perform_substitutions(context, value), self.__value_type)
        elif self.__value_type is not None and isinstance(value, str):
            value = coerce_to_type(value, self.__value_type)
        elif self.__value_type is str:
            value = str(value)
        self.__evaluated = value
        return value


class Parameter:
    """One parameter, passed as `-p name:=value`."""

    def __init__(
        self, name: SomeSubstitutionsType, value: Any, *, description: str = "", value_type: Any = None
    ) -> None:
        self.__name = normalize_to_list_of_substitutions(name)
        self.__value = (
            value if isinstance(value, ParameterValue) else ParameterValue(value, value_type=value_type)
        )
        self.__description = description
        self.__evaluated: tuple[str, Any] | None = None

    @property
    def name(self) -> Any:
        """Name as given, or as evaluated."""
        return self.__name if self.__evaluated is None else self.__evaluated[0]

    @property
    def value(self) -> Any:
        """Value as given, or as evaluated."""
        return self.__value.value

    @property
    def description(self) -> str:
        """Text for people."""
        return self.__description

    @property
    def yaml_value(self) -> str:
        """Evaluated value on one line of YAML."""
        return (
            yaml.safe_dump(self.__value.value, default_flow_style=True, width=10**9).split("\n...")[0].strip()
        )

    def evaluate(self, context: LaunchContext) -> tuple[str, Any]:
        """Return name and value."""
        self.__evaluated = (perform_substitutions(context, self.__name), self.__value.evaluate(context))
        return self.__evaluated


class ParameterFile:
    """A parameter file; with `allow_substs`, `$(var x)`, `$(env X)` and `$(find-pkg-share p)` are replaced."""

    def __init__(
        self, param_file: SomeSubstitutionsType | os.PathLike[str], *, allow_substs: Any = False
    ) -> None:
        self.__file: list[Substitution] = normalize_to_list_of_substitutions(param_file)
        self.__allow_substs = allow_substs
        self.__evaluated: Path | None = None

    @property
    def param_file(self) -> Any:
        """Path as given, or as evaluated."""
        return self.__file if self.__evaluated is None else self.__evaluated

    @property
    def allow_substs(self) -> Any:
        """Whether substitutions in the file are replaced."""
        return self.__allow_substs

    def evaluate(self, context: LaunchContext) -> Path:
        """Return the path of the file, or of a copy without substitutions."""
        path = Path(perform_substitutions(context, self.__file))
        allow = self.__allow_substs
        if not isinstance(allow, bool):
            allow = coerce_to_type(
                perform_substitutions(context, normalize_to_list_of_substitutions(allow)), bool
            )
        if allow:
            from .utilities.text_substitutions import replace_substitutions

            text = replace_substitutions(context, path.read_text(encoding="utf-8"), str(path))
            with tempfile.NamedTemporaryFile(
                "w", prefix="launch_params_", delete=False, encoding="utf-8"
            ) as file:
                file.write(text)
            remove_at_exit(file.name)
            path = Path(file.name)
        self.__evaluated = path
        return path

    def cleanup(self) -> None:
        """Forget the evaluated path; copies are removed when the interpreter exits."""
        self.__evaluated = None
