"""Runs a node with a lifecycle."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from launch import EventHandler, LaunchContext, SomeSubstitutionsType
from launch.actions import OpaqueFunction
from launch.logging import get_logger

from ..events.lifecycle import ChangeState, StateTransition
from ..ros_adapters import get_ros_node
from .node import Node

_POLL_S = 0.02


class LifecycleNode(Node):
    """Node whose transitions become StateTransition events, and that makes those that ChangeState events ask for."""

    def __init__(
        self, *, name: SomeSubstitutionsType, namespace: SomeSubstitutionsType, **kwargs: Any
    ) -> None:
        super().__init__(name=name, namespace=namespace, **kwargs)
        self.__client: Any = None
        self.__logger = get_logger("launch_ros.lifecycle")

    def prepare(self, context: LaunchContext) -> None:
        """Work out the command, and listen before the process starts."""
        super().prepare(context)
        if self.__client is None:
            self.__connect(context)

    def __connect(self, context: LaunchContext) -> None:
        from lifecycle_msgs import msg, srv

        if not self.is_node_name_fully_specified():
            raise RuntimeError(f"a lifecycle node needs a name, and this one has none: {self.node_name}")
        loop = context.asyncio_loop
        assert loop is not None

        def heard(message: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the launch is over
                loop.call_soon_threadsafe(context.emit_event_sync, StateTransition(action=self, msg=message))

        node = get_ros_node(context)
        node.create_subscription(msg.TransitionEvent, f"{self.node_name}/transition_event", heard, 10)
        self.__client = node.create_client(srv.ChangeState, f"{self.node_name}/change_state")
        context.register_event_handler(
            EventHandler(
                matcher=lambda event: isinstance(event, ChangeState) and event.lifecycle_node_matcher(self),
                entities=[OpaqueFunction(function=self.__on_change_state)],
            )
        )

    def __on_change_state(self, context: LaunchContext) -> None:
        loop = context.asyncio_loop
        assert loop is not None
        transition = context.locals.event.transition_id
        context.add_completion_future(loop.create_task(self.__change_state(context, transition)))

    async def __change_state(self, context: LaunchContext, transition: int) -> None:
        from lifecycle_msgs.srv import ChangeState as Service

        request = Service.Request()
        request.transition.id = transition
        name = ChangeState.valid_transitions[transition]
        response: Any = None
        while not context.is_shutdown:
            if response is None and self.__client.service_is_ready():
                response = self.__client.call_async(request)
            if response is not None and response.done():
                if not response.result().success:
                    self.__logger.error(
                        f"Failed to make transition '{name}' for LifecycleNode '{self.node_name}'"
                    )
                return
            await asyncio.sleep(_POLL_S)
        self.__logger.warning(f"transition '{name}' of '{self.node_name}' is abandoned, due to shutdown")
