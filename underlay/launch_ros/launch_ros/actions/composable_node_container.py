"""Runs a container for composable nodes."""

from __future__ import annotations

from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType

from ..descriptions import ComposableNode
from .load_composable_nodes import LoadComposableNodes
from .node import Node


class ComposableNodeContainer(Node):
    """Runs a container and loads composable nodes into it once it is up."""

    def __init__(
        self,
        *,
        name: SomeSubstitutionsType,
        namespace: SomeSubstitutionsType | None = None,
        composable_node_descriptions: list[ComposableNode] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, namespace=namespace, **kwargs)
        self.__descriptions = composable_node_descriptions

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the container and yield the action that loads the nodes."""
        entities: list[LaunchDescriptionEntity] = []
        valid = [
            description
            for description in self.__descriptions or []
            if description.condition() is None or description.condition().evaluate(context)
        ]
        if valid:
            entities.append(LoadComposableNodes(composable_node_descriptions=valid, target_container=self))
        return [*(super().execute(context) or []), *entities]
