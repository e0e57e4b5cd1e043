"""Look at a running loop: the road as markers, RViz where it is installed, a server for Foxglove."""

import shutil
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import LogInfo, OpaqueFunction
from launch_ros.actions import Node

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.loop import environment
from carla_drl_bringup.loop_arguments import declare_only
from carla_drl_bringup.viewers import viewers

ARGUMENTS = {
    "simulator_name": ("sim0", "name of the lock-step group"),
    "foxglove_port": ("8765", "port of a WebSocket server for Foxglove on this machine; 0: none"),
    "rviz": ("auto", "auto: RViz where it is installed; true; false"),
    "log_level": ("info", "debug, info, warn or error"),
}


def _view(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    value = context.launch_configurations
    try:
        simulator = parse.parse_simulator_name(value["simulator_name"])
        port = parse.parse_int("foxglove_port", value["foxglove_port"], 0, 65535)
        rviz = parse.parse_choice("rviz", value["rviz"], ("auto", "true", "false"))
        level = parse.parse_choice("log_level", value["log_level"], ("debug", "info", "warn", "error"))
    except parse.ArgumentError as error:
        raise RuntimeError(str(error)) from None
    config = Path(get_package_share_directory("carla_drl_bringup")) / "config"
    actions: list[LaunchDescriptionEntity] = [*environment(), *viewers(simulator, port, level)]
    if rviz == "true" or (rviz == "auto" and shutil.which("rviz2")):
        arguments = ["-d", str(config / "rviz" / "carla_drl.rviz")]
        actions.append(Node(package="rviz2", executable="rviz2", arguments=arguments, output="screen"))
    if port:
        actions.append(LogInfo(msg=f"Foxglove: import the layout {config / 'foxglove' / 'carla_drl.json'}"))
    return actions


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare_only(ARGUMENTS), OpaqueFunction(function=_view)])
