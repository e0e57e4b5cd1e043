"""The processes of the loop as launch actions: simulator, bridge, gateway, agent, and what happens when one ends."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch_ros.actions import Node

from carla_drl_bringup import arguments as parse
from carla_drl_bringup import shared_memory
from carla_drl_bringup.process_settings import SIGKILL_TIMEOUT_S, SIGTERM_TIMEOUT_S, process_settings
from carla_drl_bringup.viewers import viewers
from drl_agent_node.algorithm_names import algorithm_of

# Exit code of every node for a configuration that cannot work (sysexits.h EX_CONFIG): a restart would not help.
EXIT_CONFIGURATION = 78
# Exit code of the bridge when no CARLA server answers within connect_timeout_s (sysexits.h EX_UNAVAILABLE).
EXIT_UNREACHABLE = 69
RESPAWN_DELAY_S = 1.0
CONNECT_TIMEOUT_S = 30.0
# The first start on a machine compiles the simulator's kernels, where setup has not done so.
EMBEDDED_CONNECT_TIMEOUT_S = 300.0
# From the simulator's answer to the first observation: loading a town takes a CARLA server up to a minute.
WORLD_TIMEOUT_S = 60.0

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
        detector=value["detector"],
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


def environment() -> list[LaunchDescriptionEntity]:
    """Set `process_settings`; what the user has set stays."""
    return [
        SetEnvironmentVariable(name, value)
        for name, value in process_settings().items()
        if name not in os.environ
    ]


def simulators_and_bridges(setup: Setup, gateway_parameters: dict[str, Any] | None = None) -> list[Node]:
    """Return, for every group, the embedded simulator (unless a CARLA server is named), the bridge and the gateway."""
    return [
        node
        for number, (name, simulator) in enumerate(setup.groups.items())
        for node in _group(setup, name, simulator, number, gateway_parameters or {})
    ]


def _topic_parameters(name: str, number: int, count: int) -> dict[str, Any]:
    """Keep the topics and frames of several worlds apart; one alone has those of carla-ros-bridge."""
    if count == 1:
        return {}
    return {"topic_prefix": f"/carla/{name}", "frame_prefix": f"{name}/", "publish_clock": number == 0}


def _group(
    setup: Setup, name: str, simulator: parse.Simulator, number: int, gateway_parameters: dict[str, Any]
) -> list[Node]:
    common: dict[str, Any] = {
        "output": "screen",
        "respawn": True,
        "respawn_delay": RESPAWN_DELAY_S,
        "sigterm_timeout": SIGTERM_TIMEOUT_S,
        "sigkill_timeout": SIGKILL_TIMEOUT_S,
    }
    ros_arguments = ["--log-level", setup.log_level]
    namespace = f"/carla_drl/{name}"
    nodes = []
    if simulator.embedded:
        nodes.append(
            Node(
                package="carla_drl_sim",
                executable="server",
                # The town's own seed stays: learners with different seeds drive in the same streets. Synchronous from
                # the start, so that frames and times count ticks alone.
                arguments=["--port", str(simulator.port), "--synchronous"],
                **common,
            )
        )
    nodes.append(
        Node(
            package="carla_gateway",
            executable="gateway_node",
            name="gateway",
            namespace=namespace,
            parameters=[
                {"simulator": name}
                | setup.images
                | _topic_parameters(name, number, len(setup.groups))
                | gateway_parameters
            ],
            ros_arguments=ros_arguments,
            **common,
        )
    )
    nodes.append(
        Node(
            package="carla_sensor_bridge",
            executable="bridge_node",
            name="bridge",
            namespace=namespace,
            parameters=[
                {
                    "simulator": name,
                    "host": simulator.host,
                    "port": simulator.port,
                    "connect_timeout_s": setup.connect_timeout_s,
                    "scenario": str(setup.scenario),
                    "max_real_time_factor": setup.max_real_time_factor,
                    "num_agents": setup.num_agents,
                    # Groups differ in their routes.
                    "seed": (setup.seed + number) % 2**31,
                    "headless": setup.headless,
                    "raster": setup.images["raster"],
                    "detection_model": setup.detector,
                }
                | {
                    parameter: value
                    for parameter, value in _topic_parameters(name, number, len(setup.groups)).items()
                    if parameter != "publish_clock"
                }
            ],
            ros_arguments=ros_arguments,
            **common,
        )
    )
    return nodes


def agent(setup: Setup, parameters: dict[str, Any], *, respawn: bool) -> Node:
    """Return the agent node with `parameters` on top of the shared ones."""
    return Node(
        package="drl_agent_node",
        executable="agent_node",
        name="agent",
        namespace="/carla_drl",
        output="screen",
        parameters=[
            {
                "simulators": list(setup.groups),
                "algorithm": setup.algorithm,
                "algorithm_config": str(setup.algorithm_config),
                "observation": setup.observation,
                "expected_agents": setup.num_agents,
                "observation_timeout_s": setup.connect_timeout_s + WORLD_TIMEOUT_S,
                "seed": setup.seed,
                "safety": setup.safety,
                "run_dir": str(setup.run_root),
                "run_name": setup.run_name,
                "scenario": str(setup.scenario),
            }
            | parameters
        ],
        ros_arguments=["--log-level", setup.log_level],
        respawn=respawn,
        respawn_delay=RESPAWN_DELAY_S,
        sigterm_timeout=SIGTERM_TIMEOUT_S,
        sigkill_timeout=SIGKILL_TIMEOUT_S,
    )


def infer(setup: Setup, parameters: dict[str, Any]) -> Node:
    """Return the node that drives with an exported policy, with `parameters` on top of the shared ones."""
    return Node(
        package="drl_agent_node",
        executable="infer_node",
        name="infer",
        namespace="/carla_drl",
        output="screen",
        parameters=[
            {
                "simulators": list(setup.groups),
                "observation_timeout_s": setup.connect_timeout_s + WORLD_TIMEOUT_S,
                "safety": setup.safety,
                "safety_config": str(setup.algorithm_config),
            }
            | parameters
        ],
        ros_arguments=["--log-level", setup.log_level],
        respawn=True,
        respawn_delay=RESPAWN_DELAY_S,
        sigterm_timeout=SIGTERM_TIMEOUT_S,
        sigkill_timeout=SIGKILL_TIMEOUT_S,
    )


def _shutdown(reason: str) -> list[LaunchDescriptionEntity]:
    return [LogInfo(msg=reason), EmitEvent(event=Shutdown(reason=reason))]


def end_with(
    nodes: list[Node], main: Node, *, main_respawns: bool, main_name: str = "the agent"
) -> list[LaunchDescriptionEntity]:
    """End the launch when `main` is done, or when a node says that its configuration cannot work."""

    def on_exit(node: Node) -> Callable[[Any, LaunchContext], list[LaunchDescriptionEntity] | None]:
        def handle(event: Any, _context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
            if event.returncode == EXIT_CONFIGURATION:
                return _shutdown(f"{event.process_name} refused its configuration, see its message above")
            if event.returncode == EXIT_UNREACHABLE:
                return _shutdown(f"{event.process_name} found no CARLA server, see its message above")
            if node is main and event.returncode == 0:
                return _shutdown(f"{main_name} has finished")
            if node is main and not main_respawns:
                return _shutdown(f"{main_name} failed with exit code {event.returncode}")
            return None

        return handle

    return [
        RegisterEventHandler(OnProcessExit(target_action=node, on_exit=on_exit(node)))
        for node in [*nodes, main]
    ]


def loop(
    agent_parameters: Callable[[LaunchContext], dict[str, Any]],
    *,
    respawn_agent: bool,
    make_main: Callable[[Setup, dict[str, Any]], Node] | None = None,
    gateway_parameters: Callable[[LaunchContext], dict[str, Any]] = lambda _context: {},
    with_world: Callable[[LaunchContext], bool] = lambda _context: True,
) -> list[LaunchDescriptionEntity]:
    """Return the actions that check the arguments and start the whole loop.

    Args:
        agent_parameters: reads what is special to the launch file from its arguments.
        respawn_agent: whether an agent that failed is started again.
        make_main: makes the node that drives, `infer` for one; the agent when it is None.
        gateway_parameters: as `agent_parameters`, for the gateway.
        with_world: whether simulator, bridge and gateway are started beside the agent.
    """

    def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
        try:
            setup = read_setup(context)
            parameters = agent_parameters(context)
            main = (
                make_main(setup, parameters) if make_main else agent(setup, parameters, respawn=respawn_agent)
            )
            gateway = gateway_parameters(context)
        except parse.ArgumentError as error:
            raise RuntimeError(str(error)) from None
        nodes = simulators_and_bridges(setup, gateway) if with_world(context) else []
        # When launch itself ends, all its processes have.
        atexit.register(shared_memory.remove_unused, shared_memory.files())
        ends = end_with(nodes, main, main_respawns=respawn_agent)
        looking_on = []
        if setup.foxglove_port:
            looking_on = viewers(next(iter(setup.groups)), setup.foxglove_port, setup.log_level)
        return [*environment(), *ends, *nodes, main, *looking_on]

    return [OpaqueFunction(function=start)]
