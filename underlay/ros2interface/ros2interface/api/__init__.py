"""Interfaces that are installed."""

from __future__ import annotations

from typing import Any

KINDS = (
    ("Messages:", "only_msgs", "get_message_interfaces"),
    ("Services:", "only_srvs", "get_service_interfaces"),
    ("Actions:", "only_actions", "get_action_interfaces"),
)


def add_kind_arguments(parser: Any) -> None:
    """Add the options that leave only some kinds."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-m", "--only-msgs", action="store_true", help="Consider only message interfaces")
    group.add_argument("-s", "--only-srvs", action="store_true", help="Consider only service interfaces")
    group.add_argument("-a", "--only-actions", action="store_true", help="Consider only action interfaces")


def wanted_kinds(args: Any) -> list[tuple[str, str]]:
    """Return heading and function of `rosidl_runtime_py` of the kinds that the options leave."""
    chosen = [kind for kind in KINDS if getattr(args, kind[1])]
    return [(title, function) for title, _, function in chosen or KINDS]


def complete_interface(prefix: str, **kwargs: Any) -> list[str]:
    """Return the names of all interfaces, for shells."""
    from rosidl_runtime_py import get_interfaces

    return [f"{package}/{name}" for package, names in get_interfaces().items() for name in names]
