"""Traffic lights: states, times, groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.world.traffic_lights import GREEN, RED, YELLOW

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator


@rpc(
    arguments.unsigned, arguments.unsigned, void=True, note="until its controller's next change, as in CARLA"
)
def set_traffic_light_state(simulator: Simulator, actor_id: int, state: int) -> None:
    """Switch a traffic light."""
    traffic = simulator.episode.traffic
    index = traffic.index(actor_id)
    try:
        traffic.lights.set_state(index, state)
    except ValueError as error:
        raise RpcError(str(error)) from error


def _set_time(simulator: Simulator, actor_id: int, state: int, seconds: float) -> None:
    traffic = simulator.episode.traffic
    index = traffic.index(actor_id)
    try:
        traffic.lights.set_time(index, state, seconds)
    except ValueError as error:
        raise RpcError(str(error)) from error


@rpc(arguments.unsigned, arguments.number, void=True, note="of its controller, as in CARLA")
def set_traffic_light_green_time(simulator: Simulator, actor_id: int, seconds: float) -> None:
    """Change how long a traffic light is green."""
    _set_time(simulator, actor_id, GREEN, seconds)


@rpc(arguments.unsigned, arguments.number, void=True, note="of its controller, as in CARLA")
def set_traffic_light_yellow_time(simulator: Simulator, actor_id: int, seconds: float) -> None:
    """Change how long a traffic light is yellow."""
    _set_time(simulator, actor_id, YELLOW, seconds)


@rpc(
    arguments.unsigned,
    arguments.number,
    void=True,
    note="of its controller: the time in which its whole junction is red, as in CARLA",
)
def set_traffic_light_red_time(simulator: Simulator, actor_id: int, seconds: float) -> None:
    """Change how long a traffic light stays red after yellow before the next controller's turn."""
    _set_time(simulator, actor_id, RED, seconds)


@rpc(arguments.unsigned, arguments.boolean, void=True, note="with its whole junction, as in CARLA")
def freeze_traffic_light(simulator: Simulator, actor_id: int, frozen: bool) -> None:
    """Stop the cycle of a traffic light's group, or let it go on."""
    traffic = simulator.episode.traffic
    traffic.lights.frozen[traffic.lights.group[traffic.index(actor_id)]] = frozen


@rpc(arguments.boolean, void=True)
def freeze_all_traffic_lights(simulator: Simulator, frozen: bool) -> None:
    """Stop the cycles of all traffic lights, or let them go on."""
    simulator.episode.traffic.lights.frozen[:] = frozen


@rpc(arguments.unsigned, void=True)
def reset_traffic_light_group(simulator: Simulator, actor_id: int) -> None:
    """Start the cycle of a traffic light's group anew."""
    traffic = simulator.episode.traffic
    traffic.lights.reset_group(int(traffic.lights.group[traffic.index(actor_id)]))


@rpc(void=True)
def reset_all_traffic_lights(simulator: Simulator) -> None:
    """Start the cycles of all traffic lights anew."""
    simulator.episode.traffic.lights.reset()


@rpc(arguments.unsigned)
def get_group_traffic_lights(simulator: Simulator, actor_id: int) -> list[int]:
    """Ids of all traffic lights of a light's junction, its own included."""
    return simulator.episode.traffic.group_ids(actor_id)


@rpc(arguments.unsigned)
def get_light_boxes(simulator: Simulator, actor_id: int) -> object:
    """Boxes around the lamps of a traffic light, in world coordinates."""
    return simulator.episode.traffic.light_boxes(actor_id)
