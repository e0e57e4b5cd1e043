"""How far a spring arm reaches before something is in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.sensors.obstacle import Obstacle, nearest

if TYPE_CHECKING:
    from carla_drl_sim.episode import Episode
    from carla_drl_sim.sensors.device import Floats
    from carla_drl_sim.sensors.scene import SceneFrame

PROBE_RADIUS_M = 0.12
"""Of the sphere that is moved along the arm: ``ProbeSize`` of Unreal's spring arm."""


class ArmProbe:
    """Moves a sphere along the arms of an episode, through the scene of the last ``look``."""

    def __init__(self, episode: Episode) -> None:
        self._episode = episode
        self._sphere = Obstacle(0.0, PROBE_RADIUS_M, only_dynamics=False, is_drawn=False)
        self._scene: SceneFrame | None = None

    def look(self) -> None:
        """Take over where everything is now."""
        self._scene = self._episode.sensors.scenes.frame(self._episode)

    def free_share(self, foot: Floats, end: Floats, carrier_id: int) -> float:
        """Which share of the way from ``foot`` to ``end`` [3] is free, of all but the actor that carries the arm."""
        if self._scene is None:
            self.look()
        assert self._scene is not None
        way = end - foot
        length = float(np.linalg.norm(way))
        if length < PROBE_RADIUS_M:
            return 1.0
        self._sphere.reach = length
        found = nearest(self._sphere, self._scene, foot, way / length, carrier_id)
        return 1.0 if found is None else min(found[0] / length, 1.0)
