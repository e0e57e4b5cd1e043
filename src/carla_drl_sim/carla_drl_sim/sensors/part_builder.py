"""How actors are put together for cameras, lidars and radars: parts in the axes of their actor, metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.scene import TAPERED, Material, SceneParts, empty_parts, joined
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

# Flags of carla.VehicleLightState.
POSITION, LOW_BEAM, HIGH_BEAM, BRAKE, RIGHT_BLINKER, LEFT_BLINKER, REVERSE, FOG = (
    1 << bit for bit in range(8)
)
SPECIAL_1, SPECIAL_2 = 512, 1024

FIXED, FIRST_COLOR, SECOND_COLOR, THIRD_COLOR = range(4)
"""Where a part has its colour from: its own, or one of the actor's three."""

TYRE, RIM, DARK, GLASS = (28, 28, 30), (150, 152, 156), (34, 35, 38), (30, 38, 46)
RED, AMBER, WHITE, BLUE = (150, 16, 14), (170, 88, 10), (235, 235, 225), (30, 60, 230)


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


class PartBuilder:
    """Collects parts."""

    def __init__(self, label: Label) -> None:
        self.label = label
        self._parts: list[SceneParts] = []
        self._more: list[tuple[int, int, int, bool, float]] = []

    def add(
        self,
        centre: Sequence[float],
        extent: Sequence[float],
        color: Sequence[int] = DARK,
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
        """Add one part; the arguments are columns of `SceneParts` and `ActorParts`."""
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
        """Add a lamp that shines with the light flags `bright`, and a little with `dim`."""
        self.add(centre, extent, color, material=Material.LAMP, bright=bright, dim=dim)

    def head_lamp(self, centre: Sequence[float], extent: Sequence[float]) -> None:
        """Add a white lamp that also throws light ahead."""
        self.add(
            centre,
            extent,
            WHITE,
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
            TYRE,
            shape=Shape.CYLINDER,
            steered=steered,
            axes=across,
        )
        self.add(
            (x, y, radius),
            (radius * rim, radius * rim, half_width + 0.012),
            RIM,
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
