"""Makes the scene of a tick: what stands in the town, and where its actors are now."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from carla_drl_sim.sensors.moving_parts import MovingParts
from carla_drl_sim.sensors.scene import SceneFrame, StaticScene
from carla_drl_sim.world.scenery import no_parts

if TYPE_CHECKING:
    from carla_drl_sim.episode import Episode
    from carla_drl_sim.world.town import Town

_scenes: dict[int, tuple[weakref.ref[Town], StaticScene]] = {}


def static_scene(town: Town) -> StaticScene:
    """What stands still in a town: made when first asked for, kept as long as the town."""
    found = _scenes.get(id(town))
    if found is None or found[0]() is not town:
        key = id(town)
        scene = StaticScene(town.heights, town.covering, no_parts())
        found = _scenes[key] = (weakref.ref(town, lambda _: _scenes.pop(key, None)), scene)
    return found[1]


class SceneSource:
    """The scenes of one episode. The town's solids are prepared when the first sensor looks at them."""

    def __init__(self) -> None:
        self._moving = MovingParts()

    def frame(self, episode: Episode) -> SceneFrame:
        """The scene as it is now."""
        parts, index = self._moving.parts(episode)
        return SceneFrame(
            static_scene(episode.town),
            parts,
            index,
            tuple(episode.weather),
            episode.frame,
            episode.elapsed_s,
            episode.step_s,
        )
