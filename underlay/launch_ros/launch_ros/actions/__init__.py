"""Actions for ROS 2 nodes."""

from typing import Any

from .composable_node_container import ComposableNodeContainer
from .load_composable_nodes import LoadComposableNodes
from .node import Node
from .push_ros_namespace import PopRosNamespace, PushROSNamespace, PushRosNamespace
from .ros_timer import ROSTimer, RosTimer
from .set_parameter import SetParameter
from .set_parameters_from_file import SetParametersFromFile
from .set_remap import SetRemap
from .set_ros_log_dir import SetROSLogDir
from .set_use_sim_time import SetUseSimTime

__all__ = [
    "ComposableNodeContainer",
    "LoadComposableNodes",
    "Node",
    "PopRosNamespace",
    "PushROSNamespace",
    "PushRosNamespace",
    "ROSTimer",
    "RosTimer",
    "SetParameter",
    "SetParametersFromFile",
    "SetROSLogDir",
    "SetRemap",
    "SetUseSimTime",
]

_UPSTREAM_ONLY = ("LifecycleNode", "LifecycleTransition")


def __getattr__(name: str) -> Any:
    if name in _UPSTREAM_ONLY:
        raise ImportError(f"launch_ros.actions.{name} is in upstream's package launch_ros only, not here")
    raise AttributeError(f"module 'launch_ros.actions' has no attribute '{name}'")
