"""Interfaces that are installed."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ament_index_python import get_package_share_directory, get_resource, get_resources

_RESOURCE = "rosidl_interfaces"


def get_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the interfaces, such as `msg/String`, by package; LookupError for unknown packages."""
    names = list(package_names) or list(get_resources(_RESOURCE))
    interfaces = {}
    for package in names:
        content, _ = get_resource(_RESOURCE, package)
        lines = {
            line.rpartition(".")[0]
            for line in content.splitlines()
            if line.endswith((".idl", ".msg", ".srv", ".action"))
        }
        interfaces[package] = sorted(line for line in lines if not line.endswith(("_Request", "_Response")))
    return interfaces


def _of_kind(package_names: Iterable[str], kind: str) -> dict[str, list[str]]:
    found = {}
    for package, names in get_interfaces(package_names).items():
        matching = [name for name in names if name.startswith(kind + "/")]
        if matching:
            found[package] = matching
    return found


def get_message_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the messages by package."""
    return _of_kind(package_names, "msg")


def get_service_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the services by package."""
    return _of_kind(package_names, "srv")


def get_action_interfaces(package_names: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the actions by package."""
    return _of_kind(package_names, "action")


def get_interface_path(interface_name: str) -> str:
    """Return the path of the file that defines an interface such as `std_msgs/msg/String`."""
    parts = interface_name.split("/")
    if len(parts) != 3:
        raise ValueError(f"'{interface_name}' is no full interface name; expected e.g. std_msgs/msg/String")
    base = os.path.join(get_package_share_directory(parts[0]), *parts[1:])
    for extension in (parts[1], "idl"):
        if os.path.isfile(f"{base}.{extension}"):
            return f"{base}.{extension}"
    raise LookupError(f"interface '{interface_name}' not found: there is no '{base}.{parts[1]}'")
