"""Interface classes by their name."""

from __future__ import annotations

import importlib
from typing import Any

_EXAMPLE = {"msg": "std_msgs/msg/String", "srv": "std_srvs/srv/Empty", "action": "pkg/action/Name"}


def get_namespaced_type(interface_identifier: str) -> Any:
    """Return a name as `rosidl_parser.definition.NamespacedType`."""
    from rosidl_parser.definition import NamespacedType

    parts = interface_identifier.split("/")
    if len(parts) < 2 or not all(parts):
        raise ValueError(f"'{interface_identifier}' is no interface name; expected e.g. {_EXAMPLE['msg']}")
    return NamespacedType(parts[:-1], parts[-1])


def get_interface(identifier: str) -> Any:
    """Return the class of an interface such as `std_msgs/msg/String`.

    Raises ValueError if this is no such name, ModuleNotFoundError if there is no such package, and
    AttributeError if the package has no such interface.
    """
    parts = identifier.split("/")
    if len(parts) != 3 or not all(parts):
        raise ValueError(
            f"'{identifier}' is no full interface name; expected <package>/<msg|srv|action>/<name>, "
            f"e.g. {_EXAMPLE['msg']}"
        )
    module = importlib.import_module(".".join(parts[:2]))
    return getattr(module, parts[2])


def _get(identifier: str, kind: str) -> Any:
    parts = identifier.split("/")
    if len(parts) == 2 and all(parts):
        identifier = f"{parts[0]}/{kind}/{parts[1]}"
        parts = identifier.split("/")
    if len(parts) != 3 or parts[1] != kind:
        raise ValueError(
            f"expected the full name of a {kind} interface, got '{identifier}'; e.g. {_EXAMPLE[kind]}"
        )
    return get_interface(identifier)


def get_message(identifier: str) -> Any:
    """Return the class of a message; the middle part `msg` may be left out."""
    return _get(identifier, "msg")


def get_service(identifier: str) -> Any:
    """Return the class of a service; the middle part `srv` may be left out."""
    return _get(identifier, "srv")


def get_action(identifier: str) -> Any:
    """Return the class of an action; the middle part `action` may be left out."""
    return _get(identifier, "action")


def is_message(interface: Any) -> bool:
    """Whether the object or class is a message."""
    return hasattr(interface, "get_fields_and_field_types") and not hasattr(interface, "Request")


def is_service(interface: Any) -> bool:
    """Whether the object or class is a service."""
    return hasattr(interface, "Request") and hasattr(interface, "Response") and not is_action(interface)


def is_action(interface: Any) -> bool:
    """Whether the object or class is an action."""
    return all(hasattr(interface, name) for name in ("Goal", "Result", "Feedback"))
