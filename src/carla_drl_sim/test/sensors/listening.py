"""Sensors of the real client whose data a test collects."""

from __future__ import annotations

import queue
from collections.abc import Mapping
from typing import Any

import carla
from carla_world import Scene

LIMIT_S = 60.0

LIDAR = {
    "channels": 8,
    "points_per_second": 64000,
    "rotation_frequency": 20,
    "range": 60,
    "dropoff_general_rate": 0,
}


class Listener:
    """A sensor that listens, and what it has sent so far."""

    def __init__(
        self,
        scene: Scene,
        type_id: str,
        attributes: Mapping[str, object] | None = None,
        parent: Any = None,
        transform: Any = None,
        attachment: Any = carla.AttachmentType.Rigid,
    ) -> None:
        blueprint = scene.library.find(type_id)
        for name, value in (attributes or {}).items():
            blueprint.set_attribute(name, str(value))
        self.actor = scene.world.spawn_actor(
            blueprint, transform or carla.Transform(), attach_to=parent, attachment_type=attachment
        )
        scene.adopt(self.actor)
        self._received: queue.Queue[Any] = queue.Queue()
        self.actor.listen(self._received.put)

    def next(self) -> Any:
        """The next measurement; waits for it."""
        return self._received.get(timeout=LIMIT_S)

    def waiting(self) -> int:
        """How many measurements nobody has taken yet."""
        return self._received.qsize()
