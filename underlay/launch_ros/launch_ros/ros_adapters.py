"""A ROS 2 node inside launch itself."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Any

from launch import LaunchContext
from launch.event_handlers import OnShutdown

_JOIN_S = 5.0


class ROSAdapter:
    """A node that spins in a thread of its own until it is shut down."""

    def __init__(self, *, argv: list[str] | None = None, autostart: bool = True) -> None:
        self.__argv = argv or []
        self.__node: Any = None
        self.__context: Any = None
        self.__thread: threading.Thread | None = None
        self.__stop = threading.Event()
        if autostart:
            self.start()

    @property
    def ros_node(self) -> Any:
        """The node."""
        return self.__node

    def start(self) -> None:
        """Make the node and spin it; RuntimeError if it is there already."""
        import rclpy
        from rclpy.executors import SingleThreadedExecutor

        if self.__node is not None:
            raise RuntimeError("the launch's ROS node was started already")
        self.__context = rclpy.Context()
        rclpy.init(args=self.__argv, context=self.__context)
        self.__node = rclpy.create_node(f"launch_ros_{os.getpid()}", context=self.__context)
        executor = SingleThreadedExecutor(context=self.__context)
        executor.add_node(self.__node)

        def spin() -> None:
            with contextlib.suppress(Exception):  # what shutdown does to a spinning executor
                while not self.__stop.is_set() and self.__context.ok():
                    executor.spin_once(timeout_sec=0.1)
            executor.shutdown(timeout_sec=1.0)

        self.__thread = threading.Thread(target=spin, name="launch_ros", daemon=True)
        self.__thread.start()

    def shutdown(self) -> None:
        """Stop spinning and destroy the node."""
        if self.__node is None:
            return
        import rclpy

        self.__stop.set()
        if self.__thread is not None:
            self.__thread.join(timeout=_JOIN_S)
        self.__node.destroy_node()
        rclpy.try_shutdown(context=self.__context)
        self.__node = None


_lock = threading.Lock()


def get_ros_adapter(context: LaunchContext) -> ROSAdapter:
    """Return the adapter of this launch; it is made on first use and ends with the launch."""
    with _lock:
        adapter: ROSAdapter | None = context.get_locals_as_dict().get("ros_adapter")
        if adapter is None:
            adapter = ROSAdapter(argv=[])
            context.extend_globals({"ros_adapter": adapter})
            running = adapter
            context.register_event_handler(OnShutdown(on_shutdown=lambda event, context: running.shutdown()))
    return adapter


def get_ros_node(context: LaunchContext) -> Any:
    """Return the node of this launch."""
    return get_ros_adapter(context).ros_node
