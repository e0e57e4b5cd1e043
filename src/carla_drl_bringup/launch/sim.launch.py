"""Start the embedded simulator alone: a CARLA server for any client on this machine."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "port", default_value="2000", description="RPC port; streams use the next one"
            ),
            DeclareLaunchArgument("town", default_value="Town01", description="town to start with"),
            DeclareLaunchArgument(
                "seed", default_value="0", description="seed of everything random in the world"
            ),
            Node(
                package="carla_drl_sim",
                executable="server",
                output="screen",
                arguments=[
                    "--port",
                    LaunchConfiguration("port"),
                    "--town",
                    LaunchConfiguration("town"),
                    "--seed",
                    LaunchConfiguration("seed"),
                ],
                on_exit=[EmitEvent(event=Shutdown(reason="the simulator has ended"))],
            ),
        ]
    )
