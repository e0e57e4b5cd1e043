"""Base of everything that can stand in a launch description."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class LaunchDescriptionEntity:
    """Visited once by the launch service; may yield further entities and a future to wait for."""

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Do the entity's work and return entities to visit next, or None."""
        return None

    def describe(self) -> str:
        """Return a one-line description."""
        return repr(self)

    def describe_sub_entities(self) -> Iterable[LaunchDescriptionEntity]:
        """Return the entities that a visit yields unconditionally."""
        return []

    def describe_conditional_sub_entities(
        self,
    ) -> Iterable[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return the entities that a visit may yield, in groups with a text that says when."""
        return []

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return a future that is done when the entity is, None if it is done after the visit."""
        return None
