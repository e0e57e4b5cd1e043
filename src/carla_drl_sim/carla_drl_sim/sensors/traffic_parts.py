"""Which parts traffic lights, signs and props are made of, in the axes of their actor, metres."""

from __future__ import annotations

import functools

import numpy as np

from carla_drl_sim.sensors.part_builder import (
    ActorParts,
    PartBuilder,
)
from carla_drl_sim.sensors.scene import Material
from carla_drl_sim.traffic_actors import HEAD_EXTENT_M, HEAD_HEIGHT_M
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.props import PROPS
from carla_drl_sim.world.scenery import Shape
from carla_drl_sim.world.signals import SignalKind

LAMP_RED, LAMP_YELLOW, LAMP_GREEN = 1, 2, 4
"""Light flags of traffic lights: 1 << state as ``carla.TrafficLightState`` counts."""

# The disc of a lamp or sign: a cylinder whose axis points against the traffic.
_AGAINST = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])


@functools.cache
def traffic_light_parts() -> ActorParts:
    """A pole and a head with three lamps that look against the traffic; the origin is the pole's foot, x along it."""
    build = PartBuilder(Label.TRAFFIC_LIGHT)
    foot = 0.5 * (HEAD_HEIGHT_M - 0.5)
    build.add((0.0, 0.0, foot), (0.07, 0.07, foot), (70, 74, 76), shape=Shape.CYLINDER, label=Label.POLES)
    build.add((0.0, 0.0, HEAD_HEIGHT_M), (0.14, 0.19, HEAD_EXTENT_M[2]), (26, 28, 28))
    build.add((-0.14, 0.0, HEAD_HEIGHT_M), (0.02, 0.27, HEAD_EXTENT_M[2] + 0.08), (18, 19, 19))
    lamps = ((LAMP_RED, (176, 18, 14)), (LAMP_YELLOW, (184, 134, 12)), (LAMP_GREEN, (16, 164, 78)))
    for row, (flag, color) in enumerate(lamps):
        build.add(
            (-0.17, 0.0, HEAD_HEIGHT_M + 0.31 - 0.31 * row),
            (0.13, 0.13, 0.03),
            color,
            shape=Shape.CYLINDER,
            material=Material.LAMP,
            bright=flag,
            axes=_AGAINST,
        )
    return build.done()


@functools.cache
def sign_parts(kind: SignalKind) -> ActorParts:
    """A pole and a plate that looks against the traffic: round for speed limits, red and eight-cornered for stop."""
    build = PartBuilder(Label.TRAFFIC_SIGNS)
    build.add((0.0, 0.0, 1.1), (0.035, 0.035, 1.1), (120, 122, 124), shape=Shape.CYLINDER, label=Label.POLES)
    if kind is SignalKind.YIELD:
        white, red = (236, 236, 232), (196, 24, 26)
        for size, thick, color in ((0.42, 0.015, red), (0.26, 0.02, white)):
            # A triangle on its point: the foot of the plate is narrow, so its sides stand out towards the top.
            build.add(
                (-0.06, 0.0, 2.3 + 0.06 * (0.42 - size)),
                (thick, 0.02, size * 0.87),
                color,
                taper=(0.0, 0.0, -size),
            )
        return build.done()
    outer = (196, 24, 26)
    build.add((-0.05, 0.0, 2.3), (0.36, 0.36, 0.015), outer, shape=Shape.CYLINDER, axes=_AGAINST)
    if kind is SignalKind.SPEED_LIMIT:
        build.add(
            (-0.06, 0.0, 2.3), (0.28, 0.28, 0.015), (240, 240, 238), shape=Shape.CYLINDER, axes=_AGAINST
        )
        for side in (-1.0, 1.0):
            build.add((-0.08, side * 0.09, 2.3), (0.012, 0.055, 0.11), (16, 16, 18))
    else:
        build.add((-0.07, 0.0, 2.3), (0.012, 0.26, 0.07), (240, 240, 238))
    return build.done()


@functools.cache
def prop_parts(type_id: str) -> ActorParts:
    """The one solid of a prop, which stands on its origin."""
    prop = PROPS[type_id]
    build = PartBuilder(prop.label)
    build.add((0.0, 0.0, prop.extent[2]), prop.extent, prop.color, shape=prop.shape)
    return build.done()
