"""Which parts people are made of, on foot and on saddles, in the axes of their actor, metres."""

from __future__ import annotations

import functools

from carla_drl_sim.sensors.part_builder import (
    FIRST_COLOR,
    SECOND_COLOR,
    THIRD_COLOR,
    ActorParts,
    PartBuilder,
)
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape


def add_person(
    build: PartBuilder, z: float, height: float, lean: float, label: Label, *, seated: bool
) -> None:
    """Torso, arms and head above the hip at `z`; legs below, or forward on a saddle."""
    trunk = 0.30 * height
    build.add(
        (lean * 0.5 * trunk, 0.0, z + 0.5 * trunk),
        (0.065 * height, 0.115 * height, 0.5 * trunk),
        taper=(-lean * trunk, lean * trunk, -0.02 * height),
        tint=FIRST_COLOR,
        label=label,
    )
    head = z + trunk + 0.095 * height
    build.add(
        (lean * trunk, 0.0, head),
        (0.052 * height, 0.045 * height, 0.068 * height),
        (205, 160, 130),
        shape=Shape.ELLIPSOID,
        tint=THIRD_COLOR,
        label=label,
    )
    hair = (34, 44, 60) if seated else (52, 38, 28)
    build.add(
        (lean * trunk - 0.012 * height, 0.0, head + 0.025 * height),
        (0.052 * height, 0.05 * height, 0.055 * height),
        hair,
        shape=Shape.ELLIPSOID,
        label=label,
    )
    for side in (-1.0, 1.0):
        if seated:
            build.add(
                (0.1 * height, side * 0.07 * height, z - 0.06 * height),
                (0.13 * height, 0.05 * height, 0.05 * height),
                tint=SECOND_COLOR,
                label=label,
            )
            build.add(
                (0.17 * height, side * 0.07 * height, z - 0.21 * height),
                (0.045 * height, 0.045 * height, 0.14 * height),
                tint=SECOND_COLOR,
                label=label,
            )
            build.add(
                (0.17 * height, side * 0.13 * height, z + 0.6 * trunk),
                (0.14 * height, 0.032 * height, 0.032 * height),
                tint=FIRST_COLOR,
                label=label,
            )
        else:
            build.add(
                (0.0, side * 0.058 * height, 0.5 * z),
                (0.05 * height, 0.048 * height, 0.5 * z),
                taper=(-0.012 * height, -0.012 * height, -0.008 * height),
                tint=SECOND_COLOR,
                swing=side,
                label=label,
            )
            build.add(
                (0.0, side * 0.15 * height, z + 0.52 * trunk),
                (0.036 * height, 0.032 * height, 0.52 * trunk),
                tint=FIRST_COLOR,
                swing=-side,
                label=label,
            )


@functools.cache
def walker_parts(half_height: float) -> ActorParts:
    """Parts of a pedestrian whose origin is the middle of the body, `half_height` above the feet."""
    build = PartBuilder(Label.PEDESTRIANS)
    height = 2.0 * half_height
    add_person(build, 0.5 * height, height, 0.0, Label.PEDESTRIANS, seated=False)
    result = build.done()
    result.parts.centre[:, 2] -= half_height
    return result
