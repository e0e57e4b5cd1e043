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
