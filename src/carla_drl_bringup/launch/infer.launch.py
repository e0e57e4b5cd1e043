"""Drive with an exported policy, at a fixed rate, until Ctrl-C."""

from pathlib import Path

from launch import LaunchContext, LaunchDescription

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.loop import infer, loop
from carla_drl_bringup.loop_arguments import declare

ARGUMENTS = {
    "policy": ("", "exported policy, a file ending in .onnx or .ts; needed"),
    "mode": ("drive", "drive: frames come at a fixed rate; lockstep: as fast as they are answered"),
    "real_time_factor": ("1.0", "drive mode: simulated seconds per second, 0.01 to 100"),
    "threads": ("1", "threads that the policy may use, 1 to 64"),
}


def _infer_parameters(context: LaunchContext) -> dict[str, object]:
    value = context.launch_configurations
    policy = Path(value["policy"]).expanduser()
    if not value["policy"] or not policy.is_file():
        raise parse.ArgumentError("policy", value["policy"], "the path of an .onnx or .ts file")
    return {
        "policy": str(policy.resolve()),
        "threads": parse.parse_int("threads", value["threads"], 1, 64),
    }


def _gateway_parameters(context: LaunchContext) -> dict[str, object]:
    value = context.launch_configurations
    return {
        "mode": parse.parse_choice("mode", value["mode"], ("drive", "lockstep")),
        "real_time_factor": parse.parse_float("real_time_factor", value["real_time_factor"], 0.01, 100.0),
    }


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            *declare(ARGUMENTS),
            *loop(
                _infer_parameters,
                respawn_agent=True,
                make_main=infer,
                gateway_parameters=_gateway_parameters,
            ),
        ]
    )
