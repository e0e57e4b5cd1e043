"""Drive with a trained policy, without learning, and report how well it drives."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.loop import loop
from carla_drl_bringup.loop_arguments import declare

ARGUMENTS = {
    "policy": (
        "latest",
        "latest or best: that checkpoint of run_name, or of the newest run without one; untrained: the policy before "
        "training; or a path",
    ),
    "suite": (
        "",
        "name of a file in config/evaluation, or path of a .yaml file: drive its worlds instead of `scenario`",
    ),
    "serve": (
        "false",
        "true: start no world, evaluate on request instead, by the action /carla_drl/evaluate, until Ctrl-C",
    ),
    "eval_episodes": ("100", "without a suite: episodes to drive, 1 to 1000000"),
}


def _agent_parameters(context: LaunchContext) -> dict[str, object]:
    value = context.launch_configurations
    serve = parse.parse_bool("serve", value["serve"])
    # Without a name: the policy trained last.
    name = value["run_name"]
    if not serve and not name and value["policy"] in {"latest", "best"}:
        name = parse.newest_run(Path(value["run_root"]).expanduser().resolve())
    return {
        "mode": "serve" if serve else "evaluate",
        **({"run_name": name} if name else {}),
        "policy": value["policy"],
        "suite": _suite(value["suite"]),
        "server": _server(value["simulator"]),
        "eval_episodes": parse.parse_int("eval_episodes", value["eval_episodes"], 1, 10**6),
    }


def _suite(value: str) -> str:
    folder = Path(get_package_share_directory("carla_drl_bringup")) / "config" / "evaluation"
    return str(parse.find_config("suite", value, folder)) if value else ""


def _server(simulator: str) -> str:
    return "" if simulator.strip().startswith("embedded") else simulator.strip()


def _needs_loop(context: LaunchContext) -> bool:
    value = context.launch_configurations
    return not value["suite"] and not parse.parse_bool("serve", value["serve"])


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            *declare(ARGUMENTS),
            *loop(
                _agent_parameters,
                respawn_agent=False,
                # The worlds of a suite are started one after the other by the agent.
                with_world=_needs_loop,
            ),
        ]
    )
