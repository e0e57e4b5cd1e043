"""What lies side by side on a street: driving lanes, median, parking places, shoulders, sidewalks, and their marks."""

from __future__ import annotations

from dataclasses import dataclass

from carla_drl_sim.world.opendrive import Lane, RoadMark

CENTRE = RoadMark("broken", "yellow", "none")
DOUBLE_CENTRE = RoadMark("solid solid", "yellow", "none")
INNER_EDGE = RoadMark("solid", "yellow", "none")
EDGE = RoadMark("solid", "white", "none")
BETWEEN = RoadMark("broken", "white", "both")
CURB = RoadMark("curb", "standard", "none")
NO_MARK = RoadMark()


@dataclass(frozen=True)
class CrossSection:
    """Lanes from the middle outwards; all lengths in m, what is 0 wide is left out.

    Attributes:
        forward, backward: driving lanes along and against the reference line; without backward ones the reference
            line is the left edge of a one-way road.
        median: strip between the directions.
    """

    forward: int = 1
    backward: int = 1
    lane_width: float = 3.5
    median: float = 0.0
    parking: float = 0.0
    shoulder: float = 0.5
    sidewalk: float = 2.0

    @property
    def centre_mark(self) -> RoadMark:
        """Mark on the reference line."""
        if self.backward == 0:
            return INNER_EDGE
        if self.median > 0.0:
            return NO_MARK
        return DOUBLE_CENTRE if self.forward + self.backward > 2 else CENTRE

    def lanes(self) -> tuple[Lane, ...]:
        """All lanes but the centre lane."""
        return (*self._side(1, self.backward), *self._side(-1, self.forward))

    def _side(self, sign: int, count: int) -> list[Lane]:
        parts: list[tuple[str, float, RoadMark]] = []
        if count == 0:
            return [Lane(sign, "shoulder", self.shoulder, CURB)] if self.shoulder > 0.0 else []
        if self.median > 0.0:
            parts.append(("median", 0.5 * self.median, INNER_EDGE))
        parts += [("driving", self.lane_width, BETWEEN)] * (count - 1)
        parts.append(("driving", self.lane_width, EDGE))
        if self.parking > 0.0:
            parts.append(("parking", self.parking, NO_MARK))
        if self.shoulder > 0.0:
            parts.append(("shoulder", self.shoulder, CURB if self.sidewalk > 0.0 else NO_MARK))
        if self.sidewalk > 0.0:
            parts.append(("sidewalk", self.sidewalk, NO_MARK))
        return [Lane(sign * (place + 1), *part) for place, part in enumerate(parts)]
