"""Makes towns: an OpenDRIVE map, drawn from a name and a seed, and the places where vehicles may start."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.opendrive import (
    Connection,
    ContactPoint,
    Geometry,
    Junction,
    Lane,
    Road,
    RoadLink,
    RoadMark,
    write,
)
from carla_drl_sim.world.street_grid import GridPlan, Node, Street, StreetGrid, lay_out
from carla_drl_sim.world.town import Town


@dataclass(frozen=True)
class TownPlan:
    """How a town is generated; lengths in m."""

    grid: GridPlan = field(default_factory=GridPlan)
    lane_width: float = 3.75
    shoulder_width: float = 0.5
    sidewalk_width: float = 2.0
    inner_speeds_kmh: tuple[int, ...] = (30, 40, 50)
    ring_speed_kmh: int = 50
    spawn_spacing: float = 18.0
    spawn_margin: float = 9.0
    """Distance of spawn points from the ends of a road."""
    spawn_height: float = 0.3
    geo_reference: str = (
        "+proj=tmerc +lat_0=42.0 +lon_0=2.0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )


TOWNS: Mapping[str, TownPlan] = MappingProxyType({"Town01": TownPlan()})
"""Towns that `generate_town` can make."""


@dataclass(frozen=True)
class _Arm:
    """One road's end at a junction; `direction` points away from the junction."""

    road: Road
    contact: ContactPoint
    direction: int

    def inward_lane(self, place: int) -> int:
        """Id of the lane at `place` (1 = innermost) that runs into the junction."""
        return -place if self.contact == "end" else place

    def outward_lane(self, place: int) -> int:
        return place if self.contact == "end" else -place


_DRAWS = 100
_CENTRE = RoadMark("broken", "yellow", "none")
_EDGE = RoadMark("solid", "white", "none")
_CURB = RoadMark("curb", "standard", "none")


def _side(plan: TownPlan, sign: int) -> list[Lane]:
    return [
        Lane(sign, "driving", plan.lane_width, _EDGE),
        Lane(2 * sign, "shoulder", plan.shoulder_width, _CURB),
        Lane(3 * sign, "sidewalk", plan.sidewalk_width),
    ]


def _street_roads(plan: TownPlan, rng: Random, grid: StreetGrid, junction_ids: dict[Node, int]) -> list[Road]:
    roads = []
    for road_id, street in enumerate(grid.streets):
        speed = plan.inner_speeds_kmh[int(rng.random() * len(plan.inner_speeds_kmh))]
        roads.append(
            Road(
                id=road_id,
                name=f"Street {road_id}",
                geometry=street.geometry,
                lanes=(*_side(plan, 1), *_side(plan, -1)),
                speed_kmh=plan.ring_speed_kmh if street.on_ring else speed,
                centre_mark=_CENTRE,
                predecessor=RoadLink("junction", junction_ids[street.start]),
                successor=RoadLink("junction", junction_ids[street.end]),
            )
        )
    return roads


def _arms(node: Node, streets: list[Street], roads: list[Road]) -> list[_Arm]:
    arms = []
    for street, road in zip(streets, roads, strict=True):
        if street.start == node:
            arms.append(_Arm(road, "start", street.start_direction))
        if street.end == node:
            arms.append(_Arm(road, "end", street.end_direction))
    return sorted(arms, key=lambda arm: arm.direction)


def _connecting_road(
    plan: TownPlan, road_id: int, junction_id: int, into: _Arm, out: _Arm, has_edge: bool
) -> tuple[Road, tuple[tuple[int, int], ...]]:
    """The way from one arm to another, and its lane links; `has_edge` adds the shoulder and sidewalk."""
    x, y, heading = into.road.pose(into.road.length if into.contact == "end" else 0.0)
    heading = heading if into.contact == "end" else heading + math.pi
    turn = (out.direction - into.direction + 2) % 4
    radius = plan.grid.arm_length
    if turn == 0:
        piece = Geometry(x, y, heading, 2.0 * radius)
    else:
        piece = Geometry(x, y, heading, radius * math.pi / 2.0, (1.0 if turn == 1 else -1.0) / radius)
    places = (1, 2, 3) if has_edge else (1,)
    kinds = ("driving", "shoulder", "sidewalk")
    widths = (plan.lane_width, plan.shoulder_width, plan.sidewalk_width)
    marks = (_EDGE, _CURB, RoadMark()) if has_edge else (RoadMark(),)
    lanes = tuple(
        Lane(-p, kinds[p - 1], widths[p - 1], marks[p - 1], into.inward_lane(p), out.outward_lane(p))
        for p in places
    )
    road = Road(
        id=road_id,
        name=f"Street {into.road.id} to street {out.road.id}",
        geometry=(piece,),
        lanes=lanes,
        speed_kmh=min(into.road.speed_kmh, out.road.speed_kmh),
        junction=junction_id,
        predecessor=RoadLink("road", into.road.id, into.contact),
        successor=RoadLink("road", out.road.id, out.contact),
    )
    return road, tuple((into.inward_lane(p), -p) for p in places)


def _join(
    plan: TownPlan, junction_id: int, first_road_id: int, arms: list[_Arm]
) -> tuple[Junction, list[Road]]:
    roads: list[Road] = []
    connections: list[Connection] = []
    taken = {arm.direction for arm in arms}
    for into in arms:
        # Driving towards the junction, heading is into.direction + 2; the arm on the right is one quarter less.
        right = (into.direction + 1) % 4
        for out in arms:
            if out is into:
                continue
            goes_straight = out.direction == (into.direction + 2) % 4
            has_edge = out.direction == right or (goes_straight and right not in taken)
            road_id = first_road_id + len(roads)
            road, links = _connecting_road(plan, road_id, junction_id, into, out, has_edge)
            connections.append(Connection(len(connections), into.road.id, road_id, links))
            roads.append(road)
    return Junction(junction_id, f"Junction {junction_id}", tuple(connections)), roads


def _spawn_points(plan: TownPlan, rng: Random, roads: list[Road]) -> npt.NDArray[np.float64]:
    points: list[tuple[float, float, float, float, float, float]] = []
    for road in roads:
        usable = road.length - 2.0 * plan.spawn_margin
        if usable < 0.0:
            continue
        count = int(usable / plan.spawn_spacing) + 1
        first = 0.5 * (road.length - (count - 1) * plan.spawn_spacing)
        for side in (-1, 1):
            for i in range(count):
                x, y, heading = road.pose(first + i * plan.spawn_spacing)
                offset = side * 0.5 * plan.lane_width
                x, y = x - offset * math.sin(heading), y + offset * math.cos(heading)
                yaw = -math.degrees(heading if side < 0 else heading + math.pi)
                yaw = (yaw + 180.0) % 360.0 - 180.0
                points.append((round(x, 6), round(-y, 6), plan.spawn_height, 0.0, round(yaw, 6) + 0.0, 0.0))
    for i in range(len(points) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        points[i], points[j] = points[j], points[i]
    return np.array(points, dtype=np.float64)


def _lay_out(plan: TownPlan, rng: Random) -> StreetGrid:
    """Streets of the first draw in which all bends fit."""
    for _ in range(_DRAWS):
        try:
            return lay_out(plan.grid, rng)
        except ValueError as error:
            reason = error
    raise ValueError(
        f"no street grid fits the plan {plan.grid} in {_DRAWS} draws; the last one failed: {reason}"
    )


def generate_town(name: str, seed: int = 0) -> Town:
    """Make a town; the same name and seed give the same bytes.

    The town is drawn from the seed: it has the name of a CARLA town, so that scripts find it, but not its streets.

    Args:
        name: one of `TOWNS`; a path in front of it, as in Carla/Maps/Town01, is ignored.
        seed: seed of the streets, speed limits and the order of the spawn points.

    Raises:
        ValueError: there is no such town.
    """
    base = name.rsplit("/", 1)[-1]
    if base not in TOWNS:
        raise ValueError(f"town {name!r} is not available; available towns: {', '.join(sorted(TOWNS))}")
    plan = TOWNS[base]
    # Random.random() gives the same sequence in every Python version for a text seed; its other methods need not.
    rng = Random(f"{base}/{seed}")
    grid = _lay_out(plan, rng)
    nodes = grid.junctions()
    first_junction = 10_000
    junction_ids = {node: first_junction + i for i, node in enumerate(nodes)}
    streets = _street_roads(plan, rng, grid, junction_ids)
    roads, junctions = list(streets), []
    for node in nodes:
        arms = _arms(node, grid.streets, streets)
        junction, connecting = _join(plan, junction_ids[node], len(roads), arms)
        junctions.append(junction)
        roads.extend(connecting)
    title = f"{base} (generated by carla_drl_sim from seed {seed}; not a copy of CARLA's town of that name)"
    opendrive = write(title, roads, junctions, plan.geo_reference)
    return Town(base, opendrive, _spawn_points(plan, rng, streets))
