"""Street lights of an episode: the lamps of the scenery, switched by clients or by the sun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector
from carla_drl_sim.protocol.structs import WireValue
from carla_drl_sim.world.scenery import SceneryObject

STREET_GROUP = 2
"""``carla.LightGroup.Street``."""

NIGHT_BELOW_DEG = 0.0
"""Height of the sun below which street lights are on by themselves."""

_INTENSITY = 5000.0
_COLOR = (255, 220, 160)
_MAX_LIGHTS = 8192
_MAX_GROUP = 4


@dataclass
class StreetLight:
    """One lamp, as ``carla.LightState`` tells of it."""

    id: int
    location: Vector
    intensity: float = _INTENSITY
    group: int = STREET_GROUP
    color: tuple[int, int, int] = _COLOR
    active: bool = False

    def wire(self) -> WireValue:
        """The lamp as the client receives it."""
        return [self.id, list(self.location), self.intensity, self.group, list(self.color), self.active]


def light(value: Any) -> StreetLight:
    """Accept a light's state: [id, location, intensity, group, [r, g, b], active]."""
    fields = arguments.array(value, 6, "the state of a light")
    color = fields[4]
    if type(color) is not list or len(color) not in (3, 4):
        raise ArgumentError("expected a color [red, green, blue]")
    red, green, blue = (min(255, arguments.unsigned(part)) for part in color[:3])
    group = arguments.unsigned(fields[3])
    if group > _MAX_GROUP:
        raise ArgumentError(f"there is no light group {group}, groups are 0 to {_MAX_GROUP}")
    return StreetLight(
        arguments.unsigned(fields[0]),
        arguments.vector(fields[1]),
        arguments.number(fields[2]),
        group,
        (red, green, blue),
        arguments.boolean(fields[5]),
    )


class StreetLights:
    """All street lights.

    Args:
        lamps: gives the lamps of the scenery; called when they are first needed.
    """

    def __init__(self, lamps: Callable[[], Sequence[SceneryObject]]) -> None:
        self.follow_sun = True
        self._lamps = lamps
        self._lights: dict[int, StreetLight] | None = None
        self._is_night = False

    def all(self) -> list[StreetLight]:
        """All lights, by id."""
        return list(self._made().values())

    def change(self, lights: Sequence[StreetLight]) -> None:
        """Take over states; a light keeps its place. Unknown ids are left out, as the client may lag behind."""
        known = self._made()
        for changed in lights:
            if changed.id in known:
                changed.location = known[changed.id].location
                known[changed.id] = changed

    def sun(self, altitude_deg: float) -> bool:
        """The sun has moved: switch all lights when day turns into night, or back. True when that happened."""
        is_night = altitude_deg < NIGHT_BELOW_DEG
        if is_night == self._is_night:
            return False
        self._is_night = is_night
        if self.follow_sun and self._lights is not None:
            for lamp in self._lights.values():
                lamp.active = is_night
        return self.follow_sun

    def _made(self) -> dict[int, StreetLight]:
        if self._lights is None:
            self._lights = {}
            for lamp in self._lamps()[:_MAX_LIGHTS]:
                x, y, z = lamp.centre
                place = (x, y, z + lamp.extent[2])
                is_on = self._is_night and self.follow_sun
                self._lights[lamp.id] = StreetLight(lamp.id, place, active=is_on)
        return self._lights
