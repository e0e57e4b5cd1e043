"""The launch arguments that the loop's launch files share, and what is read from them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument

from carla_drl_bringup import arguments as parse
from drl_agent_node.algorithm_names import algorithm_of

CONNECT_TIMEOUT_S = 30.0
# The first start on a machine compiles the simulator's kernels, where setup has not done so.
EMBEDDED_CONNECT_TIMEOUT_S = 300.0

OBSERVATION_ARGUMENTS: dict[str, tuple[str, str]] = {
    "observation": (
        "state",
        "what the policy sees: state (a vector), raster (bird's-eye images), camera and lidar (of the scenario's "
        "sensors), or some of these with + between them, e.g. state+camera+lidar; both: state+raster",
    ),
    "neighbours": ("4", "nearest other road users that an ego's state describes, 0 to 16"),
    "raster": (
        "",
        "parameters of the gateway's rasters, <name>=<value>,..., e.g. height=64,width=64,history=2; empty: defaults",
    ),
    "camera": ("", "likewise for cameras, e.g. sensors=front+left,height=64,width=64,color=false,history=3"),
    "lidar": ("", "likewise for lidars, e.g. sensor=lidar,form=grid,height=64,width=64"),
}
COMMON_ARGUMENTS: dict[str, tuple[str, str]] = {
    "simulator": (
        "embedded",
        "embedded (started here, first free port from 2000), embedded:<port>, or <host>:<port> of a CARLA server; for "
        "several simulators embedded, embedded:<first port>, or as many <host>:<port> with commas between them",
    ),
    "simulators": (
        "1",
        "lock-step groups, 1 to 16: each has a simulator, a bridge, a gateway and num_agents vehicles of its own, all "
        "drive one policy",
    ),
    "maps": (
        "",
        "folder of OpenDRIVE files for the embedded simulator: Town01.xodr takes the place of its Town01; empty: none",
    ),
    "scenario": ("town01_basic", "name of a file in config/scenarios, or path of a .yaml file"),
    "algorithm": ("ppo", "name of a file in config/algorithms, or path of a .yaml file"),
    "connect_timeout_s": (
        "auto",
        "how long to wait for the CARLA server to answer, s; auto: 30, but 300 for the embedded simulator, whose first "
        "start on a machine compiles",
    ),
    "max_real_time_factor": (
        "0.0",
        "simulated seconds per second at most, 0 to 100, e.g. 1 to watch; 0: as fast as it goes",
    ),
    "num_agents": ("16", "ego vehicles in the world, 1 to 256"),
    "seed": ("0", "seed of routes and learner, 0 to 2147483647"),
    "headless": (
        "true",
        "true: no rendering in the simulator; false: render (for spectators of a CARLA server)",
    ),
    "simulator_name": (
        "sim0",
        "name of the lock-step group, part of the topic names /carla_drl/<name>/...; of several, the first one's, whose "
        "number counts up",
    ),
    "run_root": ("runs", "folder for runs"),
    "run_name": ("", "folder of this run below run_root; empty: <scenario>-<algorithm>-seed<seed>-<time>"),
    "safety": ("off", "off; monitor: judge every action and count; shield: override unsafe ones, too"),
    "detector": (
        "",
        "ONNX file of a YOLO detector that looks at the first colour camera of every ego; empty: no detection",
    ),
    "foxglove_port": ("0", "port of a WebSocket server for Foxglove on this machine, e.g. 8765; 0: none"),
    "log_level": ("info", "debug, info, warn or error"),
} | OBSERVATION_ARGUMENTS


def declare(extra: dict[str, tuple[str, str]]) -> list[LaunchDescriptionEntity]:
    """Declare the arguments that every launch file of the loop has, and `extra` ones: name -> (default, text)."""
    return declare_only(COMMON_ARGUMENTS | extra)


def declare_only(arguments: dict[str, tuple[str, str]]) -> list[LaunchDescriptionEntity]:
    """Declare these arguments and no others: name -> (default, text)."""
    return [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in arguments.items()
    ]


@dataclass(frozen=True)
class Setup:
    """The checked launch arguments that the loop's processes share."""

    groups: dict[str, parse.Simulator]
    maps: str
    scenario: Path
    algorithm: str
    algorithm_config: Path
    connect_timeout_s: float
    max_real_time_factor: float
    num_agents: int
    seed: int
    headless: bool
    observation: str
    images: dict[str, Any]
    run_root: Path
    run_name: str
    safety: str
    detector: str
    foxglove_port: int
    log_level: str


def read_setup(context: LaunchContext) -> Setup:
    """Check the shared launch arguments.

    Raises:
        ArgumentError: naming the argument, its value and what is allowed.
    """
    value = context.launch_configurations
    config = Path(get_package_share_directory("carla_drl_bringup")) / "config"
    scenario = parse.find_config("scenario", value["scenario"], config / "scenarios")
    parse.check_sensors(value["observation"], scenario)
    algorithm_config = parse.find_config("algorithm", value["algorithm"], config / "algorithms")
    seed = parse.parse_int("seed", value["seed"], 0, 2**31 - 1)
    count = parse.parse_int("simulators", value["simulators"], 1, 16)
    simulators = parse.parse_simulators(value["simulator"], count)
    names = parse.group_names(parse.parse_simulator_name(value["simulator_name"]), count)
    log_level = parse.parse_choice("log_level", value["log_level"], ("debug", "info", "warn", "error"))
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return Setup(
        groups=dict(zip(names, simulators, strict=True)),
        maps=str(Path(value["maps"]).expanduser().resolve()) if value["maps"] else "",
        scenario=scenario,
        algorithm=algorithm_of(algorithm_config.stem),
        algorithm_config=algorithm_config,
        connect_timeout_s=_connect_timeout_s(value["connect_timeout_s"], embedded=simulators[0].embedded),
        max_real_time_factor=parse.parse_float(
            "max_real_time_factor", value["max_real_time_factor"], 0.0, 100.0
        ),
        num_agents=parse.parse_int("num_agents", value["num_agents"], 1, 256),
        seed=seed,
        headless=parse.parse_bool("headless", value["headless"]),
        observation=value["observation"],
        images=observation_parameters(value),
        run_root=Path(value["run_root"]).expanduser().resolve(),
        run_name=value["run_name"] or f"{scenario.stem}-{algorithm_config.stem}-seed{seed}-{stamp}",
        safety=parse.parse_choice("safety", value["safety"], ("off", "monitor", "shield")),
        detector=parse.parse_optional_file("detector", value["detector"], "the path of an ONNX file"),
        foxglove_port=parse.parse_int("foxglove_port", value["foxglove_port"], 0, 65535),
        log_level=log_level,
    )


def observation_parameters(value: Mapping[str, str]) -> dict[str, Any]:
    """Return the gateway's parameters for what the arguments in `OBSERVATION_ARGUMENTS` ask for.

    Raises:
        ArgumentError: naming the argument, its value and what is allowed.
    """
    observed = parse.parse_observation(value["observation"])
    parameters: dict[str, Any] = {image: image in observed for image in parse.IMAGES}
    parameters["neighbour_count"] = parse.parse_int("neighbours", value["neighbours"], 0, 16)
    for image in parse.IMAGES:
        given = parse.parse_image(image, value[image])
        parameters |= {f"{image}_{name}": number for name, number in given.items()}
    return parameters


def _connect_timeout_s(value: str, *, embedded: bool) -> float:
    if value == "auto":
        return EMBEDDED_CONNECT_TIMEOUT_S if embedded else CONNECT_TIMEOUT_S
    return parse.parse_float("connect_timeout_s", value, 1.0, 3600.0)
