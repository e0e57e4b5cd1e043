"""The real client in a synchronous world that is cleaned up afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import carla

STEP_S = 0.05


class Scene:
    """A client, its world, and what it spawned."""

    def __init__(self, port: int) -> None:
        self.client = carla.Client("127.0.0.1", port)
        self.client.set_timeout(10.0)
        self.world = self.client.get_world()
        self.map = self.world.get_map()
        self.library = self.world.get_blueprint_library()
        self._actors: list[Any] = []

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

    def adopt(self, actor: Any) -> None:
        """Clean up an actor, too, that was spawned elsewhere."""
        self._actors.append(actor)

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.world.tick()

    def clean_up(self) -> None:
        for actor in reversed(self._actors):
            if isinstance(actor, carla.Sensor) and actor.is_listening:
                actor.stop()
        for actor in reversed(self._actors):
            if actor.is_alive:
                actor.destroy()
        self.synchronous(False)


@contextlib.contextmanager
def scene(port: int) -> Iterator[Scene]:
    made = Scene(port)
    made.synchronous(True)
    try:
        yield made
    finally:
        made.clean_up()
