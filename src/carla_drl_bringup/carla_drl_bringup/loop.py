"""The processes of the loop as launch actions: simulator, bridge, gateway, agent, and what happens when one ends."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity
from launch.actions import (
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
from carla_drl_bringup.loop_arguments import Setup, read_setup
from carla_drl_bringup.process_settings import SIGKILL_TIMEOUT_S, SIGTERM_TIMEOUT_S, process_settings
from carla_drl_bringup.viewers import viewers

# Exit code of every node for a configuration that cannot work (sysexits.h EX_CONFIG): a restart would not help.
EXIT_CONFIGURATION = 78
# Exit code of the bridge when no CARLA server answers within connect_timeout_s (sysexits.h EX_UNAVAILABLE).
EXIT_UNREACHABLE = 69
RESPAWN_DELAY_S = 1.0
# From the simulator's answer to the first observation: loading a town takes a CARLA server up to a minute.
WORLD_TIMEOUT_S = 60.0


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
        # For every process: evaluation has worlds of the embedded simulator in its own.
        maps = [SetEnvironmentVariable("CARLA_DRL_MAPS", setup.maps)] if setup.maps else []
        return [*environment(), *maps, *ends, *nodes, main, *looking_on]

    return [OpaqueFunction(function=start)]
