"""Tags of XML."""

from __future__ import annotations

from xml.etree import ElementTree

from launch import frontend


class Entity(frontend.Entity):
    """A tag; its attributes are those of XML, all texts."""

    def __init__(self, element: ElementTree.Element, parent: Entity | None = None) -> None:
        super().__init__(element.tag, parent)
        self._element = element
        self._tags: list[Entity] | None = None

    def _make_children(self) -> list[frontend.Entity]:
        tags = self._all()
        self._read.update(tag.type_name for tag in tags)
        return list(tags)

    def _entities(self, name: str) -> list[frontend.Entity] | None:
        return [tag for tag in self._all() if tag.type_name == name] or None

    def _value(self, name: str) -> str | None:
        return self._element.get(name)

    def _names(self) -> set[str]:
        return {*self._element.keys(), *(tag.type_name for tag in self._all())}

    def _all(self) -> list[Entity]:
        if self._tags is None:
            self._tags = [Entity(element, self) for element in self._element]
        return self._tags

    def _where(self) -> str:
        name = self._element.get("name") or self._element.get("exec") or self._element.get("file")
        return f" ('{name}')" if name else ""
