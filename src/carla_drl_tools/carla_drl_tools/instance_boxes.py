"""Boxes of vehicles and walkers in pictures, from CARLA's instance segmentation and the actors' bounding boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CLASS_NAMES: Final = ("vehicle", "walker")
VEHICLE: Final = 0
WALKER: Final = 1
_NONE: Final = 255

# carla.CityObjectLabel: Pedestrians 12, Rider 13, Car 14, Truck 15, Bus 16, Motorcycle 18, Bicycle 19.
_CLASS_OF_LABEL: Final = np.full(256, _NONE, np.uint8)
_CLASS_OF_LABEL[[13, 14, 15, 16, 18, 19]] = VEHICLE
_CLASS_OF_LABEL[12] = WALKER

# Points nearer to the camera's plane are taken to be this far away, m.
_NEAR_M: Final = 0.1
# A visible part belongs to an actor whose projected box holds at least this share of it: limbs reach beyond the boxes
# of walkers.
_CONTAINED: Final = 0.4


@dataclass(frozen=True)
class Segments:
    """The visible parts of P road users in one picture."""

    kind: npt.NDArray[np.int64]
    """[P] index into CLASS_NAMES."""
    box: Array
    """[P, 4] left, top, right, bottom, pixels; right and bottom are one past the last pixel."""
    pixels: npt.NDArray[np.int64]
    """[P] how many pixels show it."""


@dataclass(frozen=True)
class Limits:
    """Which road users are worth a label."""

    min_side_px: float = 6.0
    """Least width and height of the visible part."""
    min_pixels: int = 24
    """Least number of pixels that show it."""
    min_visible: float = 0.35
    """Least share of the actor's projected box that the box of its visible part covers."""


def segments(instances: npt.NDArray[np.uint8]) -> Segments:
    """Find the visible parts in a picture of `sensor.camera.instance_segmentation`.

    Args:
        instances: u8 [H, W, 3 or 4] as the client gives it: blue and green hold the instance, red the label.
    """
    kinds = _CLASS_OF_LABEL[instances[..., 2]]
    rows, columns = np.nonzero(kinds != _NONE)
    found = instances[rows, columns].astype(np.int64)
    keys = kinds[rows, columns].astype(np.int64) << 16 | found[:, 1] << 8 | found[:, 0]
    unique, part, pixels = np.unique(keys, return_inverse=True, return_counts=True)
    box = np.empty((len(unique), 4))
    for column, values, ufunc, start in (
        (0, columns, np.minimum, np.inf),
        (1, rows, np.minimum, np.inf),
        (2, columns + 1, np.maximum, -np.inf),
        (3, rows + 1, np.maximum, -np.inf),
    ):
        edge = np.full(len(unique), start)
        ufunc.at(edge, part.reshape(-1), values)
        box[:, column] = edge
    return Segments(unique >> 16, box, pixels)


def project(corners: Array, focal_px: float, width: int, height: int) -> Array:
    """Return [A, 4] the boxes of bounding boxes as a camera sees them, clipped to its picture.

    Args:
        corners: [A, 8, 3] x forward, y right, z up from the camera, m; those of a box behind it give an empty box.
        focal_px: focal length, pixels.
        width: of the picture, pixels.
        height: of the picture, pixels.
    """
    depth = np.maximum(corners[..., 0], _NEAR_M)
    u = width / 2.0 + focal_px * corners[..., 1] / depth
    v = height / 2.0 - focal_px * corners[..., 2] / depth
    edges = np.stack((u.min(axis=1), v.min(axis=1), u.max(axis=1), v.max(axis=1)), axis=1)
    box: Array = np.clip(edges, 0.0, np.array([width, height, width, height], dtype=np.float64))
    box[(corners[..., 0] <= _NEAR_M).all(axis=1)] = 0.0
    return box


def _area(box: Array) -> Any:
    return np.prod(np.maximum(box[..., 2:] - box[..., :2], 0.0), axis=-1)


def labels(
    found: Segments, actor_kind: npt.NDArray[np.int64], actor_box: Array, limits: Limits
) -> npt.NDArray[np.bool_]:
    """Return [P] which visible parts become labels.

    How much of an actor is hidden is judged by the actor whose projected box fits the visible part best; a part that
    fits none is left out. The ids of instances are not used for that: on CARLA they are not those of the actors.

    Args:
        found: visible parts.
        actor_kind: [A] index into CLASS_NAMES.
        actor_box: [A, 4] projected boxes of the actors, pixels.
        limits: which parts are worth a label.
    """
    low = np.maximum(found.box[:, None, :2], actor_box[None, :, :2])
    high = np.minimum(found.box[:, None, 2:], actor_box[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=2)
    part_area, actor_area = _area(found.box)[:, None], _area(actor_box)[None]
    contained = common / np.maximum(part_area, 1e-9)
    fits = (contained >= _CONTAINED) & (found.kind[:, None] == actor_kind[None])
    score = np.where(fits, contained + common / np.maximum(part_area + actor_area - common, 1e-9), 0.0)
    rows = np.arange(len(found.kind))
    if not len(actor_kind):
        return np.zeros(len(rows), dtype=np.bool_)
    best = score.argmax(axis=1)
    visible = common[rows, best] / np.maximum(actor_area[0, best], 1e-9)
    sides = (found.box[:, 2:] - found.box[:, :2]).min(axis=1, initial=np.inf)
    keep: npt.NDArray[np.bool_] = (
        (score[rows, best] > 0.0)
        & (visible >= limits.min_visible)
        & (sides >= limits.min_side_px)
        & (found.pixels >= limits.min_pixels)
    )
    return keep
