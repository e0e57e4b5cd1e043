"""A roundabout: a one-way ring with one junction per street that meets it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.junction_ways import Arm, Movement
from carla_drl_sim.world.opendrive import Geometry
from carla_drl_sim.world.town_network import TownNetwork


@dataclass(frozen=True)
class Roundabout:
    """Dimensions of a roundabout; metres.

    Attributes:
        radius: of the ring's inner edge.
        half_opening: length of the ring, along its inner edge, that a junction takes on each side of its street.
        arm_size: distance from the middle to the ends of the streets.
    """

    radius: float = 24.0
    half_opening: float = 12.5
    arm_size: float = 46.0
    section: CrossSection = field(default_factory=lambda: CrossSection(2, 0, sidewalk=3.0))
    speed_kmh: int = 30


def _is_ring(arm: Arm) -> bool:
    return not arm.inward or not arm.outward


def _street(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    return tuple(arm for arm in arms if not _is_ring(arm))


def _movements(arms: Sequence[Arm]) -> list[Movement]:
    """Along the ring in both lanes; in and out by the right, leaving from the outer lane only."""
    (street,) = _street(arms)
    before = next(arm for arm in arms if _is_ring(arm) and arm.inward)
    after = next(arm for arm in arms if _is_ring(arm) and arm.outward)
    lanes, outer = len(before.inward), len(before.inward) - 1
    entering = len(street.inward)
    return [
        Movement(before, after, tuple((place, place) for place in range(lanes))),
        Movement(after, before, (), has_edge=True),
        Movement(
            before, street, tuple((outer, place) for place in range(len(street.outward))), has_edge=True
        ),
        Movement(
            street,
            after,
            tuple((entering - 1 - k, outer - k) for k in range(min(entering, lanes))),
            has_edge=True,
        ),
    ]


def add_roundabout(
    network: TownNetwork, plan: Roundabout, centre: tuple[float, float], z: float, nodes: Sequence[int]
) -> None:
    """Draw the ring through junctions whose streets are drawn already; they start `arm_size` from the centre.

    Raises:
        ValueError: two streets are too close to each other.
    """
    headings = {node: network.arms(node)[0].pose[2] % (2.0 * math.pi) for node in nodes}
    around = sorted(nodes, key=lambda node: headings[node])
    opening = plan.half_opening / plan.radius
    for node, following in zip(around, [*around[1:], around[0]], strict=True):
        network.configure(
            node, control="yield", movements=_movements, minor=_street, approach_kmh=plan.speed_kmh
        )
        first = headings[node] + opening
        angle = (headings[following] - headings[node]) % (2.0 * math.pi) - 2.0 * opening
        if angle * plan.radius < 2.0:
            raise ValueError(f"streets meet the roundabout at {centre} too close to each other")
        x = centre[0] + plan.radius * math.cos(first)
        y = centre[1] + plan.radius * math.sin(first)
        arc = Geometry(x, y, first + 0.5 * math.pi, plan.radius * angle, 1.0 / plan.radius)
        network.street(
            node,
            following,
            (arc,),
            plan.section,
            plan.speed_kmh,
            knots=((0.0, z), (arc.length, z)),
            label="Roundabout",
        )
