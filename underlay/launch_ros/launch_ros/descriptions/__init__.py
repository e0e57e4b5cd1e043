"""Descriptions of nodes."""

from typing import Any

from ..parameter_descriptions import Parameter, ParameterFile, ParameterValue
from .composable_node import ComposableNode

__all__ = ["ComposableNode", "Parameter", "ParameterFile", "ParameterValue"]


def __getattr__(name: str) -> Any:
    if name in ("Node", "RosExecutable", "NodeTrait"):
        raise ImportError(
            f"launch_ros.descriptions.{name} is in upstream's package launch_ros only, not here"
        )
    raise AttributeError(f"module 'launch_ros.descriptions' has no attribute '{name}'")
