"""Definitions of message types as one text, as Foxglove and MCAP want them (schema encoding `ros2msg`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

from carla_drl_tools.errors import ToolError

_SEPARATOR: Final = "=" * 80
_PRIMITIVES: Final = frozenset(
    [
        "bool",
        "byte",
        "char",
        "float32",
        "float64",
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int32",
        "uint32",
        "int64",
        "uint64",
        "string",
        "wstring",
    ]
)


@cache
def definition(name: str) -> str:
    """Return the `.msg` text of a type such as `std_msgs/msg/Header`, then those of all types that it is made of.

    Raises:
        ToolError: when the type or one of its parts is not installed.
    """
    texts: dict[str, str] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        if current not in texts:
            texts[current] = _text(current)
            waiting += _parts(texts[current], current.split("/")[0])
    first = texts.pop(name)
    others = (f"{_SEPARATOR}\nMSG: {_short(part)}\n{text}" for part, text in texts.items())
    return "\n".join([first, *others])


def _short(name: str) -> str:
    package, _, kind = name.split("/")
    return f"{package}/{kind}"


def _text(name: str) -> str:
    try:
        package, folder, kind = name.split("/")
        return (Path(get_package_share_directory(package)) / folder / f"{kind}.msg").read_text()
    except (ValueError, PackageNotFoundError, OSError) as error:
        raise ToolError(f"the definition of message type '{name}' is not installed: {error}") from error


def _parts(text: str, package: str) -> list[str]:
    """Return the message types that the fields of a definition have."""
    found = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) < 2:
            continue
        kind = words[0].split("[", 1)[0].split("<", 1)[0]
        if kind in _PRIMITIVES:
            continue
        names = kind.split("/")
        found.append(f"{names[0] if len(names) > 1 else package}/msg/{names[-1]}")
    return found
