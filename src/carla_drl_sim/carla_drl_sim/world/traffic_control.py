"""Puts traffic lights, signs and crosswalks on the roads that meet at junctions.

Lights and stop signs stand at the stop line of the road that leads into the junction, right of its lanes. The lights
of arms that face each other are switched by one controller, as in CARLA's towns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from carla_drl_sim.world.junction_ways import STRAIGHT_RAD, Arm, by_heading, turn_angle
from carla_drl_sim.world.opendrive import Controller, Crosswalk, Junction, Road, RoadSignal
from carla_drl_sim.world.signals import SignalKind

Control = Literal["lights", "stop", "yield", "none"]

CROSSWALK_LENGTH = 3.0
CROSSWALK_DISTANCE = 2.5
"""From the road's end to the middle of the crosswalk, m."""
STOP_DISTANCE = 5.0
"""From the road's end to the stop line behind a crosswalk, m."""
BARE_STOP_DISTANCE = 1.0
SPEED_SIGN_DISTANCE = 12.0
APPROACH_SIGN_DISTANCE = 40.0
POLE_DISTANCE = 0.6
"""From the carriageway's edge to the pole of a light or sign, m."""
_SHORT_ROAD = 24.0
"""Shorter roads get neither crosswalks nor speed signs, m."""
_CONTROLLERS_PER_JUNCTION = 10


@dataclass(frozen=True)
class GuardedJunction:
    """A junction, the arms that meet there, and how it is controlled.

    Attributes:
        minor: the arms that have to give way; None: those that `minor_arms` finds.
        approach_kmh: speed limit that signs before the junction give to traffic on the minor arms; None: no signs.
    """

    junction: Junction
    arms: tuple[Arm, ...]
    control: Control
    minor: tuple[Arm, ...] | None = None
    approach_kmh: int | None = None


def minor_arms(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """The arms whose traffic gives way: those that do not belong to the most important way straight through."""
    pairs = opposing(arms)
    through = [pair for pair in pairs if len(pair) == 2]
    if not through:
        return tuple(arms)
    main = max(through, key=lambda pair: (min(_rank(arm) for arm in pair), -pairs.index(pair)))
    return tuple(arm for arm in arms if arm not in main)


def _rank(arm: Arm) -> tuple[int, int]:
    return len(arm.inward) + len(arm.outward), arm.road.speed_kmh


def opposing(arms: Sequence[Arm]) -> list[list[Arm]]:
    """The arms, counter-clockwise, each together with the one that lies straight ahead of it."""
    waiting, pairs = by_heading(arms), []
    while waiting:
        arm = waiting.pop(0)
        facing = [other for other in waiting if abs(turn_angle(arm, other)) < STRAIGHT_RAD]
        other = min(facing, key=lambda other: abs(turn_angle(arm, other)), default=None)
        if other is not None:
            waiting.remove(other)
        pairs.append([arm] if other is None else [arm, other])
    return pairs


def _edge(arm: Arm, sign: int) -> float:
    """Distance from the reference line to the edge of the carriageway on the side of `sign`, m."""
    return math.fsum(slot.lane.width for slot in arm.slots(sign) if slot.lane.kind != "sidewalk")


class _Furniture:
    """Collects what stands on each road."""

    def __init__(self) -> None:
        self.signals: dict[int, list[RoadSignal]] = {}
        self.crosswalks: dict[int, list[Crosswalk]] = {}
        self._count = 0

    def _next_id(self) -> int:
        self._count += 1
        return self._count

    def signal(self, arm: Arm, distance: float, kind: SignalKind, *, inward: bool, value: int = -1) -> int:
        """Put a signal `distance` metres from the road's end, for the lanes into or out of the junction."""
        road = arm.road
        distance = max(min(distance, road.length - BARE_STOP_DISTANCE), 0.0)
        sign = arm.in_sign if inward else -arm.in_sign
        slots = arm.inward if inward else arm.outward
        ids = [slot.lane.id for slot in slots]
        names = {
            SignalKind.TRAFFIC_LIGHT: "Traffic light",
            SignalKind.STOP: "Stop",
            SignalKind.YIELD: "Yield",
            SignalKind.SPEED_LIMIT: f"Speed {value}",
        }
        made = RoadSignal(
            id=self._next_id(),
            name=names[kind],
            kind=kind.value,
            s=distance if arm.contact == "start" else road.length - distance,
            t=sign * (_edge(arm, sign) + POLE_DISTANCE),
            orientation="+" if sign < 0 else "-",
            from_lane=min(ids),
            to_lane=max(ids),
            value=value,
            dynamic=kind is SignalKind.TRAFFIC_LIGHT,
        )
        self.signals.setdefault(road.id, []).append(made)
        return made.id

    def crosswalk(self, arm: Arm) -> bool:
        """Put a crosswalk at the road's end, where pavements on both sides and the road's length allow it."""
        kinds = [{slot.lane.kind for slot in arm.slots(sign)} for sign in (-1, 1)]
        if arm.road.length < _SHORT_ROAD or not all("sidewalk" in side for side in kinds):
            return False
        left, right = _edge(arm, 1), _edge(arm, -1)
        s = CROSSWALK_DISTANCE if arm.contact == "start" else arm.road.length - CROSSWALK_DISTANCE
        self.crosswalks.setdefault(arm.road.id, []).append(
            Crosswalk(self._next_id(), s, 0.5 * (left - right), CROSSWALK_LENGTH, left + right)
        )
        return True


def _guard(furniture: _Furniture, plan: GuardedJunction) -> Junction:
    minor = plan.minor if plan.minor is not None else minor_arms(plan.arms)
    controllers: list[Controller] = []
    for pair in opposing(plan.arms):
        ids = []
        for arm in pair:
            stops = bool(arm.inward) and (
                plan.control == "lights" or (plan.control != "none" and arm in minor)
            )
            crossing = (stops or plan.control == "lights") and furniture.crosswalk(arm)
            if not stops:
                continue
            kind = {
                "lights": SignalKind.TRAFFIC_LIGHT,
                "stop": SignalKind.STOP,
                "yield": SignalKind.YIELD,
            }[plan.control]
            distance = STOP_DISTANCE if crossing else BARE_STOP_DISTANCE
            ids.append(furniture.signal(arm, distance, kind, inward=True))
        if ids and plan.control == "lights":
            sequence = len(controllers)
            number = plan.junction.id * _CONTROLLERS_PER_JUNCTION + sequence
            controllers.append(Controller(number, f"Controller {number}", sequence, tuple(ids)))
    for arm in plan.arms:
        if plan.approach_kmh is not None and arm in minor:
            distance = min(APPROACH_SIGN_DISTANCE, arm.road.length - SPEED_SIGN_DISTANCE)
            furniture.signal(arm, distance, SignalKind.SPEED_LIMIT, inward=True, value=plan.approach_kmh)
        before = [other.road.speed_kmh for other in plan.arms if other is not arm and other.inward]
        changes = any(speed != arm.road.speed_kmh for speed in before)
        if arm.outward and changes and arm.road.length >= _SHORT_ROAD:
            furniture.signal(
                arm, SPEED_SIGN_DISTANCE, SignalKind.SPEED_LIMIT, inward=False, value=arm.road.speed_kmh
            )
    return replace(plan.junction, controllers=tuple(controllers))


def add_signals(roads: Sequence[Road], plans: Sequence[GuardedJunction]) -> tuple[list[Road], list[Junction]]:
    """The roads with their lights, signs and crosswalks, and the junctions with their controllers."""
    furniture = _Furniture()
    junctions = [_guard(furniture, plan) for plan in plans]
    return [
        replace(
            road,
            signals=tuple(furniture.signals.get(road.id, ())),
            crosswalks=tuple(furniture.crosswalks.get(road.id, ())),
        )
        for road in roads
    ], junctions
