"""The one place where this package waits for messages.

A bare wait set over a few subscriptions takes a message about 100 us sooner than an executor does. It stands on
rclpy's own building blocks, which are not part of its public interface; where they are not what they were, an executor
takes their place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.subscription import Subscription


class Waiter(Protocol):
    """Hands messages to callbacks in the thread that waits."""

    def wait(self, timeout_s: float) -> None:
        """Return when a message was handled or after `timeout_s` (0 or more, always finite)."""

    def close(self) -> None:
        """Let go of what `wait` needs."""


class WaitSetWaiter:
    """Waits on a wait set that is built once."""

    def __init__(self, node: Node, subscriptions: list[tuple[Subscription, Callable[[Any], None]]]) -> None:
        from rclpy.impl.implementation_singleton import rclpy_implementation

        self._entries = [
            (
                subscription.handle,
                subscription.handle.pointer,
                subscription.msg_type,
                subscription.raw,
                callback,
            )
            for subscription, callback in subscriptions
        ]
        assert node.context.handle is not None
        self._context = node.context
        self._wait_set = rclpy_implementation.WaitSet(len(self._entries), 0, 0, 0, 0, 0, node.context.handle)
        self._fill()

    def _fill(self) -> None:
        self._wait_set.clear_entities()
        for handle, *_ in self._entries:
            self._wait_set.add_subscription(handle)

    def wait(self, timeout_s: float) -> None:
        """Return when a message was handled or after `timeout_s`."""
        self._fill()
        self._wait_set.wait(int(timeout_s * 1e9))
        ready = self._wait_set.get_ready_entities("subscription")
        if not ready:
            return
        for handle, pointer, message_type, raw, callback in self._entries:
            if pointer in ready:
                with handle:
                    taken = handle.take_message(message_type, raw)
                if taken is not None:
                    callback(taken[0])

    def close(self) -> None:
        """Drop the wait set."""
        self._entries = []
        self._wait_set.clear_entities()


class ExecutorWaiter:
    """Waits with an executor of its own: rclpy's public interface only."""

    def __init__(self, node: Node, subscriptions: list[tuple[Subscription, Callable[[Any], None]]]) -> None:
        for subscription, callback in subscriptions:
            subscription.callback = callback
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def wait(self, timeout_s: float) -> None:
        """Return when a message was handled or after `timeout_s`."""
        self._executor.spin_once(timeout_sec=timeout_s)

    def close(self) -> None:
        """Shut the executor down."""
        self._executor.shutdown(timeout_sec=1.0)


def make_waiter(node: Node, subscriptions: list[tuple[Subscription, Callable[[Any], None]]]) -> Waiter:
    """Return the fastest waiter that works with this rclpy; no other executor may spin `node`."""
    try:
        waiter = WaitSetWaiter(node, subscriptions)
        waiter.wait(0.0)
    except (ImportError, AttributeError, TypeError) as error:
        node.get_logger().warning(f"wait sets are not usable ({error}); waiting with an executor instead")
        return ExecutorWaiter(node, subscriptions)
    return waiter
