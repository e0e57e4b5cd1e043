"""Tags of YAML."""

from __future__ import annotations

from typing import Any

from launch import frontend


class Entity(frontend.Entity):
    """A key with a mapping of attributes and child tags, or with a list of child tags.

    Children are items `tag: content` of the list, or of the list under `children`.
    """

    def __init__(self, content: Any, type_name: str, parent: Entity | None = None) -> None:
        super().__init__(type_name, parent)
        if content is None:
            content = {}
        if not isinstance(content, (dict, list)):
            raise self.error(f"'{content}' is neither a mapping nor a list")
        self._content = content

    def _make_children(self) -> list[frontend.Entity]:
        content = self._content
        if isinstance(content, dict):
            self._read.add("children")
            content = content.get("children") or []
            if not isinstance(content, list):
                raise self.error("'children' is no list")
        found: list[frontend.Entity] = []
        for item in content:
            if not isinstance(item, dict) or len(item) != 1:
                raise self.error(f"child '{item}' is no mapping of one tag to its content")
            name, value = next(iter(item.items()))
            found.append(Entity(value, str(name), self))
        return found

    def _entities(self, name: str) -> list[frontend.Entity] | None:
        value = self._value(name)
        if value is None:
            return None
        return [Entity(item, name, self) for item in (value if isinstance(value, list) else [value])]

    def _value(self, name: str) -> Any:
        return self._content.get(name) if isinstance(self._content, dict) else None

    def _names(self) -> set[str]:
        return {str(name) for name in self._content} if isinstance(self._content, dict) else set()

    def _where(self) -> str:
        name = self._value("name") or self._value("exec") or self._value("file")
        return f" ('{name}')" if name else ""
