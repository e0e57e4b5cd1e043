"""Registry of Traffic Managers, which run inside client processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim.handlers.registry import rpc
from carla_drl_sim.protocol import arguments

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_MANAGERS = 64


def _endpoint(value: Any) -> tuple[str, int]:
    address, port = arguments.array(value, 2, "an address and a port")
    return arguments.text(address), arguments.unsigned(port)


@rpc(arguments.unsigned)
def is_traffic_manager_running(simulator: Simulator, port: int) -> bool:
    """Whether a Traffic Manager is registered at a port."""
    return port in simulator.gate.traffic_managers


@rpc(arguments.unsigned)
def get_traffic_manager_running(simulator: Simulator, port: int) -> object:
    """Address of the Traffic Manager at a port."""
    address = simulator.gate.traffic_managers.get(port)
    return ["", 0] if address is None else [address, port]


@rpc(_endpoint)
def add_traffic_manager_running(simulator: Simulator, endpoint: tuple[str, int]) -> bool:
    """Register a Traffic Manager; false when its port is taken."""
    managers = simulator.gate.traffic_managers
    address, port = endpoint
    if port in managers or len(managers) >= _MAX_MANAGERS:
        return False
    managers[port] = address
    simulator.note_owner_of_traffic_manager(port)
    return True


@rpc(arguments.unsigned)
def destroy_traffic_manager(simulator: Simulator, port: int) -> bool:
    """Forget the Traffic Manager at a port."""
    return simulator.gate.traffic_managers.pop(port, None) is not None
