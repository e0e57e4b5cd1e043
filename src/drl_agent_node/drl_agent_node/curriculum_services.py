"""The ROS side of the curriculum: service `set_stage`, and the bridges' services `load_scenario`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import rclpy
from carla_drl_msgs.srv import LoadScenario, SetStage
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from drl_agent_node.background import BackgroundSpin
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.scene_dispatch import Answer


class BridgeLoader:
    """A `SceneLoader` over `/carla_drl/<simulator>/load_scenario`, on a node that another thread spins."""

    def __init__(self, node: Node, simulators: Sequence[str]) -> None:
        self._clients = [
            node.create_client(LoadScenario, f"/carla_drl/{simulator}/load_scenario")
            for simulator in simulators
        ]

    def wait(self, timeout_s: float) -> None:
        """Wait until all bridges serve, s each at most."""
        for client in self._clients:
            client.wait_for_service(timeout_s)

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Ask the bridge of a group; see `SceneLoader`."""
        client = self._clients[group]
        if not client.service_is_ready():
            missing = Answer(False, f"nobody serves {client.srv_name}")
            return lambda: missing
        future = client.call_async(LoadScenario.Request(scenario=scenario, agents=list(agents)))

        def answer() -> Answer | None:
            if not future.done():
                return None
            response = future.result()
            return Answer(response.success, response.message, response.new_world)

        return answer


class Stages(Protocol):
    """What can be moved to a stage; see `CurriculumSession.request`."""

    def request(self, stage: str, *, hold: bool) -> int:
        """Move to a stage; any thread may call it. Returns its index."""


@contextmanager
def set_stage_service(name: str, stages: Stages) -> Iterator[None]:
    """Offer `/carla_drl/set_stage` on a node of its own in a process that has none."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node(name)
    serve_set_stage(node, stages)
    spin = BackgroundSpin(node)
    try:
        yield
    finally:
        spin.stop()
        node.destroy_node()
        rclpy.try_shutdown()


def serve_set_stage(node: Node, stages: Stages) -> None:
    """Offer `/carla_drl/set_stage` on a node."""

    def handle(request: SetStage.Request, response: SetStage.Response) -> SetStage.Response:
        try:
            response.index = stages.request(request.stage, hold=request.hold)
            response.success = True
        except ConfigurationError as error:
            response.message = str(error)
        return response

    node.create_service(SetStage, "/carla_drl/set_stage", handle)
