"""Towns of two-lane streets on an irregular grid: Town01 and Town02."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.junction_ways import Arm, Joiner, by_heading, usual_movements
from carla_drl_sim.world.opendrive import Road, RoadLink
from carla_drl_sim.world.street_grid import GridPlan, Node, Street, StreetGrid, lay_out
from carla_drl_sim.world.town_layout import FIRST_JUNCTION, TownLayout
from carla_drl_sim.world.traffic_control import Control, GuardedJunction

_DRAWS = 100


@dataclass(frozen=True)
class GridTownPlan:
    """How such a town is drawn."""

    grid: GridPlan = field(default_factory=GridPlan)
    section: CrossSection = field(default_factory=lambda: CrossSection(lane_width=3.75))
    inner_speeds_kmh: tuple[int, ...] = (30, 40, 50)
    ring_speed_kmh: int = 50
    lit_t_share: float = 0.0
    """Share of the T-junctions that have traffic lights; crossroads always have them."""


def _draw_grid(plan: GridTownPlan, rng: Random) -> StreetGrid:
    """Streets of the first draw in which all bends fit."""
    for _ in range(_DRAWS):
        try:
            return lay_out(plan.grid, rng)
        except ValueError as error:
            reason = error
    raise ValueError(
        f"no street grid fits the plan {plan.grid} in {_DRAWS} draws; the last one failed: {reason}"
    )


def _street_roads(
    plan: GridTownPlan, rng: Random, grid: StreetGrid, junction_ids: dict[Node, int]
) -> list[Road]:
    roads = []
    for road_id, street in enumerate(grid.streets):
        speed = plan.inner_speeds_kmh[int(rng.random() * len(plan.inner_speeds_kmh))]
        roads.append(
            Road(
                id=road_id,
                name=f"Street {road_id}",
                geometry=street.geometry,
                lanes=plan.section.lanes(),
                speed_kmh=plan.ring_speed_kmh if street.on_ring else speed,
                centre_mark=plan.section.centre_mark,
                predecessor=RoadLink("junction", junction_ids[street.start]),
                successor=RoadLink("junction", junction_ids[street.end]),
            )
        )
    return roads


def _arms(node: Node, streets: list[Street], roads: list[Road]) -> list[Arm]:
    arms = []
    for street, road in zip(streets, roads, strict=True):
        if street.start == node:
            arms.append(Arm(road, "start"))
        if street.end == node:
            arms.append(Arm(road, "end"))
    return by_heading(arms)


def _control(plan: GridTownPlan, arms: list[Arm], rng: Random) -> Control:
    draw = rng.random()
    if len(arms) > 3 or draw < plan.lit_t_share:
        return "lights"
    return "stop" if draw < plan.lit_t_share + 0.6 * (1.0 - plan.lit_t_share) else "yield"


def draw_grid_town(plan: GridTownPlan, rng: Random, sign_rng: Random) -> TownLayout:
    """Draw the streets from `rng` and the kinds of signs from `sign_rng`.

    Raises:
        ValueError: the plan does not fit.
    """
    grid = _draw_grid(plan, rng)
    nodes = grid.junctions()
    junction_ids = {node: FIRST_JUNCTION + i for i, node in enumerate(nodes)}
    streets = _street_roads(plan, rng, grid, junction_ids)
    joiner = Joiner(len(streets))
    junctions = []
    for node in nodes:
        arms = _arms(node, grid.streets, streets)
        junction = joiner.join(junction_ids[node], usual_movements(arms))
        junctions.append(GuardedJunction(junction, tuple(arms), _control(plan, arms, sign_rng)))
    return TownLayout(tuple(streets), tuple(joiner.roads), tuple(junctions))
