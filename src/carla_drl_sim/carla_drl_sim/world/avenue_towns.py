"""Towns of multi-lane streets on a regular grid: Town05 and Town10HD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork

Place = tuple[int, int]


@dataclass(frozen=True)
class AvenuePlan:
    """How such a town is drawn; lengths in m, ranges as (least, most).

    Attributes:
        removed: streets left out of the grid, so that some junctions have three arms.
        lit_t_share: share of the T-junctions with traffic lights; crossroads always have them.
    """

    columns: int = 6
    rows: int = 5
    spacing: tuple[float, float] = (104.0, 128.0)
    removed: int = 3
    lit_t_share: float = 0.8
    street: CrossSection = field(default_factory=lambda: CrossSection(2, 2, sidewalk=3.0))
    boulevard: CrossSection = field(default_factory=lambda: CrossSection(2, 2, median=3.0, sidewalk=3.0))
    street_kmh: int = 50
    boulevard_kmh: int = 60
    size: float = 20.0
    corner_radius: float = 30.0


def _lines(rng: Random, count: int, spacing: tuple[float, float]) -> list[float]:
    places = [0.0]
    for _ in range(count - 1):
        places.append(places[-1] + spacing[0] + (spacing[1] - spacing[0]) * rng.random())
    return [place - 0.5 * places[-1] for place in places]


def _edges(plan: AvenuePlan, rng: Random) -> list[tuple[Place, Place]]:
    """Grid edges without the removed ones: inner edges, no two of them at one place."""
    edges = [
        ((column, row), (column + dx, row + dy))
        for column in range(plan.columns)
        for row in range(plan.rows)
        for dx, dy in ((1, 0), (0, 1))
        if column + dx < plan.columns and row + dy < plan.rows
    ]
    touched: set[Place] = set()
    for _ in range(plan.removed):
        inner = [
            (a, b)
            for a, b in edges
            if not touched & {a, b} and all(_degree(edges, place) == 4 for place in (a, b))
        ]
        if not inner:
            break
        chosen = inner[int(rng.random() * len(inner))]
        edges.remove(chosen)
        touched |= set(chosen)
    return edges


def _degree(edges: list[tuple[Place, Place]], place: Place) -> int:
    return sum(place in edge for edge in edges)


def _name(place: Place) -> str:
    return f"{place[0]},{place[1]}"


def draw_avenue_town(plan: AvenuePlan, rng: Random, sign_rng: Random) -> TownLayout:
    """Draw the streets from `rng` and the kinds of signs from `sign_rng`."""
    xs, ys = _lines(rng, plan.columns, plan.spacing), _lines(rng, plan.rows, plan.spacing)
    edges = _edges(plan, rng)
    boulevard = plan.rows // 2
    corners = {(c, r) for c in (0, plan.columns - 1) for r in (0, plan.rows - 1)}
    spots: dict[str, Spot] = {}
    for column, x in enumerate(xs):
        for row, y in enumerate(ys):
            place = column, row
            draw = sign_rng.random()
            lit = _degree(edges, place) > 3 or draw < plan.lit_t_share
            size = plan.corner_radius if place in corners else plan.size
            spots[_name(place)] = Spot(x, y, size, control="lights" if lit else "stop")
    links = []
    for a, b in edges:
        if {a, b} & corners:
            continue
        is_boulevard = a[1] == b[1] == boulevard
        links.append(
            Link(
                (_name(a), _name(b)),
                plan.boulevard if is_boulevard else plan.street,
                plan.boulevard_kmh if is_boulevard else plan.street_kmh,
            )
        )
    links.extend(_corner_links(plan, corners))
    return _network(spots, links)


def _corner_links(plan: AvenuePlan, corners: set[Place]) -> list[Link]:
    links = []
    for corner in sorted(corners):
        column, row = corner
        beside = (1 if column == 0 else column - 1, row), (column, 1 if row == 0 else row - 1)
        path = _name(beside[0]), _name(corner), _name(beside[1])
        links.append(Link(path, plan.street, plan.street_kmh))
    return links


def _network(spots: Mapping[str, Spot], links: list[Link]) -> TownLayout:
    network = TownNetwork()
    network.draw(spots, links)
    return network.finish()
