"""Loads composable nodes into a container."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType
from launch.event_handlers import OnShutdown
from launch.logging import get_logger
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from ..descriptions import ComposableNode
from ..ros_adapters import get_ros_node
from ..utilities import make_namespace_absolute, prefix_namespace
from ..utilities.load_node_request import make_load_request, missing_interfaces
from .node import Node

_CALL_TIMEOUT_S = 30.0
_POLL_S = 0.05


class LoadComposableNodes(Action):
    """Asks a container, an action or a name, to load composable nodes one after the other."""

    def __init__(
        self,
        *,
        composable_node_descriptions: Sequence[ComposableNode],
        target_container: SomeSubstitutionsType | Node,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.__descriptions = list(composable_node_descriptions)
        self.__target = (
            target_container
            if isinstance(target_container, Node)
            else normalize_to_list_of_substitutions(target_container)
        )
        self.__task: asyncio.Task[None] | None = None
        self.__logger = get_logger("launch_ros.load")

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return a future that is done when all nodes are loaded."""
        return self.__task

    def __container_name(self, context: LaunchContext) -> str:
        if isinstance(self.__target, Node):
            # Without a namespace of its own the container is in the root.
            return self.__target.node_name.replace(Node.UNSPECIFIED_NODE_NAMESPACE, "", 1)
        name = perform_substitutions(context, self.__target)
        if name.startswith("/"):
            return name
        base = context.launch_configurations.get("ros_namespace")
        return make_namespace_absolute(prefix_namespace(base, name) or name)

    def execute(self, context: LaunchContext) -> None:
        """Work out the requests and start to send them."""
        missing = missing_interfaces()
        if missing is not None:
            raise RuntimeError(missing)
        container = self.__container_name(context)
        requests = [
            make_load_request(context, description)
            for description in self.__descriptions
            if description.condition() is None or description.condition().evaluate(context)
        ]
        if not requests:
            return
        self.__task = asyncio.get_running_loop().create_task(self.__load(context, container, requests))
        task = self.__task
        handler = OnShutdown(on_shutdown=lambda event, context: task.cancel() and None)
        context.register_event_handler(handler)

        def done(_: asyncio.Future[Any]) -> None:
            if handler in context._event_handlers:
                context.unregister_event_handler(handler)

        task.add_done_callback(done)

    async def __load(self, context: LaunchContext, container: str, requests: list[Any]) -> None:
        from composition_interfaces.srv import LoadNode

        node = await asyncio.to_thread(get_ros_node, context)
        client = node.create_client(LoadNode, f"{container}/_container/load_node")
        try:
            waiting_since = asyncio.get_running_loop().time()
            warned = False
            while not client.service_is_ready():  # ends with the launch: the task is cancelled then
                await asyncio.sleep(_POLL_S)
                if not warned and asyncio.get_running_loop().time() - waiting_since > _CALL_TIMEOUT_S:
                    warned = True
                    self.__logger.warning(f"container '{container}' is still not there; waiting on")
            for request in requests:
                await self.__load_one(client, container, request)
        finally:
            node.destroy_client(client)

    async def __load_one(self, client: Any, container: str, request: Any) -> None:
        call = client.call_async(request)
        deadline = asyncio.get_running_loop().time() + _CALL_TIMEOUT_S
        while not call.done():
            if asyncio.get_running_loop().time() > deadline:
                client.remove_pending_request(call)
                self.__logger.error(
                    f"container '{container}' did not answer the request to load '{request.plugin_name}' "
                    f"of package '{request.package_name}' within {_CALL_TIMEOUT_S:g} s"
                )
                return
            await asyncio.sleep(_POLL_S / 5)
        response = call.result()
        name = response.full_node_name or request.node_name or request.plugin_name
        if response.success:
            self.__logger.info(f"Loaded node '{name}' in container '{container}'")
        else:
            self.__logger.error(
                f"Failed to load node '{name}' of type '{request.plugin_name}' in container '{container}': "
                f"{response.error_message}"
            )
