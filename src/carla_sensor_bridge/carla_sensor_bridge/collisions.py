"""Collision events of the fleet, collected from the client's streaming thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

# An event is a collision even when the simulator reports no impulse with it, N s.
LEAST_IMPULSE_NS: Final = 1e-3


class CollisionLog:
    """Strongest impulse per agent between two calls of `take`.

    With one streaming thread the events of a frame are delivered before its snapshot, thus before `tick` returns. One
    that comes late all the same counts for the next frame; none is lost.
    """

    def __init__(self, num_agents: int) -> None:
        self._num_agents = num_agents
        # Appending and popping are atomic: no lock between the client's thread and the tick thread.
        self._events: deque[tuple[int, float]] = deque()

    def listener(self, agent: int) -> Callable[[Any], None]:
        """Return the callback for the collision sensor of an agent."""
        append = self._events.append

        def on_collision(event: Any) -> None:
            append((agent, max(event.normal_impulse.length(), LEAST_IMPULSE_NS)))

        return on_collision

    def take(self, out: npt.NDArray[np.float64]) -> None:
        """Write the strongest impulse since the last call into `out`, [N], N s; 0 where there was none."""
        out[:] = 0.0
        while self._events:
            agent, impulse = self._events.popleft()
            out[agent] = max(out[agent], impulse)
