"""Satellite positioning: latitude, longitude and altitude by the map's geographic reference."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.protocol.rpc_framing import pack
from carla_drl_sim.protocol.streams import SENSOR_GNSS
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Kind, Moment
from carla_drl_sim.sensors.noise import normals

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

EARTH_RADIUS_M = 6378137.0
"""Equatorial radius of WGS 84."""

SCALE = 0.9996
"""Scale on the central meridian, which the client takes from UTM."""

_DEFAULT = (42.0, 2.0)
"""What the client takes where a map has no readable reference."""

_ELEMENT = re.compile(r"<geoReference[^>]*>(.*?)</geoReference>", re.DOTALL)


@dataclass(frozen=True)
class GeoReference:
    """Where the map's origin lies on the globe, in degrees.

    As ``carla.Map.transform_to_geolocation`` of version 0.9.16, for all maps whatever projection they name: transverse
    Mercator on a sphere, scale 0.9996 on the central meridian (Snyder 1987, "Map Projections: A Working Manual",
    equations 8-6 to 8-8). Latitude grows with y, although the compass has north at decreasing y; versions before
    0.9.16 let it fall.
    """

    latitude: float
    longitude: float

    @classmethod
    def from_opendrive(cls, text: str) -> GeoReference:
        """Read ``+lat_0`` and ``+lon_0`` of the header; both must be there, as for the client."""
        element = _ELEMENT.search(text)
        content = element.group(1) if element else ""
        found = [re.search(rf"\+{name}=([-+.0-9eE]+)", content) for name in ("lat_0", "lon_0")]
        try:
            latitude, longitude = (float(match.group(1)) for match in found if match)
        except ValueError:
            return cls(*_DEFAULT)
        return cls(latitude, longitude)

    def geodetic(self, location: Floats) -> Floats:
        """Latitude and longitude in degrees and altitude in metres [N, 3] of locations [N, 3]."""
        along = location[:, 1] / (SCALE * EARTH_RADIUS_M) + math.radians(self.latitude)
        across = location[:, 0] / (SCALE * EARTH_RADIUS_M)
        result = np.empty((len(location), 3))
        result[:, 0] = np.degrees(np.arcsin(np.sin(along) / np.cosh(across)))
        result[:, 1] = self.longitude + np.degrees(np.arctan2(np.sinh(across), np.cos(along)))
        result[:, 2] = location[:, 2]
        return result


@dataclass
class Gnss:
    """One receiver: the map's reference, and noise (latitude, longitude in degrees, altitude in metres)."""

    reference: GeoReference
    seed: int
    stddev: Floats
    bias: Floats
    is_noisy: bool


def make(actor: Actor, settings: dict[str, Value], episode: Episode) -> Gnss:
    """Read the settings of one receiver."""
    stddev = np.array([float(settings[f"noise_{axis}_stddev"]) for axis in ("lat", "lon", "alt")])
    bias = np.array([float(settings[f"noise_{axis}_bias"]) for axis in ("lat", "lon", "alt")])
    reference = GeoReference.from_opendrive(episode.town.opendrive)
    return Gnss(reference, int(settings["noise_seed"]), stddev, bias, bool(stddev.any() or bias.any()))


def measure(batch: Batch, moment: Moment) -> Sequence[bytes]:
    """Measure where the sensors are."""
    positions = batch.devices[0].reference.geodetic(batch.location)  # one map, one reference
    noise = np.empty(3)
    for row, (device, actor) in enumerate(zip(batch.devices, batch.actors, strict=True)):
        if device.is_noisy:
            normals(device.seed, actor.id, moment.episode.frame, noise)
            positions[row] += noise * device.stddev + device.bias
    return [pack(position) for position in positions.tolist()]


KIND = Kind(SENSOR_GNSS, make, measure)
