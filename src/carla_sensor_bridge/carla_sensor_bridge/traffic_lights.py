"""What the traffic lights of a world show, looked at between two ticks and told when it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from carla_sensor_bridge.sensor_table import quaternion

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


class LightStates(NamedTuple):
    """What all lights show in one frame."""

    sim_time_s: float
    states: tuple[int, ...]
    """CARLA's numbers, in the order of the places."""


class LightPlace(NamedTuple):
    """Where a light is and whom it concerns; REP-103 axes of the map."""

    actor_id: int
    opendrive_id: str
    position: Vector
    """m."""
    orientation: Quaternion
    """x, y, z, w."""
    trigger_position: Vector
    """Middle of the box in which vehicles are concerned, m."""
    trigger_orientation: Quaternion
    trigger_size: Vector
    """Full lengths along its own axes, m."""


def _vector(at: Any) -> Vector:
    return at.x, -at.y, at.z


def _orientation(turn: Any) -> Quaternion:
    return quaternion(turn.roll, -turn.pitch, -turn.yaw)


def after(outer: Quaternion, inner: Quaternion) -> Quaternion:
    """Return the rotation of what is turned by `inner` in something that is turned by `outer`."""
    (ax, ay, az, aw), (bx, by, bz, bw) = outer, inner
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def place_of(light: Any) -> LightPlace:
    """Return where a traffic light of CARLA's client is."""
    transform, box = light.get_transform(), light.trigger_volume
    orientation = _orientation(transform.rotation)
    return LightPlace(
        light.id,
        light.get_opendrive_id(),
        _vector(transform.location),
        orientation,
        _vector(transform.transform(box.location)),
        after(orientation, _orientation(box.rotation)),
        (2.0 * box.extent.x, 2.0 * box.extent.y, 2.0 * box.extent.z),
    )


class TrafficLights:
    """All traffic lights of a world. `look` is on the tick thread, after the frame was handed over.

    Attributes:
        places: where they are.
        wanted: whether to look; set by whoever publishes.
        newest: what they showed when they had last changed; None before the first look.
    """

    def __init__(self, world: Any, changed: Callable[[], None]) -> None:
        """Find the lights.

        Args:
            world: of a connected client.
            changed: called on the tick thread when `newest` is another one; must not wait.
        """
        self._lights = sorted(world.get_actors().filter("traffic.traffic_light*"), key=lambda light: light.id)
        self._changed = changed
        self.places = [place_of(light) for light in self._lights]
        self.wanted = True
        self.newest: LightStates | None = None

    def look(self, sim_time_s: float) -> None:
        """Read what the lights show, about a microsecond each and no call to the server, if somebody wants to know."""
        if not self.wanted:
            return
        states = tuple(int(light.state) for light in self._lights)
        if self.newest is None or states != self.newest.states:
            self.newest = LightStates(sim_time_s, states)
            self._changed()
