"""A diamond interchange: a highway on a bridge over a street, with a ramp in each quarter.

Within the interchange the highway has one lane less per direction: the outermost lane ahead of it leads into the exit
ramp, and the entry ramp becomes the outermost lane behind it. So no lane ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.curves import Pen, draw_shift
from carla_drl_sim.world.junction_ways import Arm, Movement
from carla_drl_sim.world.opendrive import Geometry, Pose
from carla_drl_sim.world.town_network import TownNetwork


@dataclass(frozen=True)
class Interchange:
    """Dimensions of an interchange; metres.

    Attributes:
        reach: from the street to the middle of the junctions where ramps leave and join the highway.
        opening: half the length of these junctions.
        aside: from the middle of the highway to the junctions of ramps and street.
        street_size: half the length of those.
        ramp_gap: from the edge of the highway to the lane of a ramp where the ramp begins.
        height: of the highway where ramps leave and join; `bridge_height`: above the street.
    """

    reach: float = 230.0
    opening: float = 32.0
    aside: float = 70.0
    street_size: float = 24.0
    ramp_gap: float = 1.75
    height: float = 3.0
    bridge_height: float = 7.5
    highway: CrossSection = field(
        default_factory=lambda: CrossSection(4, 4, lane_width=3.75, median=4.0, shoulder=2.5, sidewalk=0.0)
    )
    bridge: CrossSection = field(
        default_factory=lambda: CrossSection(3, 3, lane_width=3.75, median=4.0, shoulder=2.5, sidewalk=0.0)
    )
    ramp: CrossSection = field(
        default_factory=lambda: CrossSection(1, 0, lane_width=3.75, shoulder=1.0, sidewalk=0.0)
    )
    street: CrossSection = field(default_factory=lambda: CrossSection(1, 1, sidewalk=2.0))
    highway_kmh: int = 90
    ramp_kmh: int = 60
    street_kmh: int = 50


@dataclass(frozen=True)
class InterchangeNodes:
    """Junctions of an interchange: of the highway before and after it, and of the street left and right of it."""

    before: int
    after: int
    left: int
    right: int


def _movements(arms: Sequence[Arm]) -> list[Movement]:
    """Straight on in all lanes that go on, and the outermost lane from and to the ramps."""
    main = sorted((arm for arm in arms if arm.inward and arm.outward), key=lambda arm: len(arm.inward))
    narrow, wide = main
    leaving = next(arm for arm in arms if not arm.inward)
    joining = next(arm for arm in arms if not arm.outward)
    pairs = tuple((place, place) for place in range(len(narrow.inward)))
    return [
        Movement(wide, narrow, pairs, has_median=True),
        Movement(narrow, wide, pairs, has_median=True),
        Movement(wide, leaving, ((len(wide.inward) - 1, 0),), has_edge=True),
        Movement(joining, wide, ((0, len(wide.outward) - 1),), has_edge=True),
    ]


def _exits(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    return tuple(arm for arm in arms if not arm.outward)


def add_interchange(network: TownNetwork, plan: Interchange, origin: Pose) -> InterchangeNodes:
    """Draw an interchange; `origin` is where the highway crosses the street, looking along the highway."""
    nodes = InterchangeNodes(
        before=network.node("none", _movements),
        after=network.node("none", _movements),
        left=network.node("lights"),
        right=network.node("yield", minor=_exits),
    )
    length = 2.0 * (plan.reach - plan.opening)
    network.street(
        nodes.before,
        nodes.after,
        (Geometry(*_place(origin, -0.5 * length, 0.0), length),),
        plan.bridge,
        plan.highway_kmh,
        knots=((0.0, plan.height), (0.5 * length, plan.bridge_height), (length, plan.height)),
        kind="motorway",
        label="Bridge",
    )
    for side, node in ((1.0, nodes.left), (-1.0, nodes.right)):
        # Traffic on the left goes against the highway's direction: its ramps are those of the right, turned round.
        turn = math.pi if side > 0.0 else 0.0
        frame = origin[0], origin[1], origin[2] + turn
        off, on = (nodes.before, nodes.after) if side < 0.0 else (nodes.after, nodes.before)
        _ramps(network, plan, frame, off, node, on)
    street = 2.0 * (plan.aside - plan.street_size)
    x, y, heading = _place(origin, 0.0, plan.aside - plan.street_size)
    network.street(
        nodes.left,
        nodes.right,
        (Geometry(x, y, heading - 0.5 * math.pi, street),),
        plan.street,
        plan.street_kmh,
    )
    return nodes


def _ramps(network: TownNetwork, plan: Interchange, frame: Pose, off: int, node: int, on: int) -> None:
    """The exit and the entry ramp right of a carriageway that runs along `frame`."""
    section = plan.bridge
    edge = 0.5 * section.median + section.forward * section.lane_width + section.shoulder + plan.ramp_gap
    along = plan.reach - plan.opening - plan.street_size
    aside = plan.aside - edge
    leaving = Pen(_place(frame, -plan.reach + plan.opening, -edge))
    draw_shift(leaving, along, -aside, math.inf)
    joining = Pen(_place(frame, plan.street_size, -plan.aside))
    draw_shift(joining, along, aside, math.inf)
    for start, end, pen, heights in (
        (off, node, leaving, (plan.height, 0.0)),
        (node, on, joining, (0.0, plan.height)),
    ):
        pieces = tuple(pen.pieces)
        length = math.fsum(piece.length for piece in pieces)
        network.street(
            start,
            end,
            pieces,
            plan.ramp,
            plan.ramp_kmh,
            knots=((0.0, heights[0]), (length, heights[1])),
            kind="motorway",
            label="Ramp",
        )


def _place(frame: Pose, along: float, left: float) -> Pose:
    x, y, heading = frame
    return (
        x + along * math.cos(heading) - left * math.sin(heading),
        y + along * math.sin(heading) + left * math.cos(heading),
        heading,
    )
