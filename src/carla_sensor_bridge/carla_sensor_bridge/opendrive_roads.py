"""What the lane graph needs from an OpenDRIVE document and the CARLA client does not tell: section ends and speed limits.

CARLA's client gives speed limits as landmarks (signs, absent from many maps) or per vehicle, as the limit of the
last sign it passed. `<type><speed>` of the road is the limit that the map itself states, so that is the source
here (ASAM OpenDRIVE 1.4, 5.3.2 and 5.3.2.1). Roads that state none, junction roads as a rule, take the lowest
limit of the roads they are linked to, else the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.errors import SimulatorLostError

Array = npt.NDArray[np.float64]

DEFAULT_SPEED_LIMIT_MPS: Final = 50.0 / 3.6
"""Limit of a road for which the map states none: the usual limit in towns."""

# OpenDRIVE: a speed without unit is in m/s.
_UNIT_MPS: Final = {"": 1.0, "m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704}


@dataclass(frozen=True)
class Road:
    """Lane sections and speed limits of one road; s is the distance along its reference line, m."""

    length: float
    section_s: Array
    """[K] start of each lane section, increasing."""
    limit_s: Array
    """[L] where each limit begins, increasing; at least one."""
    limit_mps: Array
    """[L]."""

    def section_range(self, s: float) -> tuple[float, float]:
        """Return start and end of the section that holds `s`."""
        index = max(int(np.searchsorted(self.section_s, s, side="right")) - 1, 0)
        end = self.section_s[index + 1] if index + 1 < len(self.section_s) else self.length
        return float(self.section_s[index]), float(end)

    def speed_limit(self, s: Array) -> Array:
        """Return the limit at each `s`, m/s."""
        index = np.searchsorted(self.limit_s, s, side="right") - 1
        return self.limit_mps[np.clip(index, 0, None)]


def _own_limits(road: ElementTree.Element) -> list[tuple[float, float]]:
    limits = []
    for kind in road.findall("type"):
        speed = kind.find("speed")
        unit = "" if speed is None else speed.get("unit", "")
        if speed is None or unit not in _UNIT_MPS:
            continue
        try:
            limit = float(speed.get("max", "")) * _UNIT_MPS[unit]
        except ValueError:  # "no limit" and "undefined" are allowed values
            continue
        if np.isfinite(limit) and limit > 0.0:
            limits.append((float(kind.get("s", "0")), limit))
    return sorted(limits)


def _linked_roads(road: ElementTree.Element) -> list[int]:
    links = [road.find(f"link/{tag}") for tag in ("predecessor", "successor")]
    return [
        int(link.get("elementId", "-1"))
        for link in links
        if link is not None and link.get("elementType") == "road"
    ]


def parse_roads(opendrive: str) -> dict[int, Road]:
    """Read every road of an OpenDRIVE document, by road id.

    Raises:
        SimulatorLostError: when the document cannot be read.
    """
    try:
        elements = {
            int(road.get("id", "-1")): road for road in ElementTree.fromstring(opendrive).iter("road")
        }
        own = {road_id: _own_limits(road) for road_id, road in elements.items()}
        roads = {}
        for road_id, element in elements.items():
            limits = own[road_id]
            if not limits:
                linked = [own[other][0][1] for other in _linked_roads(element) if own.get(other)]
                limits = [(0.0, min(linked, default=DEFAULT_SPEED_LIMIT_MPS))]
            sections = sorted(float(section.get("s", "0")) for section in element.iter("laneSection"))
            table = np.array(limits)
            roads[road_id] = Road(
                float(element.get("length", "0")), np.array(sections or [0.0]), table[:, 0], table[:, 1]
            )
    except (ElementTree.ParseError, ValueError) as error:
        raise SimulatorLostError(f"the simulator's map is not readable OpenDRIVE: {error}") from None
    return roads
