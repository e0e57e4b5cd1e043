"""What cameras and rays see: solids that stand still, solids that move, and the ground. CARLA's axes, metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors import scene_kernel
from carla_drl_sim.world.ground import Covering, Heights
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Parts, Shape

Floats = npt.NDArray[np.float64]

TAPERED = 3
"""A shape besides those of `Shape`: a box whose top face is smaller, as `SceneParts.taper` says."""

assert (int(Shape.BOX), int(Shape.CYLINDER), int(Shape.ELLIPSOID)) == (0, 1, 2), "the kernels count on these"


class Material(IntEnum):
    """How light falls on a part."""

    MATTE = 0
    PAINT = 1
    """Car paint: reflects some sky."""
    GLASS = 2
    LAMP = 3
    """Shines by itself, as brightly as `SceneParts.glow` says."""
    FACADE = 4
    """Wall with rows of windows."""
    FOLIAGE = 5
    HEAD_LAMP = 6
    """A lamp that also throws light along its forward axis."""


class SceneParts(NamedTuple):
    """Solids as structure of arrays; kernels take the whole tuple.

    Attributes:
        shape: uint8 [K], `Shape` or `TAPERED`.
        material: uint8 [K] of `Material`.
        centre: float64 [K, 3].
        axes: float64 [K, 3, 3], rows are the part's forward, right and up axes (orthonormal); a cylinder's axis is up.
        extent: float64 [K, 3], half sizes along these axes.
        taper: float64 [K, 3], how far the front, rear and both side edges of the top face stand back from those of
            the bottom face; negative: they stand out. Zero for all other shapes.
        label: uint8 [K] of `Label`.
        color: uint8 [K, 3], red, green, blue.
        glow: float32 [K], brightness of lamps, 0 off, 1 as bright as white paint in the sun.
        owner: int64 [K], id of the actor, or of the object for static parts.
        velocity: float64 [K, 3], of the centre, m/s.
        spin: float64 [K, 3], angular velocity about the world's axes in rad/s, of the kind for which a point at
            offset r from the centre moves with velocity + cross(spin, r).
    """

    shape: npt.NDArray[np.uint8]
    material: npt.NDArray[np.uint8]
    centre: Floats
    axes: Floats
    extent: Floats
    taper: Floats
    label: npt.NDArray[np.uint8]
    color: npt.NDArray[np.uint8]
    glow: npt.NDArray[np.float32]
    owner: npt.NDArray[np.int64]
    velocity: Floats
    spin: Floats


class PartIndex(NamedTuple):
    """Tree of bounding boxes over runs of parts, in preorder, to be walked without a stack.

    Start at node 0. A node whose box is missed: go on with ``skip[node]``; otherwise look at its parts (inner nodes
    have none) and go on with ``node + 1``. The end is reached at N.

    Attributes:
        box: float32 [N, 6], lowest and highest x, y, z.
        skip: int32 [N].
        first, number: int32 [N], the run of parts of a leaf; number is 0 for inner nodes.
    """

    box: npt.NDArray[np.float32]
    skip: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]


class GroundArrays(NamedTuple):
    """`Heights` for kernels.

    Attributes:
        flat: one horizontal plane; the grids then have one node.
        level: height of the plane; of hilly ground the lowest.
        x, y, cell: place of node [0, 0] and distance of nodes.
        ground, deck: float32 [Ny, Nx] as in `Heights`.
    """

    flat: bool
    level: float
    x: float
    y: float
    cell: float
    ground: npt.NDArray[np.float32]
    deck: npt.NDArray[np.float32]


class CoveringArrays(NamedTuple):
    """`Covering` for kernels: uint8 [My, Mx] of `Surface`, corner and side of its cells."""

    x: float
    y: float
    cell: float
    surface: npt.NDArray[np.uint8]


def ground_arrays(heights: Heights) -> GroundArrays:
    """`Heights` in the form that kernels take."""
    return GroundArrays(
        heights.is_flat,
        float(heights.ground.min()),
        float(heights.origin[0]),
        float(heights.origin[1]),
        float(heights.cell),
        np.ascontiguousarray(heights.ground, np.float32),
        np.ascontiguousarray(heights.deck, np.float32),
    )


def empty_parts(count: int) -> SceneParts:
    """Parts with every number zero and axes along the world's."""
    axes = np.zeros((count, 3, 3))
    axes[:] = np.eye(3)
    return SceneParts(
        shape=np.zeros(count, np.uint8),
        material=np.zeros(count, np.uint8),
        centre=np.zeros((count, 3)),
        axes=axes,
        extent=np.zeros((count, 3)),
        taper=np.zeros((count, 3)),
        label=np.zeros(count, np.uint8),
        color=np.zeros((count, 3), np.uint8),
        glow=np.zeros(count, np.float32),
        owner=np.zeros(count, np.int64),
        velocity=np.zeros((count, 3)),
        spin=np.zeros((count, 3)),
    )


def joined(pieces: Sequence[SceneParts]) -> SceneParts:
    """Several sets of parts as one."""
    if not pieces:
        return empty_parts(0)
    columns: list[Any] = [np.concatenate(arrays) for arrays in zip(*pieces, strict=True)]
    return SceneParts(*columns)


def chosen(parts: SceneParts, which: npt.NDArray[np.intp]) -> SceneParts:
    """The parts with these numbers, in this order."""
    columns: list[Any] = [np.ascontiguousarray(array[which]) for array in parts]
    return SceneParts(*columns)


def parts_of_scenery(parts: Parts) -> SceneParts:
    """Static parts as cameras see them: buildings get windows, vegetation leaves."""
    result = empty_parts(len(parts))
    angle = np.radians(parts.yaw_deg)
    result.shape[:] = parts.shape
    result.centre[:] = parts.centre
    result.extent[:] = parts.extent
    result.axes[:, 0, 0] = result.axes[:, 1, 1] = np.cos(angle)
    result.axes[:, 0, 1] = np.sin(angle)
    result.axes[:, 1, 0] = -np.sin(angle)
    result.label[:] = parts.label
    result.color[:] = parts.color
    result.owner[:] = parts.object_id
    is_wall = (parts.label == Label.BUILDINGS) & (parts.shape == Shape.BOX)
    result.material[is_wall] = Material.FACADE
    result.material[(parts.label == Label.VEGETATION) & (parts.shape == Shape.ELLIPSOID)] = Material.FOLIAGE
    return result


def index_of_groups(
    parts: SceneParts, first: npt.NDArray[np.int32], count: npt.NDArray[np.int32]
) -> PartIndex:
    """Index over runs of parts (int32 [G] each), for example one run per actor; no run may be empty."""
    box = scene_kernel.boxes_of_runs(
        parts.shape, parts.centre, parts.axes, parts.extent, parts.taper, first, count
    )
    order = np.empty(len(first), np.int32)
    return PartIndex(*scene_kernel.build_tree(box, first, count, order))


class StaticScene:
    """Everything that stands still in a town, made once.

    Attributes:
        heights, covering: as given.
        ground, surface: the same for kernels.
        parts: all parts, sorted so that neighbours in space are neighbours in the arrays.
        index: tree over them; its leaves have up to 4 parts.
    """

    def __init__(
        self,
        heights: Heights,
        covering: Covering,
        parts: Parts | SceneParts,
        ground_of: StaticScene | None = None,
    ) -> None:
        """Prepare a scene. Its ground is that of ``ground_of`` where given, which has the same heights and covering."""
        self.heights = heights
        self.covering = covering
        self._ground_of = ground_of
        if ground_of is None:
            self.ground = ground_arrays(heights)
            self.surface = CoveringArrays(
                float(covering.origin[0]),
                float(covering.origin[1]),
                float(covering.cell),
                np.ascontiguousarray(covering.surface, np.uint8),
            )
        else:
            self.ground, self.surface = ground_of.ground, ground_of.surface
        unsorted = parts if isinstance(parts, SceneParts) else parts_of_scenery(parts)
        number = len(unsorted.shape)
        each = np.arange(number, dtype=np.int32)
        box = scene_kernel.boxes_of_runs(
            unsorted.shape,
            unsorted.centre,
            unsorted.axes,
            unsorted.extent,
            unsorted.taper,
            each,
            np.ones(number, np.int32),
        )
        order = scene_kernel.order_in_space(box, scene_kernel.LEAF_SIZE)
        self.parts = chosen(unsorted, order.astype(np.intp))
        first = np.arange(0, number, scene_kernel.LEAF_SIZE, dtype=np.int32)
        count = np.minimum(number - first, scene_kernel.LEAF_SIZE).astype(np.int32)
        self.index = index_of_groups(self.parts, first, count)

    @property
    def base(self) -> StaticScene:
        """The scene whose ground this one shares, for what is worked out from the ground alone."""
        return self if self._ground_of is None else self._ground_of

    def with_parts(self, parts: Parts) -> StaticScene:
        """The same ground with other things on it."""
        return StaticScene(self.heights, self.covering, parts, self.base)


@dataclass(frozen=True)
class SceneFrame:
    """The scene of one tick.

    Attributes:
        static: what stands still.
        dynamic: vehicles, walkers and lit lamps where they are now; the parts of an actor follow each other.
        dynamic_index: tree over them, one leaf per actor.
        weather: 14 numbers in the order of ``carla.WeatherParameters``.
        frame: number of the tick.
        elapsed_s, delta_s: simulated time, and the length of the tick.
    """

    static: StaticScene
    dynamic: SceneParts = field(default_factory=lambda: empty_parts(0))
    dynamic_index: PartIndex = field(
        default_factory=lambda: index_of_groups(empty_parts(0), np.empty(0, np.int32), np.empty(0, np.int32))
    )
    weather: tuple[float, ...] = (
        5.0,
        0.0,
        0.0,
        10.0,
        -1.0,
        45.0,
        2.0,
        0.75,
        0.1,
        0.0,
        1.0,
        0.03,
        0.0331,
        0.0,
    )
    frame: int = 0
    elapsed_s: float = 0.0
    delta_s: float = 0.05
