"""What stands in a town at present: layers that are loaded, objects that are enabled, props that clients put there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields

import numpy as np

from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.props import Prop
from carla_drl_sim.world.scenery import Parts, Scenery, SceneryObject

ALL_LAYERS = 0xFFFF
ANY_LABEL = 255

_BUILDINGS, _FOLIAGE, _PROPS, _STREET_LIGHTS, _WALLS = 1, 4, 64, 128, 256
_LAYERS = {
    Label.BUILDINGS: _BUILDINGS,
    Label.VEGETATION: _FOLIAGE,
    Label.STATIC: _PROPS,
    Label.DYNAMIC: _PROPS,
    Label.OTHER: _PROPS,
    Label.WALLS: _WALLS,
    Label.FENCES: _WALLS,
}
STREET_LIGHT = "BP_StreetLight"
"""How the names of street lights begin."""


def layer_of(item: SceneryObject) -> int:
    """The ``carla.MapLayer`` that an object belongs to; 0 for what belongs to the roads and always stays."""
    return _STREET_LIGHTS if item.name.startswith(STREET_LIGHT) else _LAYERS.get(item.label, 0)


class SceneryState:
    """The scenery of an episode.

    Attributes:
        version: changes whenever something appears or disappears.

    Args:
        make: gives the town's scenery; called when it is first needed, which may take a second.
        layers: map layers that are loaded, bits of ``carla.MapLayer``.
    """

    def __init__(self, make: Callable[[], Scenery], layers: int = ALL_LAYERS) -> None:
        self.version = 0
        self._make = make
        self._layers = layers
        self._disabled: set[int] = set()
        self._props: dict[int, Parts] = {}
        self._parts: Parts | None = None
        self._parts_version = -1

    def load(self, layers: int) -> None:
        """Show the objects of layers."""
        self._change(self._layers | layers)

    def unload(self, layers: int) -> None:
        """Take the objects of layers away: they are neither seen nor hit nor listed."""
        self._change(self._layers & ~layers)

    def enable(self, ids: Iterable[int], *, enabled: bool) -> None:
        """Show objects, or hide them: they are neither seen nor hit, but still listed. Unknown ids change nothing."""
        known = {item.id for item in self._make().objects}
        chosen = known.intersection(ids)
        changed = self._disabled - chosen if enabled else self._disabled | chosen
        if changed != self._disabled:
            self._disabled = changed
            self.version += 1

    def put(self, actor_id: int, prop: Prop, pose: Pose, *, solid: bool = True) -> None:
        """Add a prop, or move it. It stands upright."""
        x, y, z = pose[:3]
        self._props[actor_id] = Parts(
            shape=np.array([prop.shape], np.uint8),
            centre=np.array([[x, y, z + prop.extent[2]]]),
            yaw_deg=np.array([pose.yaw]),
            extent=np.array([prop.extent]),
            label=np.array([prop.label], np.uint8),
            color=np.array([prop.color], np.uint8),
            object_id=np.array([actor_id], np.int64),
            solid=np.array([solid and prop.is_obstacle]),
        )
        self.version += 1

    def take(self, actor_id: int) -> None:
        """Remove a prop, if it stands there: one that a parent carries does not."""
        if self._props.pop(actor_id, None) is not None:
            self.version += 1

    def objects(self, label: int = ANY_LABEL) -> list[SceneryObject]:
        """All objects of the loaded layers with a label."""
        return [
            item
            for item in self._make().objects
            if label in (ANY_LABEL, item.label) and self._is_loaded(item)
        ]

    def street_lights(self) -> list[SceneryObject]:
        """All street lights, whether their layer is loaded or not."""
        return [item for item in self._make().objects if item.name.startswith(STREET_LIGHT)]

    def parts(self) -> Parts:
        """The solids of all objects that are there. The same arrays until ``version`` changes."""
        if self._parts is None or self._parts_version != self.version:
            self._parts, self._parts_version = self._visible(), self.version
        return self._parts

    def _visible(self) -> Parts:
        scenery = self._make()
        gone = [item.id for item in scenery.objects if not self._is_loaded(item) or item.id in self._disabled]
        if not gone and not self._props:
            return scenery.parts
        kept = ~np.isin(scenery.parts.object_id, gone)
        columns = {
            field.name: np.concatenate(
                [getattr(scenery.parts, field.name)[kept]]
                + [getattr(parts, field.name) for parts in self._props.values()]
            )
            for field in fields(Parts)
        }
        return Parts(**columns)

    def _is_loaded(self, item: SceneryObject) -> bool:
        layer = layer_of(item)
        return not layer or bool(layer & self._layers)

    def _change(self, layers: int) -> None:
        if layers != self._layers:
            self._layers = layers
            self.version += 1
