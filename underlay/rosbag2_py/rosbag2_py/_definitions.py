"""The texts of message types, as bags carry them for readers that do not have the packages."""

from __future__ import annotations

import json
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

from ._storage import MessageDefinition

_BUILTIN = {
    "bool", "byte", "char", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32",
    "int64", "uint64", "string", "wstring",
}  # fmt: skip
_SEPARATOR = "=" * 80


def _file_of(type_name: str, suffix: str) -> Path | None:
    package, _, rest = type_name.partition("/")
    try:
        path = Path(get_package_share_directory(package), f"{rest}{suffix}")
    except (PackageNotFoundError, ValueError):
        return None
    return path if path.is_file() else None


def _field_types(text: str, package: str) -> list[str]:
    """Return the message types that the fields of a `.msg` text have, in order."""
    found = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        name = words[0].partition("[")[0].partition("<")[0]
        if name in _BUILTIN:
            continue
        if "/" not in name:
            name = f"{package}/{name}"
        parts = name.split("/")
        found.append(f"{parts[0]}/msg/{parts[-1]}")
    return found


def type_hash(type_name: str) -> str:
    """Return the RIHS01 hash of an installed message type, an empty text if there is none."""
    path = _file_of(type_name, ".json")
    if path is None:
        return ""
    for entry in json.loads(path.read_text())["type_hashes"]:
        if entry["type_name"] == type_name:
            return str(entry["hash_string"])
    return ""


def message_definition(type_name: str) -> MessageDefinition:
    """Return the text of an installed message type and of all types it is made of.

    Of a type that is not installed as `.msg` the text is empty, and so is the encoding.
    """
    parts: list[str] = []
    wanted = [type_name]
    for name in wanted:
        path = _file_of(name, ".msg")
        if path is None:
            return MessageDefinition(type_name, type_hash=type_hash(type_name))
        text = path.read_text(encoding="utf-8")
        package, _, short = name.partition("/msg/")
        parts.append(text if name == type_name else f"{_SEPARATOR}\nMSG: {package}/{short}\n{text}")
        wanted += [t for t in dict.fromkeys(_field_types(text, package)) if t not in wanted]
    return MessageDefinition(type_name, "ros2msg", "\n".join(parts), type_hash(type_name))
