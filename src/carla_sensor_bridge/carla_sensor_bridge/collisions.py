"""Collisions of the fleet: with whom, and how hard; collected from the client's streaming thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col

# Columns of a frame's collisions, float64 [N, NUM_COLLISION].
IMPULSE_NS: Final = 0
PARTNER: Final = 1
NUM_COLLISION: Final = 2

# An event is a collision even when the simulator reports no impulse with it, N s.
LEAST_IMPULSE_NS: Final = 1e-3


def partner_kind(type_id: str) -> int:
    """Return the COLLISION_* of an actor that an ego collided with; `type_id` is its blueprint's."""
    if type_id.startswith("vehicle."):
        return col.COLLISION_VEHICLE
    return col.COLLISION_WALKER if type_id.startswith("walker.") else col.COLLISION_STATIC


class CollisionLog:
    """Strongest impulse and highest kind of partner per agent between two calls of `take`.

    With one streaming thread the events of a frame are delivered before its snapshot, thus before `tick` returns. One
    that comes late all the same counts for the next frame; none is lost.
    """

    def __init__(self, num_agents: int) -> None:
        self._num_agents = num_agents
        # Appending and popping are atomic: no lock between the client's thread and the tick thread.
        self._events: deque[tuple[int, float, int]] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def listener(self, agent: int) -> Callable[[Any], None]:
        """Return the callback for the collision sensor of an agent."""
        append = self._events.append

        def on_collision(event: Any) -> None:
            other = event.other_actor
            kind = col.COLLISION_STATIC if other is None else partner_kind(other.type_id)
            append((agent, max(event.normal_impulse.length(), LEAST_IMPULSE_NS), kind))

        return on_collision

    def take(self, out: npt.NDArray[np.float64]) -> None:
        """Write what came since the last call into `out`, [N, NUM_COLLISION]; 0 where there was no collision."""
        out[:] = 0.0
        while self._events:
            agent, impulse, kind = self._events.popleft()
            row = out[agent]
            row[IMPULSE_NS] = max(row[IMPULSE_NS], impulse)
            row[PARTNER] = max(row[PARTNER], kind)
