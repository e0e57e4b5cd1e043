"""A tag of a declarative launch file."""

from __future__ import annotations

from typing import Any

from .errors import InvalidFrontendLaunchFileError

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


class Entity:
    """Base of the tags that front ends make: a name, attributes and children.

    What nobody has asked for is a mistake in the file; `assert_entity_completely_parsed` finds it.
    """

    def __init__(self, type_name: str, parent: Entity | None = None) -> None:
        self._type_name = type_name
        self._parent = parent
        self._read: set[str] = set()

    @property
    def type_name(self) -> str:
        """Name of the tag."""
        return self._type_name

    @property
    def parent(self) -> Entity | None:
        """Tag around this one."""
        return self._parent

    @property
    def children(self) -> list[Entity]:
        """Tags inside this one."""
        return self._make_children()

    def get_attr(
        self, name: str, *, data_type: Any = str, optional: bool = False, can_be_str: bool = True
    ) -> Any:
        """Return an attribute, None for one that is `optional` and absent.

        `data_type` is str, int, float, bool, `list[str]` or `list[Entity]` (child tags of that name). With
        `can_be_str` a text with substitutions is returned as it is. Raises
        InvalidFrontendLaunchFileError for what is missing or of another type.
        """
        self._read.add(name)
        if "Entity" in str(data_type):
            found: Any = self._entities(name)
        else:
            found = self._value(name)
        if found is None:
            if optional:
                return None
            raise self.error(f"attribute '{name}' is missing")
        return found if "Entity" in str(data_type) else self._convert(name, found, data_type, can_be_str)

    def error(self, message: str) -> InvalidFrontendLaunchFileError:
        """Return an error that says which tag it is about."""
        return InvalidFrontendLaunchFileError(f"tag '{self._type_name}'{self._where()}: {message}")

    def assert_entity_completely_parsed(self) -> None:
        """Raise InvalidFrontendLaunchFileError if attributes or children were not asked for."""
        left = sorted(self._names() - self._read)
        if left:
            raise self.error(f"unexpected attribute(s) or tag(s): {', '.join(left)}")

    # --- what front ends know --------------------------------------------------------------------
    def _make_children(self) -> list[Entity]:
        raise NotImplementedError

    def _entities(self, name: str) -> list[Entity] | None:
        raise NotImplementedError

    def _value(self, name: str) -> Any:
        raise NotImplementedError

    def _names(self) -> set[str]:
        raise NotImplementedError

    def _where(self) -> str:
        return ""

    # --- types -----------------------------------------------------------------------------------
    def _convert(self, name: str, value: Any, data_type: Any, can_be_str: bool) -> Any:
        if data_type is None:
            return value
        if data_type is str:
            return text_of(value)
        if data_type is bool:
            return self._as_bool(name, value, can_be_str)
        if data_type in (int, float):
            return self._as_number(name, value, data_type, can_be_str)
        if not isinstance(value, list):
            raise self.error(f"attribute '{name}' is '{value}', a list is expected")
        return [text_of(item) for item in value]

    def _as_bool(self, name: str, value: Any, can_be_str: bool) -> Any:
        if isinstance(value, bool):
            return value
        text = str(value).strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        if can_be_str and "$(" in text:
            return value
        raise self.error(f"attribute '{name}' is '{value}'; allowed: true, false")

    def _as_number(self, name: str, value: Any, kind: Any, can_be_str: bool) -> Any:
        if can_be_str and isinstance(value, str) and "$(" in value:
            return value
        try:
            return kind(value)
        except (TypeError, ValueError):
            raise self.error(f"attribute '{name}' is '{value}', a number is expected") from None


def text_of(value: Any) -> str:
    """Return a value as it is written in launch files."""
    return str(value).lower() if isinstance(value, bool) else str(value)
