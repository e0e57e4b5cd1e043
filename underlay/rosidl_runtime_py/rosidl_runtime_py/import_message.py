"""Message classes by their definition."""

from __future__ import annotations

import importlib
from typing import Any


def import_message_from_namespaced_type(message_type: Any) -> Any:
    """Return the class of a `rosidl_parser.definition.NamespacedType`."""
    module = importlib.import_module(".".join(message_type.namespaces))
    return getattr(module, message_type.name)
