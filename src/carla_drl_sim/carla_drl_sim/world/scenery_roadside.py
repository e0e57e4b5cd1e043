"""What belongs to the roads themselves: traffic lights, signs, guard rails, bridges."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from carla_drl_sim.world.ground_kernel import on_deck, surface_heights
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.road_strips import strips
from carla_drl_sim.world.scenery import Shape
from carla_drl_sim.world.scenery_parts import Color, Part, SceneryParts
from carla_drl_sim.world.scenery_sites import Frontage, Sites, Use
from carla_drl_sim.world.scenery_streets import is_fast, rail_parts
from carla_drl_sim.world.signals import Signal, SignalKind

# Cameras draw lights and signs as the actors that they are (`sensors.actor_parts`). What stands here makes vehicles
# stop and objects be listed; it is a little smaller, so that it is hidden in what is drawn.
HEAD_HEIGHT = 4.5
HEAD_EXTENT = (0.1, 0.15, 0.45)
"""Of the middle of a traffic light's head above its foot, and half sizes, m."""
PLATE_HEIGHT = 2.3
_PLATE_EXTENTS = {
    SignalKind.STOP: (0.01, 0.25, 0.25),
    SignalKind.YIELD: (0.01, 0.13, 0.15),
    SignalKind.SPEED_LIMIT: (0.01, 0.25, 0.25),
}

_POLE: Color = (112, 116, 118)
_HEAD: Color = (28, 30, 30)
_CONCRETE: Color = (150, 148, 142)
_PLATES: dict[SignalKind, tuple[str, Color]] = {
    SignalKind.STOP: ("BP_StopSign", (186, 24, 32)),
    SignalKind.YIELD: ("BP_YieldSign", (232, 214, 208)),
    SignalKind.SPEED_LIMIT: ("BP_SpeedLimit", (240, 240, 240)),
}
_RAIL = 5.0
"""Length of a piece of guard rail, m."""
_SLAB = 3.0
_SLAB_THICKNESS = 0.7
_PILLAR_SPACING = 14.0
_LEAST_CLEARANCE = 2.0


def add_signals(parts: SceneryParts, sites: Sites, signals: Iterable[Signal]) -> None:
    """Poles with heads or plates. Those that the map puts on a carriageway are not solid."""
    for signal in signals:
        x, y, z = signal.x, signal.y, signal.z
        use = sites.highest_use(x, y, 0.0, 0.1, 0.1)
        solid = use is not Use.CARRIAGEWAY
        yaw = signal.yaw_deg
        if use is Use.FREE:
            sites.claim(x, y, 0.0, 0.1, 0.1)
        if signal.kind is SignalKind.TRAFFIC_LIGHT:
            half = 0.5 * (HEAD_HEIGHT - 0.5)
            pole = Part(Shape.CYLINDER, (x, y, z + half), yaw, (0.06, 0.06, half), Label.POLES, _POLE, solid)
            head = Part(
                Shape.BOX, (x, y, z + HEAD_HEIGHT), yaw, HEAD_EXTENT, Label.TRAFFIC_LIGHT, _HEAD, solid=False
            )
            parts.add("BP_TrafficLight", Label.TRAFFIC_LIGHT, [pole, head])
            continue
        name, color = _PLATES[signal.kind]
        half = 0.5 * (PLATE_HEIGHT - 0.12)
        turn = math.radians(yaw)
        # In front of the pole, as the traffic sees it.
        before = 0.06 if signal.kind is SignalKind.YIELD else 0.05
        px, py = x - before * math.cos(turn), y - before * math.sin(turn)
        pole = Part(Shape.CYLINDER, (x, y, z + half), yaw, (0.03, 0.03, half), Label.POLES, _POLE, solid)
        plate = Part(
            Shape.BOX,
            (px, py, z + PLATE_HEIGHT),
            yaw,
            _PLATE_EXTENTS[signal.kind],
            Label.TRAFFIC_SIGNS,
            color,
            solid=False,
        )
        parts.add(name, Label.TRAFFIC_SIGNS, [pole, plate])


def add_rails(parts: SceneryParts, sites: Sites, front: Frontage) -> None:
    """Guard rails along highways, and along all roads on bridges."""
    fast = is_fast(front)
    if not fast and not front.on_deck.any():
        return
    s = 0.0
    while s + _RAIL <= front.length:
        first, last = front.at(s), front.at(s + _RAIL)
        s += _RAIL
        deck = bool(front.on_deck[first : last + 1].any())
        if not fast and not deck:
            continue
        a, b = front.xy[first] + 0.4 * front.outward[first], front.xy[last] + 0.4 * front.outward[last]
        x, y = (0.5 * (a + b)).tolist()
        half = 0.5 * float(np.hypot(*(b - a)))
        if half < 0.5:
            continue
        yaw = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
        z = 0.5 * float(front.z[first] + front.z[last])
        if deck:
            # Beside the deck, but not on the lanes of a road that joins on it.
            around = np.array([[x, y, z]])
            if abs(float(surface_heights(sites.heights, around + np.array([0.0, 0.0, 0.2]))[0]) - z) > 0.3:
                continue
            if sites.highest_use(x, y, yaw, half, 0.1) is Use.CARRIAGEWAY and not _is_over_road(
                sites, x, y, z
            ):
                continue
        elif not sites.claim(x, y, yaw, half - 0.1, 0.06):
            continue
        parts.add("SM_GuardRail", Label.GUARD_RAIL, rail_parts(x, y, z, yaw, half))


def _is_over_road(sites: Sites, x: float, y: float, z: float) -> bool:
    return z - float(sites.ground(np.array([[x, y]]))[0]) > _LEAST_CLEARANCE


def add_bridges(parts: SceneryParts, sites: Sites, network: RoadNetwork) -> None:
    """Slabs below decks, and pillars where no road is below."""
    for piece in strips(network):
        middle = 0.5 * (piece.xy[:, 0] + piece.xy[:, -1])
        ground = sites.ground(middle)
        above = on_deck(sites.heights, np.column_stack((middle, piece.z)))
        above &= piece.z - ground > _LEAST_CLEARANCE
        if not above.any():
            continue
        s, before = float(piece.s[0]), -math.inf
        while s < piece.s[-1] - 0.5:
            first = int(np.searchsorted(piece.s, s))
            last = min(int(np.searchsorted(piece.s, s + _SLAB)), len(piece.s) - 1)
            s += _SLAB
            if last <= first or not above[first : last + 1].all():
                continue
            a, b = middle[first], middle[last]
            x, y = (0.5 * (a + b)).tolist()
            yaw = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
            width = 0.5 * abs(float(piece.t[first, 0] - piece.t[first, -1])) + 0.6
            part = slice(first, last + 1)
            top = float(piece.road.surface_heights(piece.s[part], piece.t[part][:, [0, -1]]).min()) - 0.04
            centre = (x, y, top - 0.5 * _SLAB_THICKNESS)
            extent = (0.5 * float(np.hypot(*(b - a))), width, 0.5 * _SLAB_THICKNESS)
            slab = Part(Shape.BOX, centre, yaw, extent, Label.BRIDGE, _CONCRETE, solid=False)
            parts.add("SM_BridgeDeck", Label.BRIDGE, [slab])
            if s - before < _PILLAR_SPACING or sites.highest_use(x, y, 0.0, 1.2, 1.2) > Use.UNDER_DECK:
                continue
            before = s
            low = float(sites.ground(np.array([[x, y]]))[0]) - 0.3
            half = 0.5 * (top - _SLAB_THICKNESS - low)
            pillar = Part(Shape.CYLINDER, (x, y, low + half), yaw, (0.6, 0.6, half), Label.BRIDGE, _CONCRETE)
            parts.add("SM_BridgePillar", Label.BRIDGE, [pillar])
