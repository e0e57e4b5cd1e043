"""Extension points: commands and verbs that packages register by entry points."""

from __future__ import annotations

import functools
import logging
from importlib.metadata import EntryPoint, entry_points
from typing import Any

PLUGIN_SYSTEM_VERSION = "0.1"
COMMAND_GROUP = "ros2cli.command"


class PluginException(Exception):  # noqa: N818 (upstream's name)
    """An extension cannot be used."""


@functools.cache
def get_entry_points(group_name: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, without loading them."""
    return {entry_point.name: entry_point for entry_point in entry_points(group=group_name)}


def instantiate(group_name: str, name: str) -> Any:
    """Load an extension and return an instance; PluginException if that fails."""
    entry_point = get_entry_points(group_name)[name]
    try:
        extension = entry_point.load()()
    except Exception as error:
        raise PluginException(
            f"extension '{name}' of '{group_name}' ({entry_point.value}) cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    extension.NAME = name
    return extension


def instantiate_extensions(group_name: str, *, exclude_names: list[str] | None = None) -> dict[str, Any]:
    """Load all extensions of a group; those that fail are logged and left out."""
    loaded = {}
    for name in sorted(get_entry_points(group_name)):
        if name in (exclude_names or []):
            continue
        try:
            loaded[name] = instantiate(group_name, name)
        except PluginException as error:
            logging.getLogger("ros2cli").error(str(error))
    return loaded


def satisfies_version(version: str, caret_range: str) -> None:
    """Raise PluginException unless `version` fits a range such as `^0.1`."""
    have = [int(part) for part in version.split(".")]
    want = [int(part) for part in caret_range.lstrip("^").split(".")]
    fixed = 1 if want[0] > 0 else 2
    if have[:fixed] != want[:fixed] or have < want:
        raise PluginException(f"extension point version {version} does not fit {caret_range}")
