"""Drawing into the world: ``carla.DebugHelper``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carla_drl_sim.debug_shapes import Drawing, drawing
from carla_drl_sim.handlers.registry import rpc

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_NOTE = "shown by the viewer; sensors do not see it"


@rpc(drawing, void=True, note=_NOTE)
def draw_debug_shape(simulator: Simulator, drawn: Drawing) -> None:
    """Draw a shape into the scene."""
    episode = simulator.episode
    episode.debug_shapes.draw(drawn, episode.elapsed_s, episode.step_s)


@rpc(void=True)
def clear_debug_shape(simulator: Simulator) -> None:
    """Remove drawn shapes."""
    simulator.episode.debug_shapes.clear(texts=False)


@rpc(void=True)
def clear_debug_string(simulator: Simulator) -> None:
    """Remove drawn texts."""
    simulator.episode.debug_shapes.clear(texts=True)
