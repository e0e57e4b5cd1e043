"""Which parts vehicles are made of, in their axes, metres."""

from __future__ import annotations

import functools
from typing import NamedTuple

from carla_drl_sim.sensors.part_builder import (
    AMBER,
    BLUE,
    BRAKE,
    DARK,
    FIRST_COLOR,
    GLASS,
    LEFT_BLINKER,
    LOW_BEAM,
    POSITION,
    RED,
    REVERSE,
    RIGHT_BLINKER,
    SECOND_COLOR,
    SPECIAL_1,
    SPECIAL_2,
    WHITE,
    ActorParts,
    PartBuilder,
)
from carla_drl_sim.sensors.person_parts import add_person
from carla_drl_sim.sensors.scene import Material
from carla_drl_sim.world.labels import Label


class Body(NamedTuple):
    """What the shape of a vehicle follows from; lengths in m.

    Attributes:
        base_type: CARLA's: car, truck, van, bus, motorcycle, bicycle; `emergency` for those with a light bar.
        extent: half sizes of the bounding box.
        front_axle, rear_axle: x of the axles.
        track, wheel_radius: distance of the wheels' middles and their radius.
    """

    base_type: str
    emergency: bool
    extent: tuple[float, float, float]
    front_axle: float
    rear_axle: float
    track: float
    wheel_radius: float


def _lamps(build: PartBuilder, body: Body, front_z: float, rear_z: float, half_width: float) -> None:
    ex = body.extent[0]
    for side in (-1.0, 1.0):
        blinker = RIGHT_BLINKER if side > 0.0 else LEFT_BLINKER
        y = side * (half_width - 0.2)
        build.head_lamp((ex - 0.04, y, front_z), (0.05, 0.17, 0.075))
        build.lamp((0.03 - ex, y, rear_z), (0.05, 0.17, 0.085), RED, BRAKE, POSITION | LOW_BEAM)
        edge = side * (half_width - 0.03)
        build.lamp((ex - 0.06, edge, front_z), (0.06, 0.05, 0.06), AMBER, blinker)
        build.lamp((0.06 - ex, edge, rear_z), (0.06, 0.05, 0.07), AMBER, blinker)
        build.lamp((0.01 - ex, 0.55 * y, rear_z - 0.02), (0.03, 0.09, 0.05), WHITE, REVERSE)
    build.add((0.0 - ex, 0.0, rear_z - 0.16), (0.03, 0.26, 0.06), (225, 225, 215))
    build.add((ex, 0.0, front_z - 0.24), (0.025, 0.26, 0.06), (225, 225, 215))


def _wheels(build: PartBuilder, body: Body, half_width: float) -> None:
    for side in (-1.0, 1.0):
        y = side * (half_width - 0.1)
        build.wheel(body.front_axle, y, body.wheel_radius, 0.115, steered=True)
        build.wheel(body.rear_axle, y, body.wheel_radius, 0.115, steered=False)


def _light_bar(build: PartBuilder, x: float, z: float, half_width: float) -> None:
    build.lamp((x, -0.5 * half_width, z), (0.14, 0.45 * half_width, 0.07), RED, SPECIAL_1)
    build.lamp((x, 0.5 * half_width, z), (0.14, 0.45 * half_width, 0.07), BLUE, SPECIAL_2)


def _car(body: Body) -> ActorParts:
    build = PartBuilder(Label.CAR)
    ex, _, ez = body.extent
    half_width = min(body.extent[1], 0.93)  # the box includes the mirrors
    height, low = 2.0 * ez, 0.55 * body.wheel_radius
    belt = 0.61 * height
    paint = {"material": Material.PAINT, "tint": FIRST_COLOR}
    hood = belt - 0.05
    tall = height > 1.75
    # Lower body up to the hood, cabin of glass with a painted roof and pillars.
    build.add(
        (0.0, 0.0, 0.5 * (low + hood)),
        (ex, half_width, 0.5 * (hood - low)),
        taper=(0.10 * ex, 0.04 * ex, 0.07),
        **paint,  # type: ignore[arg-type]
    )
    build.add((0.0, 0.0, low + 0.04), (ex * 0.985, half_width * 0.97, 0.07), DARK)
    rear, front = (-0.93 * ex, 0.42 * ex) if tall else (-0.80 * ex, 0.40 * ex)
    lean_front, lean_rear = (0.30 * ex, 0.05 * ex) if tall else (0.36 * ex, 0.24 * ex)
    side = 0.16
    middle, half = 0.5 * (rear + front), 0.5 * (front - rear)
    wide = half_width - 0.08
    build.add(
        (middle, 0.0, 0.5 * (hood + height) - 0.02),
        (half, wide, 0.5 * (height - hood) - 0.02),
        GLASS,
        material=Material.GLASS,
        taper=(lean_front, lean_rear, side),
    )
    roof = (rear + lean_rear, front - lean_front)
    roof_middle, roof_half = 0.5 * (roof[0] + roof[1]), 0.5 * (roof[1] - roof[0])
    build.add(
        (roof_middle, 0.0, height - 0.035),
        (roof_half + 0.05, wide - side + 0.03, 0.035),
        taper=(0.06, 0.06, 0.05),
        **paint,  # type: ignore[arg-type]
    )
    # A pillar between the side windows, a little wider than the glass.
    build.add(
        (roof_middle, 0.0, 0.5 * (hood + height) - 0.02),
        (0.06, wide + 0.012, 0.5 * (height - hood) - 0.02),
        taper=(0.0, 0.0, side),
        **paint,  # type: ignore[arg-type]
    )
    build.add((ex - 0.02, 0.0, low + 0.45 * (hood - low)), (0.05, 0.55 * half_width, 0.085), DARK)
    for way in (-1.0, 1.0):
        build.add(
            (front - 0.2 * ex, way * (half_width + 0.07), hood + 0.06),
            (0.07, 0.09, 0.07),
            **paint,  # type: ignore[arg-type]
        )
    lamp_z = low + 0.68 * (hood - low)
    _wheels(build, body, half_width)
    _lamps(build, body, lamp_z, lamp_z + 0.06, half_width)
    if body.emergency:
        _light_bar(build, roof_middle, height + 0.02, 0.7 * half_width)
    return build.done()


def _boxy(body: Body, label: Label) -> ActorParts:
    """Vans and buses: one box with a band of windows."""
    build = PartBuilder(label)
    ex, ey, ez = body.extent
    half_width, height, low = min(ey, 1.25), 2.0 * ez, 0.7 * body.wheel_radius
    build.add(
        (0.0, 0.0, 0.5 * (low + height)),
        (ex, half_width, 0.5 * (height - low)),
        material=Material.PAINT,
        tint=FIRST_COLOR,
        taper=(0.10 * height, 0.02, 0.06),
    )
    window, half = 0.70 * height, 0.13 * height
    is_bus = label is Label.BUS
    rear = -0.95 * ex if is_bus else 0.25 * ex
    middle, length = 0.5 * (rear + ex), 0.5 * (ex - rear)
    build.add(
        (middle + 0.012 - 0.035 * height, 0.0, window),
        (length, half_width - 0.005, half),
        GLASS,
        material=Material.GLASS,
        taper=(0.05 * height, 0.0, 0.02),
    )
    build.add((0.0, 0.0, low + 0.06), (ex * 0.99, half_width * 0.98, 0.09), DARK)
    for way in (-1.0, 1.0):
        build.add((ex - 0.35, way * (half_width + 0.1), window), (0.06, 0.09, 0.16), DARK)
    _wheels(build, body, half_width)
    _lamps(build, body, low + 0.28, low + 0.38, half_width)
    if body.emergency:
        _light_bar(build, 0.6 * ex, height + 0.02, 0.8 * half_width)
    return build.done()


def _truck(body: Body) -> ActorParts:
    """A cab and a load."""
    build = PartBuilder(Label.TRUCK)
    ex, ey, ez = body.extent
    half_width, height, low = min(ey, 1.27), 2.0 * ez, 0.8 * body.wheel_radius
    floor = low + 0.32
    cab_rear = ex - min(1.9, 0.62 * ex)
    cab_top = min(height, 2.9)
    build.add(
        (0.5 * (ex + cab_rear), 0.0, 0.5 * (low + cab_top)),
        (0.5 * (ex - cab_rear), half_width * 0.97, 0.5 * (cab_top - low)),
        material=Material.PAINT,
        tint=FIRST_COLOR,
        taper=(0.16, 0.0, 0.06),
    )
    window = low + 0.66 * (cab_top - low)
    build.add(
        (0.5 * (ex + cab_rear) + 0.12, 0.0, window),
        (0.5 * (ex - cab_rear) - 0.16, half_width * 0.97 - 0.015, 0.17 * (cab_top - low)),
        GLASS,
        material=Material.GLASS,
        taper=(0.05, 0.0, 0.02),
    )
    build.add((0.0, 0.0, 0.5 * (low + floor)), (ex * 0.98, half_width * 0.6, 0.5 * (floor - low)), DARK)
    build.add(
        (0.5 * (cab_rear - ex) - 0.05, 0.0, 0.5 * (floor + height)),
        (0.5 * (cab_rear + ex) - 0.06, half_width, 0.5 * (height - floor)),
        (214, 214, 210),
        tint=SECOND_COLOR,
    )
    for way in (-1.0, 1.0):
        build.add((ex - 0.2, way * (half_width + 0.12), window), (0.06, 0.1, 0.2), DARK)
    _wheels(build, body, half_width)
    _lamps(build, body, low + 0.2, low + 0.15, half_width)
    if body.emergency:
        _light_bar(build, 0.5 * (ex + cab_rear), cab_top + 0.03, 0.8 * half_width)
    return build.done()


def _two_wheeler(body: Body) -> ActorParts:
    is_bicycle = body.base_type == "bicycle"
    build = PartBuilder(Label.BICYCLE if is_bicycle else Label.MOTORCYCLE)
    ex, ey, ez = body.extent
    radius, front, rear = body.wheel_radius, body.front_axle, body.rear_axle
    half = 0.025 if is_bicycle else 0.07
    build.wheel(front, 0.0, radius, half, steered=True, rim=0.85 if is_bicycle else 0.6)
    build.wheel(rear, 0.0, radius, half, steered=False, rim=0.85 if is_bicycle else 0.6)
    saddle = 0.95 * ez if not is_bicycle else 1.08 * ez
    middle = 0.5 * (front + rear)
    if is_bicycle:
        build.add((middle, 0.0, radius + 0.16), (0.42 * (front - rear), 0.03, 0.05), tint=FIRST_COLOR)
        build.add((middle - 0.18, 0.0, 0.5 * (saddle + radius)), (0.03, 0.03, 0.5 * (saddle - radius)), DARK)
    else:
        build.add(
            (middle, 0.0, radius + 0.2),
            (0.40 * (front - rear), 0.16, 0.2),
            material=Material.PAINT,
            tint=FIRST_COLOR,
            taper=(0.1, -0.1, 0.04),
        )
        build.add((middle - 0.3 * ex, 0.0, saddle - 0.08), (0.34 * ex, 0.13, 0.06), DARK)
        build.head_lamp((front - 0.02, 0.0, saddle + 0.05), (0.07, 0.09, 0.09))
        build.lamp((0.06 - ex, 0.0, saddle - 0.08), (0.05, 0.08, 0.05), RED, BRAKE, POSITION | LOW_BEAM)
    build.add((front - 0.12, 0.0, saddle + 0.16), (0.025, min(ey, 0.32), 0.025), DARK)
    build.add(
        (front - 0.08, 0.0, 0.5 * (saddle + 0.16 + radius)),
        (0.03, 0.03, 0.5 * (saddle + 0.16 - radius)),
        DARK,
    )
    add_person(build, saddle, 1.62, 0.35, Label.RIDER, seated=True)
    return build.done()


@functools.cache
def vehicle_parts(body: Body) -> ActorParts:
    """Parts of a vehicle; its origin is on the ground below the middle of its bounding box."""
    if body.base_type in ("motorcycle", "bicycle"):
        return _two_wheeler(body)
    if body.base_type == "truck":
        return _truck(body)
    if body.base_type == "bus":
        return _boxy(body, Label.BUS)
    if body.base_type == "van":
        return _boxy(body, Label.CAR)
    return _car(body)
