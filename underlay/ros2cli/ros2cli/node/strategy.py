"""The node that a command uses."""

from __future__ import annotations

import argparse
from typing import Any

from .direct import DirectNode
from .direct import add_arguments as add_direct_node_arguments


class NodeStrategy:
    """Context manager to look at the graph; attributes are those of a DirectNode, as there is no daemon here."""

    def __init__(self, args: Any, *, node_name: str | None = None) -> None:
        self._args = args
        self._node_name = node_name
        self._direct_node: DirectNode | None = None

    @property
    def direct_node(self) -> DirectNode:
        """The node; made on first use."""
        if self._direct_node is None:
            self._direct_node = DirectNode(self._args, node_name=self._node_name, graph_only=True)
        return self._direct_node

    @property
    def daemon_node(self) -> None:
        """None: upstream's daemon is not here."""
        return None

    def __enter__(self) -> NodeStrategy:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.direct_node, name)

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        if self._direct_node is not None:
            self._direct_node.__exit__(exc_type, exc_value, traceback)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that NodeStrategy reads."""
    add_direct_node_arguments(parser)
    parser.add_argument(
        "--no-daemon",
        action="store_true",
        help="Accepted for upstream's sake: there is no daemon, every command looks for itself",
    )
