"""Builds a town's roads from a plan on paper: junctions, streets as polylines with rounded corners, heights."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.curves import Pen, turned
from carla_drl_sim.world.junction_ways import Arm, Joiner, Movement, usual_movements
from carla_drl_sim.world.opendrive import Cubic, Geometry, Road, RoadLink
from carla_drl_sim.world.town_layout import FIRST_JUNCTION, TownLayout
from carla_drl_sim.world.traffic_control import Control, GuardedJunction

MAX_GRADE = 0.08

Movements = Callable[[Sequence[Arm]], list[Movement]]


@dataclass(frozen=True)
class Spot:
    """A point that streets meet in or pass through; metres.

    Attributes:
        size: distance from a junction's middle to the ends of its roads; for a bend its radius.
        z: height.
    """

    x: float
    y: float
    size: float = 19.0
    z: float = 0.0
    control: Control = "lights"


@dataclass(frozen=True)
class Link:
    """A street along spots; those between the first and the last are bends."""

    path: tuple[str, ...]
    section: CrossSection
    speed_kmh: int
    kind: str = "town"


@dataclass
class _Node:
    id: int
    control: Control
    movements: Movements = usual_movements
    arms: list[Arm] = field(default_factory=list)
    minor: Callable[[Sequence[Arm]], tuple[Arm, ...]] | None = None
    approach_kmh: int | None = None


def profile(knots: Sequence[tuple[float, float]]) -> tuple[Cubic, ...]:
    """Heights (s, z) joined by cubics that are level at both ends and do not overshoot.

    The slope at an inner knot is the harmonic mean of the slopes on both sides, 0 at a summit or in a hollow
    (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 1984, with equal weights).
    """
    if all(z == 0.0 for _, z in knots):
        return ()
    rises = [(z1 - z0) / (s1 - s0) for (s0, z0), (s1, z1) in itertools.pairwise(knots)]
    slopes = [0.0]
    for a, b in itertools.pairwise(rises):
        slopes.append(2.0 * a * b / (a + b) if a * b > 0.0 else 0.0)
    slopes.append(0.0)
    pieces = []
    for i, rise in enumerate(rises):
        length = knots[i + 1][0] - knots[i][0]
        c = (3.0 * rise - 2.0 * slopes[i] - slopes[i + 1]) / length
        d = (slopes[i] + slopes[i + 1] - 2.0 * rise) / length**2
        pieces.append(Cubic(knots[i][0], knots[i][1], slopes[i], c, d))
    return tuple(pieces)


def steepest(roads: Sequence[Road]) -> float:
    """The largest rise or fall per metre along the reference lines."""
    steep = 0.0
    for road in roads:
        ends = [*(piece.s for piece in road.elevation[1:]), road.length]
        for piece, end in zip(road.elevation, ends, strict=False):
            turning = piece.s - piece.c / (3.0 * piece.d) if piece.d else end
            places = (piece.s, end, min(max(turning, piece.s), end))
            steep = max(steep, *(abs(piece.slope(s)) for s in places))
    return steep


def draw_path(spots: Sequence[Spot]) -> tuple[tuple[Geometry, ...], list[tuple[float, float]]]:
    """The reference line of a street, and the heights (s, z) of its ends and of the middles of its bends.

    Raises:
        ValueError: two bends, or a bend and a junction, overlap.
    """
    headings = [math.atan2(b.y - a.y, b.x - a.x) for a, b in itertools.pairwise(spots)]
    lengths = [math.hypot(b.x - a.x, b.y - a.y) for a, b in itertools.pairwise(spots)]
    first = spots[0]
    pen = Pen(
        (
            first.x + first.size * math.cos(headings[0]),
            first.y + first.size * math.sin(headings[0]),
            headings[0],
        )
    )
    knots, s, used = [(0.0, first.z)], 0.0, first.size
    for i, spot in enumerate(spots[1:], 1):
        is_last = i == len(spots) - 1
        angle = 0.0 if is_last else turned(headings[i] - headings[i - 1])
        tangent = spot.size if is_last else spot.size * math.tan(0.5 * abs(angle))
        straight = lengths[i - 1] - used - tangent
        if straight < 0.0:
            raise ValueError(
                f"a street's bend of {spot.size:.0f} m at ({spot.x:.0f}, {spot.y:.0f}) does not fit"
            )
        arc = 0.0 if is_last else spot.size * abs(angle)
        pen.draw(straight)
        pen.draw(arc, math.copysign(1.0 / spot.size, angle))
        knots.append((s + straight + 0.5 * arc, spot.z))
        s, used = s + straight + arc, tangent
    return tuple(pen.pieces), knots


class TownNetwork:
    """Collects streets and junctions, then joins them."""

    def __init__(self) -> None:
        self._nodes: list[_Node] = []
        self._streets: list[Road] = []

    def node(
        self,
        control: Control,
        movements: Movements = usual_movements,
        minor: Callable[[Sequence[Arm]], tuple[Arm, ...]] | None = None,
    ) -> int:
        """Add a junction and return its number; its arms are the streets that are drawn from and to it."""
        node = _Node(FIRST_JUNCTION + len(self._nodes), control, movements, [], minor)
        self._nodes.append(node)
        return len(self._nodes) - 1

    def arms(self, node: int) -> list[Arm]:
        """The arms of a junction so far."""
        return self._nodes[node].arms

    def street(
        self,
        start: int,
        end: int,
        geometry: tuple[Geometry, ...],
        section: CrossSection,
        speed_kmh: int,
        *,
        knots: Sequence[tuple[float, float]] = (),
        kind: str = "town",
        label: str = "Street",
    ) -> Road:
        """Add a street between two junctions; `knots` are heights (s, z)."""
        road = Road(
            id=len(self._streets),
            name=f"{label} {len(self._streets)}",
            geometry=geometry,
            lanes=section.lanes(),
            speed_kmh=speed_kmh,
            centre_mark=section.centre_mark,
            predecessor=RoadLink("junction", self._nodes[start].id),
            successor=RoadLink("junction", self._nodes[end].id),
            elevation=profile(knots) if knots else (),
            kind=kind,
        )
        self._streets.append(road)
        self._nodes[start].arms.append(Arm(road, "start"))
        self._nodes[end].arms.append(Arm(road, "end"))
        return road

    def draw(
        self, spots: Mapping[str, Spot], links: Sequence[Link], known: Mapping[str, int] | None = None
    ) -> dict[str, int]:
        """Add streets along spots, and a junction at every spot where one begins or ends; returns their numbers.

        `known` are the junctions that are there already.
        """
        nodes = dict(known or {})
        for link in links:
            for name in (link.path[0], link.path[-1]):
                if name not in nodes:
                    nodes[name] = self.node(spots[name].control)
        for link in links:
            geometry, knots = draw_path([spots[name] for name in link.path])
            self.street(
                nodes[link.path[0]],
                nodes[link.path[-1]],
                geometry,
                link.section,
                link.speed_kmh,
                knots=knots,
                kind=link.kind,
            )
        return nodes

    def configure(
        self,
        node: int,
        *,
        control: Control | None = None,
        movements: Movements | None = None,
        minor: Callable[[Sequence[Arm]], tuple[Arm, ...]] | None = None,
        approach_kmh: int | None = None,
    ) -> None:
        """Change how a junction is driven through or controlled."""
        target = self._nodes[node]
        target.control = control or target.control
        target.movements = movements or target.movements
        target.minor = minor or target.minor
        target.approach_kmh = approach_kmh or target.approach_kmh

    def finish(self) -> TownLayout:
        """Join everything.

        Raises:
            ValueError: a road is steeper than `MAX_GRADE`, or ways through a junction cannot be drawn.
        """
        joiner = Joiner(len(self._streets))
        junctions = []
        for node in self._nodes:
            junction = joiner.join(node.id, node.movements(node.arms))
            minor = None if node.minor is None else node.minor(node.arms)
            junctions.append(
                GuardedJunction(
                    junction, tuple(node.arms), node.control, minor, approach_kmh=node.approach_kmh
                )
            )
        layout = TownLayout(tuple(self._streets), tuple(joiner.roads), tuple(junctions))
        grade = steepest([*layout.streets, *layout.connecting])
        if grade > MAX_GRADE:
            raise ValueError(f"a road is {100.0 * grade:.1f} % steep; allowed: {100.0 * MAX_GRADE:.0f} %")
        return layout
