"""Which parts vehicles, walkers, traffic lights and signs are made of, in the axes of their actor, metres."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.scene import TAPERED, Material, SceneParts, empty_parts, joined
from carla_drl_sim.traffic_actors import HEAD_EXTENT_M, HEAD_HEIGHT_M
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape
from carla_drl_sim.world.signals import SignalKind

# Flags of carla.VehicleLightState.
POSITION, LOW_BEAM, HIGH_BEAM, BRAKE, RIGHT_BLINKER, LEFT_BLINKER, REVERSE, FOG = (
    1 << bit for bit in range(8)
)
SPECIAL_1, SPECIAL_2 = 512, 1024

FIXED, FIRST_COLOR, SECOND_COLOR, THIRD_COLOR = range(4)
"""Where a part has its colour from: its own, or one of the actor's three."""

_TYRE, _RIM, _DARK, _GLASS = (28, 28, 30), (150, 152, 156), (34, 35, 38), (30, 38, 46)
_RED, _AMBER, _WHITE, _BLUE = (150, 16, 14), (170, 88, 10), (235, 235, 225), (30, 60, 230)


class ActorParts(NamedTuple):
    """Parts of one kind of actor.

    Attributes:
        parts: centres and axes are relative to the actor.
        tint: uint8 [K], `FIXED` or the number of the actor's colour.
        bright, dim: int32 [K], light flags that let a lamp shine fully or a little.
        steered: bool [K], turns with the front wheels.
        swing: float64 [K], -1 or 1 for limbs, which swing about their upper end, 0 for all else.
    """

    parts: SceneParts
    tint: npt.NDArray[np.uint8]
    bright: npt.NDArray[np.int32]
    dim: npt.NDArray[np.int32]
    steered: npt.NDArray[np.bool_]
    swing: npt.NDArray[np.float64]


class _Builder:
    """Collects parts."""

    def __init__(self, label: Label) -> None:
        self.label = label
        self._parts: list[SceneParts] = []
        self._more: list[tuple[int, int, int, bool, float]] = []

    def add(
        self,
        centre: Sequence[float],
        extent: Sequence[float],
        color: Sequence[int] = _DARK,
        *,
        shape: int = Shape.BOX,
        material: Material = Material.MATTE,
        taper: Sequence[float] = (0.0, 0.0, 0.0),
        tint: int = FIXED,
        bright: int = 0,
        dim: int = 0,
        steered: bool = False,
        swing: float = 0.0,
        axes: npt.NDArray[np.float64] | None = None,
        label: Label | None = None,
    ) -> None:
        part = empty_parts(1)
        part.shape[0] = TAPERED if any(taper) else shape
        part.material[0], part.label[0] = material, self.label if label is None else label
        part.centre[0], part.extent[0], part.taper[0], part.color[0] = centre, extent, taper, color
        if axes is not None:
            part.axes[0] = axes
        self._parts.append(part)
        self._more.append((tint, bright, dim, steered, swing))

    def lamp(
        self,
        centre: Sequence[float],
        extent: Sequence[float],
        color: Sequence[int],
        bright: int,
        dim: int = 0,
    ) -> None:
        self.add(centre, extent, color, material=Material.LAMP, bright=bright, dim=dim)

    def head_lamp(self, centre: Sequence[float], extent: Sequence[float]) -> None:
        self.add(
            centre,
            extent,
            _WHITE,
            material=Material.HEAD_LAMP,
            bright=LOW_BEAM | HIGH_BEAM,
            dim=POSITION,
        )

    def wheel(
        self, x: float, y: float, radius: float, half_width: float, *, steered: bool, rim: float = 0.62
    ) -> None:
        """A tyre and a rim that shows on the outside."""
        across = np.array(
            [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]
        )  # the cylinder's axis is right
        self.add(
            (x, y, radius),
            (radius, radius, half_width),
            _TYRE,
            shape=Shape.CYLINDER,
            steered=steered,
            axes=across,
        )
        self.add(
            (x, y, radius),
            (radius * rim, radius * rim, half_width + 0.012),
            _RIM,
            shape=Shape.CYLINDER,
            steered=steered,
            axes=across,
        )

    def done(self) -> ActorParts:
        """All parts so far."""
        columns = list(zip(*self._more, strict=True))
        return ActorParts(
            joined(self._parts),
            np.array(columns[0], np.uint8),
            np.array(columns[1], np.int32),
            np.array(columns[2], np.int32),
            np.array(columns[3], np.bool_),
            np.array(columns[4], np.float64),
        )


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


def _lamps(build: _Builder, body: Body, front_z: float, rear_z: float, half_width: float) -> None:
    ex = body.extent[0]
    for side in (-1.0, 1.0):
        blinker = RIGHT_BLINKER if side > 0.0 else LEFT_BLINKER
        y = side * (half_width - 0.2)
        build.head_lamp((ex - 0.04, y, front_z), (0.05, 0.17, 0.075))
        build.lamp((0.03 - ex, y, rear_z), (0.05, 0.17, 0.085), _RED, BRAKE, POSITION | LOW_BEAM)
        edge = side * (half_width - 0.03)
        build.lamp((ex - 0.06, edge, front_z), (0.06, 0.05, 0.06), _AMBER, blinker)
        build.lamp((0.06 - ex, edge, rear_z), (0.06, 0.05, 0.07), _AMBER, blinker)
        build.lamp((0.01 - ex, 0.55 * y, rear_z - 0.02), (0.03, 0.09, 0.05), _WHITE, REVERSE)
    build.add((0.0 - ex, 0.0, rear_z - 0.16), (0.03, 0.26, 0.06), (225, 225, 215))
    build.add((ex, 0.0, front_z - 0.24), (0.025, 0.26, 0.06), (225, 225, 215))


def _wheels(build: _Builder, body: Body, half_width: float) -> None:
    for side in (-1.0, 1.0):
        y = side * (half_width - 0.1)
        build.wheel(body.front_axle, y, body.wheel_radius, 0.115, steered=True)
        build.wheel(body.rear_axle, y, body.wheel_radius, 0.115, steered=False)


def _light_bar(build: _Builder, x: float, z: float, half_width: float) -> None:
    build.lamp((x, -0.5 * half_width, z), (0.14, 0.45 * half_width, 0.07), _RED, SPECIAL_1)
    build.lamp((x, 0.5 * half_width, z), (0.14, 0.45 * half_width, 0.07), _BLUE, SPECIAL_2)


def _car(body: Body) -> ActorParts:
    build = _Builder(Label.CAR)
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
    build.add((0.0, 0.0, low + 0.04), (ex * 0.985, half_width * 0.97, 0.07), _DARK)
    rear, front = (-0.93 * ex, 0.42 * ex) if tall else (-0.80 * ex, 0.40 * ex)
    lean_front, lean_rear = (0.30 * ex, 0.05 * ex) if tall else (0.36 * ex, 0.24 * ex)
    side = 0.16
    middle, half = 0.5 * (rear + front), 0.5 * (front - rear)
    wide = half_width - 0.08
    build.add(
        (middle, 0.0, 0.5 * (hood + height) - 0.02),
        (half, wide, 0.5 * (height - hood) - 0.02),
        _GLASS,
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
    build.add((ex - 0.02, 0.0, low + 0.45 * (hood - low)), (0.05, 0.55 * half_width, 0.085), _DARK)
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
    build = _Builder(label)
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
        _GLASS,
        material=Material.GLASS,
        taper=(0.05 * height, 0.0, 0.02),
    )
    build.add((0.0, 0.0, low + 0.06), (ex * 0.99, half_width * 0.98, 0.09), _DARK)
    for way in (-1.0, 1.0):
        build.add((ex - 0.35, way * (half_width + 0.1), window), (0.06, 0.09, 0.16), _DARK)
    _wheels(build, body, half_width)
    _lamps(build, body, low + 0.28, low + 0.38, half_width)
    if body.emergency:
        _light_bar(build, 0.6 * ex, height + 0.02, 0.8 * half_width)
    return build.done()


def _truck(body: Body) -> ActorParts:
    """A cab and a load."""
    build = _Builder(Label.TRUCK)
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
        _GLASS,
        material=Material.GLASS,
        taper=(0.05, 0.0, 0.02),
    )
    build.add((0.0, 0.0, 0.5 * (low + floor)), (ex * 0.98, half_width * 0.6, 0.5 * (floor - low)), _DARK)
    build.add(
        (0.5 * (cab_rear - ex) - 0.05, 0.0, 0.5 * (floor + height)),
        (0.5 * (cab_rear + ex) - 0.06, half_width, 0.5 * (height - floor)),
        (214, 214, 210),
        tint=SECOND_COLOR,
    )
    for way in (-1.0, 1.0):
        build.add((ex - 0.2, way * (half_width + 0.12), window), (0.06, 0.1, 0.2), _DARK)
    _wheels(build, body, half_width)
    _lamps(build, body, low + 0.2, low + 0.15, half_width)
    if body.emergency:
        _light_bar(build, 0.5 * (ex + cab_rear), cab_top + 0.03, 0.8 * half_width)
    return build.done()


def _person(build: _Builder, z: float, height: float, lean: float, label: Label, *, seated: bool) -> None:
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


def _two_wheeler(body: Body) -> ActorParts:
    is_bicycle = body.base_type == "bicycle"
    build = _Builder(Label.BICYCLE if is_bicycle else Label.MOTORCYCLE)
    ex, ey, ez = body.extent
    radius, front, rear = body.wheel_radius, body.front_axle, body.rear_axle
    half = 0.025 if is_bicycle else 0.07
    build.wheel(front, 0.0, radius, half, steered=True, rim=0.85 if is_bicycle else 0.6)
    build.wheel(rear, 0.0, radius, half, steered=False, rim=0.85 if is_bicycle else 0.6)
    saddle = 0.95 * ez if not is_bicycle else 1.08 * ez
    middle = 0.5 * (front + rear)
    if is_bicycle:
        build.add((middle, 0.0, radius + 0.16), (0.42 * (front - rear), 0.03, 0.05), tint=FIRST_COLOR)
        build.add((middle - 0.18, 0.0, 0.5 * (saddle + radius)), (0.03, 0.03, 0.5 * (saddle - radius)), _DARK)
    else:
        build.add(
            (middle, 0.0, radius + 0.2),
            (0.40 * (front - rear), 0.16, 0.2),
            material=Material.PAINT,
            tint=FIRST_COLOR,
            taper=(0.1, -0.1, 0.04),
        )
        build.add((middle - 0.3 * ex, 0.0, saddle - 0.08), (0.34 * ex, 0.13, 0.06), _DARK)
        build.head_lamp((front - 0.02, 0.0, saddle + 0.05), (0.07, 0.09, 0.09))
        build.lamp((0.06 - ex, 0.0, saddle - 0.08), (0.05, 0.08, 0.05), _RED, BRAKE, POSITION | LOW_BEAM)
    build.add((front - 0.12, 0.0, saddle + 0.16), (0.025, min(ey, 0.32), 0.025), _DARK)
    build.add(
        (front - 0.08, 0.0, 0.5 * (saddle + 0.16 + radius)),
        (0.03, 0.03, 0.5 * (saddle + 0.16 - radius)),
        _DARK,
    )
    _person(build, saddle, 1.62, 0.35, Label.RIDER, seated=True)
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


@functools.cache
def walker_parts(half_height: float) -> ActorParts:
    """Parts of a pedestrian whose origin is the middle of the body, `half_height` above the feet."""
    build = _Builder(Label.PEDESTRIANS)
    height = 2.0 * half_height
    _person(build, 0.5 * height, height, 0.0, Label.PEDESTRIANS, seated=False)
    result = build.done()
    result.parts.centre[:, 2] -= half_height
    return result


LAMP_RED, LAMP_YELLOW, LAMP_GREEN = 1, 2, 4
"""Light flags of traffic lights: 1 << state as ``carla.TrafficLightState`` counts."""


# The disc of a lamp or sign: a cylinder whose axis points against the traffic.
_AGAINST = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])


@functools.cache
def traffic_light_parts() -> ActorParts:
    """A pole and a head with three lamps that look against the traffic; the origin is the pole's foot, x along it."""
    build = _Builder(Label.TRAFFIC_LIGHT)
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
    build = _Builder(Label.TRAFFIC_SIGNS)
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
