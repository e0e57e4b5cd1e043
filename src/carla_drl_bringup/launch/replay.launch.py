"""Play a recorded drive into a gateway without a simulator, and compare its observations with the recorded ones."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.loop import end_with, environment
from carla_drl_bringup.loop_arguments import OBSERVATION_ARGUMENTS, declare_only, observation_parameters
from carla_drl_bringup.process_settings import SIGKILL_TIMEOUT_S, SIGTERM_TIMEOUT_S

ARGUMENTS = {
    "bag": ("", "folder that record.launch.py wrote with topics:=dataset or topics:=full"),
    "simulator_name": ("sim0", "name of the lock-step group in the bag"),
    "rate": ("0.0", "simulated seconds per second; 0: as fast as frames are answered"),
    "answer": (
        "true",
        "true: answer frames with the recorded actions; false: an agent answers, started by hand",
    ),
    "log_level": ("info", "debug, info, warn or error"),
} | OBSERVATION_ARGUMENTS


def _replay(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    value = context.launch_configurations
    try:
        simulator = parse.parse_simulator_name(value["simulator_name"])
        rate = parse.parse_float("rate", value["rate"], 0.0, 1000.0)
        answer = parse.parse_bool("answer", value["answer"])
        images = observation_parameters(value)
        bag = Path(value["bag"]).expanduser().resolve()
        if not value["bag"] or not bag.exists():
            raise parse.ArgumentError("bag", value["bag"], "a folder that `ros2 bag record` wrote")
    except parse.ArgumentError as error:
        raise RuntimeError(str(error)) from None
    namespace = f"/carla_drl/{simulator}"
    common = {
        "namespace": namespace,
        "output": "screen",
        "ros_arguments": ["--log-level", value["log_level"]],
        "sigterm_timeout": SIGTERM_TIMEOUT_S,
        "sigkill_timeout": SIGKILL_TIMEOUT_S,
    }
    gateway = Node(
        package="carla_gateway",
        executable="gateway_node",
        name="gateway",
        parameters=[{"simulator": simulator} | images],
        **common,
    )
    replay = Node(
        package="carla_sensor_bridge",
        executable="replay_node",
        name="replay",
        parameters=[{"simulator": simulator, "bag": str(bag), "rate": rate, "answer": answer}],
        **common,
    )
    ends = end_with([gateway], replay, main_respawns=False, main_name="the replay")
    return [*environment(), *ends, gateway, replay]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare_only(ARGUMENTS), OpaqueFunction(function=_replay)])
