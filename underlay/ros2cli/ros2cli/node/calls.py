"""Calls of services from commands."""

from __future__ import annotations

import time
from typing import Any

_POLL_S = 0.02
DEFAULT_CALL_TIMEOUT_S = 10.0


def has_service(node: Any, name: str) -> bool:
    """Whether a service of a full name is in the graph."""
    return any(known == name for known, _ in node.get_service_names_and_types())


def call_service(
    node: Any, service_class: Any, name: str, request: Any, timeout_s: float = DEFAULT_CALL_TIMEOUT_S
) -> Any:
    """Return the response of a service.

    Raises RuntimeError if the service is not there, or does not answer, within `timeout_s` seconds.
    """
    client = node.create_client(service_class, name)
    try:
        return call(node, client, request, timeout_s)
    finally:
        node.destroy_client(client)


def call(node: Any, client: Any, request: Any, timeout_s: float | None = DEFAULT_CALL_TIMEOUT_S) -> Any:
    """Return the response to a request; errors as `call_service`. None waits for ever."""
    from rclpy.executors import SingleThreadedExecutor

    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while not client.service_is_ready():
        if deadline is not None and time.monotonic() >= deadline:
            raise RuntimeError(f"Service '{client.srv_name}' is not there; looked for {timeout_s:g} s")
        time.sleep(_POLL_S)
    future = client.call_async(request)
    left = None if deadline is None else max(_POLL_S, deadline - time.monotonic())
    executor = SingleThreadedExecutor(context=node.context)  # rclpy's own does not outlive a signal
    executor.add_node(node)
    try:
        executor.spin_until_future_complete(future, left)
    finally:
        executor.shutdown()
    if not future.done():
        raise RuntimeError(f"Service '{client.srv_name}' did not answer within {timeout_s:g} s")
    return future.result()
