"""A node of the command's own."""

from __future__ import annotations

import argparse
from typing import Any

from . import get_default_node_name

# Upper limit in seconds: a missed peer announces itself again after up to 3 s, and is matched after that.
DEFAULT_TIMEOUT = 5.0


class DirectNode:
    """Context manager around an rclpy node that has waited for discovery; attributes are the node's.

    `args.spin_time` limits the wait (seconds); `args.use_sim_time` sets the parameter of that name.
    """

    def __init__(self, args: Any, *, node_name: str | None = None) -> None:
        import rclpy
        from rclpy.parameter import Parameter

        from .discovery import wait_for_discovery

        limit = getattr(args, "spin_time", None)
        self._timeout = DEFAULT_TIMEOUT if limit is None else float(limit)
        argv = getattr(args, "argv", None)
        rclpy.init(args=argv if isinstance(argv, list) else [])
        try:
            self.node = rclpy.create_node(
                node_name or get_default_node_name() + getattr(args, "node_name_suffix", ""),
                parameter_overrides=[
                    Parameter("use_sim_time", value=bool(getattr(args, "use_sim_time", False)))
                ],
                start_parameter_services=False,
                enable_rosout=False,
            )
            wait_for_discovery(self.node, self._timeout)
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
