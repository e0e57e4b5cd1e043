"""Makes the scene of a tick: what stands in the town, and where its actors are now."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from carla_drl_sim.sensors.moving_parts import MovingParts
from carla_drl_sim.sensors.scene import SceneFrame, StaticScene

if TYPE_CHECKING:
    from carla_drl_sim.episode import Episode
    from carla_drl_sim.world.scenery import Parts
    from carla_drl_sim.world.town import Town

_scenes: dict[int, tuple[weakref.ref[Town], StaticScene]] = {}


def static_scene(town: Town) -> StaticScene:
    """What stands still in a town: made when first asked for, kept as long as the town."""
    found = _scenes.get(id(town))
    if found is None or found[0]() is not town:
        key = id(town)
        scene = StaticScene(town.heights, town.covering, town.scenery.parts)
        found = _scenes[key] = (weakref.ref(town, lambda _: _scenes.pop(key, None)), scene)
    return found[1]


class SceneSource:
    """The scenes of one episode. The town's solids are prepared when the first sensor looks at them."""

    def __init__(self) -> None:
        self._moving = MovingParts()
        self._static: StaticScene | None = None
        self._parts: Parts | None = None

    def frame(self, episode: Episode) -> SceneFrame:
        """The scene as it is now."""
        parts, index = self._moving.parts(episode)
        return SceneFrame(
            self._still(episode),
            parts,
            index,
            tuple(episode.weather),
            episode.frame,
            episode.elapsed_s,
            episode.step_s,
        )

    def _still(self, episode: Episode) -> StaticScene:
        """The town without what is hidden or not loaded."""
        parts = episode.scenery.parts()
        if self._static is None or self._parts is not parts:
            whole = static_scene(episode.town)
            self._static = whole if parts is episode.town.scenery.parts else whole.with_parts(parts)
            self._parts = parts
        return self._static
