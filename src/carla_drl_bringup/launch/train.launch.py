"""Train a driving policy: simulator, bridge, gateway and learner in one command."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.loop import loop
from carla_drl_bringup.loop_arguments import declare

ARGUMENTS = {
    "total_steps": ("300000", "agent steps to train for, summed over all agents"),
    "target_success_rate": ("0.0", "end early at this share of finished routes, 0 to 1; 0: never"),
    "curriculum": (
        "",
        "name of a file in config/curricula, or path of a .yaml file; its stages then take the scenario's place",
    ),
    "resume": ("auto", "auto: go on where run_name stopped; never; or the path of a checkpoint"),
    "tracking_uri": (
        "auto",
        "auto: MLflow in the database run_root/mlflow.db; the URI of an MLflow server; or off",
    ),
    "wandb": ("off", "log to Weights & Biases, too: off, offline or online"),
    "checkpoint_interval_steps": ("50000", "agent steps between checkpoints"),
}


def _agent_parameters(context: LaunchContext) -> dict[str, object]:
    value = context.launch_configurations
    curricula = Path(get_package_share_directory("carla_drl_bringup")) / "config" / "curricula"
    curriculum = value["curriculum"]
    return {
        "mode": "train",
        "total_steps": parse.parse_int("total_steps", value["total_steps"], 1, 10**12),
        "target_success_rate": parse.parse_float(
            "target_success_rate", value["target_success_rate"], 0.0, 1.0
        ),
        "curriculum": str(parse.find_config("curriculum", curriculum, curricula)) if curriculum else "",
        "resume": value["resume"],
        "tracking_uri": value["tracking_uri"],
        "wandb": parse.parse_choice("wandb", value["wandb"], ("off", "offline", "online")),
        "checkpoint_interval_steps": parse.parse_int(
            "checkpoint_interval_steps", value["checkpoint_interval_steps"], 1, 10**12
        ),
    }


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare(ARGUMENTS), *loop(_agent_parameters, respawn_agent=True)])
