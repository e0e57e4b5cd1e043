"""Typed configuration: strict models, YAML files, and error messages that name the field and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from pydantic import BaseModel, ConfigDict, ValidationError

from drl_agent_node.errors import ConfigurationError

ConfigT = TypeVar("ConfigT", bound="StrictConfig")


class StrictConfig(BaseModel):
    """Immutable and hashable; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def from_mapping(cls: type[ConfigT], values: Mapping[str, Any], where: str) -> ConfigT:
        """Build the configuration from plain data; `where` names its origin in messages.

        Raises:
            ConfigurationError: naming the first field that is unknown or out of range, and what is allowed.
        """
        unknown = sorted(set(values) - set(cls.model_fields))
        if unknown:
            allowed = ", ".join(sorted(cls.model_fields))
            raise ConfigurationError(f"{where}: unknown field '{unknown[0]}'; allowed fields: {allowed}")
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or cls.__name__
            raise ConfigurationError(
                f"{where}: field '{field}' = {first['input']!r} cannot be used; {first['msg']}"
            ) from None


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; an empty file is an empty mapping.

    Raises:
        ConfigurationError: when the file is absent, not YAML, or not a mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read '{path}': {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"'{path}' is not valid YAML: {' '.join(str(error).split())}") from None
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise ConfigurationError(f"'{path}' must hold a mapping of field names to values")
    return values


def find_config(folder: str, name: str) -> Path:
    """Return the YAML file of a name in carla_drl_bringup's configuration, or of a path.

    Raises:
        ConfigurationError: when there is none.
    """
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    try:
        shipped = Path(get_package_share_directory("carla_drl_bringup")) / "config" / folder
    except PackageNotFoundError:
        raise ConfigurationError(
            f"'{name}': carla_drl_bringup is not built; give the path of a .yaml file"
        ) from None
    path = shipped / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in shipped.glob("*.yaml")))
        raise ConfigurationError(f"'{name}' is none of {known}, and no path of a .yaml file")
    return path
