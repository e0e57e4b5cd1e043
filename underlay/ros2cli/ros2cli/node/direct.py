"""A node of the command's own."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

from . import get_default_node_name

# Upper limit in seconds: a missed peer announces itself again after up to 3 s, and is matched after that.
DEFAULT_TIMEOUT = 5.0
_ATTEMPTS = 4
_PATIENCE_S = 0.3
_LAST_ATTEMPT_S = 4.0


class DirectNode:
    """Context manager around an rclpy node that has waited for discovery; attributes are the node's.

    `args.spin_time` limits the wait (seconds); `args.use_sim_time` sets the parameter of that name.
    `until(node)` ends the wait early. A node that is made for the graph only uses UDP alone.
    """

    def __init__(
        self,
        args: Any,
        *,
        node_name: str | None = None,
        until: Callable[[Any], bool] | None = None,
        graph_only: bool = False,
    ) -> None:
        if graph_only:
            # A shared memory port that a short-lived process had before swallows what peers send to the
            # next one; over UDP, discovery took 1.1 to 1.6 s where it took 1.4 to 5.5 s.
            os.environ.setdefault("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4")
        self._until = until
        limit = getattr(args, "spin_time", None)
        self._timeout = DEFAULT_TIMEOUT if limit is None else float(limit)
        self._args = args
        self._name = node_name or get_default_node_name() + getattr(args, "node_name_suffix", "")
        self.node = self._discover()

    def _discover(self) -> Any:
        """Return a node that knows the graph; one that misses peers is replaced by a new one.

        In 4 of 10 starts the answer of a peer gets lost. Another participant is another chance, and
        usually quicker than the peer's next announcement. How long an attempt may take follows from
        the time that making the node took, so that a busy machine does not make all of them fail; the
        last one is long enough for every peer to announce itself.
        """
        import rclpy

        from .discovery import wait_for_discovery

        deadline = time.monotonic() + self._timeout
        for attempt in range(1, _ATTEMPTS + 1):
            start = time.monotonic()
            node = self._make_node()
            now = time.monotonic()
            last = attempt == _ATTEMPTS
            if last and self._timeout >= DEFAULT_TIMEOUT:
                deadline = max(deadline, now + _LAST_ATTEMPT_S)
            patience = None if last else max(_PATIENCE_S, now - start)
            try:
                found = wait_for_discovery(node, max(0.0, deadline - now), patience, self._until)
            except BaseException:
                rclpy.try_shutdown()
                raise
            if found or last or time.monotonic() >= deadline:
                return node
            node.destroy_node()
            rclpy.try_shutdown()
        raise AssertionError("unreachable: the last attempt returns")

    def _make_node(self) -> Any:
        import rclpy
        from rclpy.parameter import Parameter

        argv = getattr(self._args, "argv", None)
        rclpy.init(args=argv if isinstance(argv, list) else [])
        try:
            return rclpy.create_node(
                self._name,
                parameter_overrides=[
                    Parameter("use_sim_time", value=bool(getattr(self._args, "use_sim_time", False)))
                ],
                start_parameter_services=False,
                enable_rosout=False,
            )
        except BaseException:
            rclpy.try_shutdown()
            raise

    def __enter__(self) -> DirectNode:
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "node":
            raise AttributeError(name)
        return getattr(self.node, name)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        import rclpy

        self.node.destroy_node()
        rclpy.try_shutdown()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that DirectNode reads."""
    parser.add_argument(
        "--spin-time",
        type=float,
        default=None,
        help=f"Longest time in seconds to wait for discovery (default {DEFAULT_TIMEOUT}; it ends as soon as "
        "everything on this machine is known)",
    )
    parser.add_argument("-s", "--use-sim-time", action="store_true", help="Enable ROS simulation time")
