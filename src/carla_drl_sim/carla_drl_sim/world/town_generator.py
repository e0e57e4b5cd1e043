"""Makes the towns: an OpenDRIVE map, drawn from a name and a seed, and the places where vehicles may start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from carla_drl_sim.world.avenue_towns import AvenuePlan, draw_avenue_town
from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.grid_town import GridTownPlan, draw_grid_town
from carla_drl_sim.world.highway_town import draw_highway_town
from carla_drl_sim.world.hill_town import draw_hill_town
from carla_drl_sim.world.opendrive_writer import write
from carla_drl_sim.world.rural_town import draw_rural_town
from carla_drl_sim.world.spawn_points import spawn_points
from carla_drl_sim.world.straight_town import draw_straight_town
from carla_drl_sim.world.street_grid import GridPlan
from carla_drl_sim.world.town import Town
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.traffic_control import add_signals

_GEO_REFERENCE = "+proj=tmerc +lat_0=42.0 +lon_0=2.0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"


@dataclass(frozen=True)
class TownPlan:
    """How a town is made.

    Attributes:
        character: what it is like, one line.
        draw: draws the layout from the random numbers of the streets and those of the signs.
        spawn_spacing: distance of spawn points along a lane, m; on motorways it is three times as long.
    """

    character: str
    draw: Callable[[Random, Random], TownLayout]
    spawn_spacing: float = 18.0


def _grid(plan: GridTownPlan) -> Callable[[Random, Random], TownLayout]:
    return lambda rng, sign_rng: draw_grid_town(plan, rng, sign_rng)


def _avenues(plan: AvenuePlan) -> Callable[[Random, Random], TownLayout]:
    return lambda rng, sign_rng: draw_avenue_town(plan, rng, sign_rng)


_SMALL_GRID = GridPlan(
    columns=5,
    rows=4,
    column_spacing=(62.0, 84.0),
    row_spacing=(60.0, 80.0),
    removed_streets=6,
    displaced_share=0.2,
    displacement=(2.0, 4.0),
    corner_radius=(14.0, 20.0),
)

PLANS: Mapping[str, TownPlan] = MappingProxyType(
    {
        "Town01": TownPlan(
            "small town of two-lane streets with bends, mostly T-junctions, few traffic lights",
            _grid(GridTownPlan()),
        ),
        "Town02": TownPlan(
            "like Town01 but smaller, with shorter blocks",
            _grid(
                GridTownPlan(
                    grid=_SMALL_GRID, inner_speeds_kmh=(30, 30, 40), ring_speed_kmh=40, lit_t_share=0.25
                )
            ),
        ),
        "Town03": TownPlan(
            "avenues with two lanes per direction that meet in a roundabout, a hill, a flyover",
            lambda rng, _: draw_hill_town(rng),
            24.0,
        ),
        "Town04": TownPlan(
            "small town inside a highway loop with four lanes per direction and two interchanges",
            draw_highway_town,
            20.0,
        ),
        "Town05": TownPlan(
            "grid of streets with two lanes per direction, a boulevard with a median, traffic lights nearly everywhere",
            _avenues(AvenuePlan()),
            24.0,
        ),
        "Town06": TownPlan(
            "long straight highways with five lanes per direction, cross streets with traffic lights",
            lambda rng, _: draw_straight_town(rng),
            20.0,
        ),
        "Town07": TownPlan(
            "narrow, winding country roads over hills, stop and yield signs, no traffic lights",
            draw_rural_town,
        ),
        "Town10HD": TownPlan(
            "like Town05 but smaller, with parking places along the streets",
            _avenues(
                AvenuePlan(
                    columns=4,
                    rows=3,
                    spacing=(88.0, 104.0),
                    removed=1,
                    street=CrossSection(2, 2, parking=2.2, sidewalk=3.0),
                    boulevard=CrossSection(2, 2, median=2.0, parking=2.2, sidewalk=3.0),
                    street_kmh=30,
                    boulevard_kmh=50,
                    size=21.0,
                )
            ),
        ),
    }
)
"""The towns and how they are made."""

LAYERED = "_Opt"
"""CARLA has its towns a second time, in layers that can be taken away, under names that end like this."""

TOWNS: Mapping[str, TownPlan] = MappingProxyType(
    {**PLANS, **{name + LAYERED: plan for name, plan in PLANS.items()}}
)
"""Names that `generate_town` knows; Town01_Opt has the streets of Town01."""


def generate_town(name: str, seed: int = 0) -> Town:
    """Make a town; the same name and seed give the same bytes.

    The town is drawn from the seed: it has the name of a CARLA town, so that scripts find it, but not its streets.

    Args:
        name: one of `TOWNS`; a path in front of it, as in Carla/Maps/Town01, is ignored.
        seed: seed of the streets, speed limits, signs and the order of the spawn points.

    Raises:
        ValueError: there is no such town.
    """
    base = name.rsplit("/", 1)[-1]
    if base not in TOWNS:
        raise ValueError(f"town {name!r} is not available; available towns: {', '.join(sorted(TOWNS))}")
    plan, drawn = TOWNS[base], base.removesuffix(LAYERED)
    # Random.random() gives the same sequence in every Python version for a text seed; its other methods need not.
    rng = Random(f"{drawn}/{seed}")
    layout = plan.draw(rng, Random(f"{drawn}/{seed}/signs"))
    roads, junctions = add_signals([*layout.streets, *layout.connecting], layout.junctions)
    title = f"{drawn} (generated by carla_drl_sim from seed {seed}; not a copy of CARLA's town of that name)"
    opendrive = write(title, roads, junctions, _GEO_REFERENCE)
    return Town(base, opendrive, spawn_points(layout.streets, rng, plan.spawn_spacing), seed)
