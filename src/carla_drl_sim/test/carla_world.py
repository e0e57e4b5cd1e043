"""The real client in a synchronous world that is cleaned up afterwards."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import carla

STEP_S = 0.05
SETTLE_S = 0.02


class Scene:
    """A client, its world, and what it spawned."""

    def __init__(self, port: int) -> None:
        self.client = carla.Client("127.0.0.1", port)
        self.client.set_timeout(60.0)
        self.world = self.client.get_world()
        self.map = self.world.get_map()
        self.library = self.world.get_blueprint_library()
        self._actors: list[Any] = []
        self._manager: Any = None

    def synchronous(self, enabled: bool) -> None:
        settings = self.world.get_settings()
        settings.synchronous_mode = enabled
        settings.fixed_delta_seconds = STEP_S if enabled else None
        self.world.apply_settings(settings)

    def vehicle(self, transform: Any, type_id: str = "vehicle.tesla.model3") -> Any:
        self._actors.append(self.world.spawn_actor(self.library.find(type_id), transform))
        return self._actors[-1]

    def straight(self, ahead: float, behind: float = 0.0) -> Any:
        """The first spawn point from which the lane goes straight on for a way, and came straight to it (m)."""
        for point in self.map.get_spawn_points():
            lane = self.map.get_waypoint(point.location)
            ways = [lane.next(ahead), lane.next(0.5 * ahead)]
            if behind:
                ways.append(lane.previous(behind))
            yaws = [end.transform.rotation.yaw for ends in ways for end in ends]
            turns = [abs((yaw - point.rotation.yaw + 180.0) % 360.0 - 180.0) for yaw in yaws]
            if all(ways) and max(turns) < 0.1:
                return point
        raise AssertionError(f"no spawn point of {self.map.name} has a straight lane of {ahead} m ahead")

    def sensor(self, parent: Any, type_id: str = "sensor.other.collision", transform: Any = None) -> Any:
        blueprint = self.library.find(type_id)
        self._actors.append(
            self.world.spawn_actor(blueprint, transform or carla.Transform(), attach_to=parent)
        )
        return self._actors[-1]

    def traffic_manager(self) -> Any:
        """The Traffic Manager of this client, in step with the ticks; one for all tests of the scene."""
        if self._manager is None:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self._manager = self.client.get_trafficmanager(port)
            self._manager.set_synchronous_mode(True)
            self._manager.set_random_device_seed(1)
        return self._manager

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.world.tick()

    def adopt(self, actor: Any) -> Any:
        """Clean up an actor, too, that was spawned elsewhere; return it."""
        self._actors.append(actor)
        return actor

    def destroy_actors(self) -> None:
        if self._actors:
            # The client takes an actor that was in no snapshot yet for dead, and would leave it.
            self.world.tick()
        for actor in reversed(self._actors):
            if isinstance(actor, carla.Sensor) and actor.is_listening:
                actor.stop()
        for actor in reversed(self._actors):
            if actor.is_alive:
                actor.destroy()
        self._actors.clear()

    def clean_up(self) -> None:
        self.destroy_actors()
        if self._manager is not None:
            # Its thread must sleep by then, or it may miss that it is to end, which both calls wait for.
            time.sleep(SETTLE_S)
            self._manager.set_synchronous_mode(False)
            self._manager.shut_down()
            self._manager = None
        self.synchronous(False)


@contextlib.contextmanager
def scene(port: int) -> Iterator[Scene]:
    made = Scene(port)
    made.synchronous(True)
    try:
        yield made
    finally:
        made.clean_up()
