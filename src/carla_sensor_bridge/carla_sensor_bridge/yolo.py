"""What a YOLO detector needs around its network: pictures in, boxes out. Knows no ROS and no runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

# Grey of the margins that YOLO networks are trained with.
_MARGIN: Final = 114
# Boxes of different classes never meet when each class has a plane of its own, this many pixels apart.
_CLASS_OFFSET: Final = 65536.0
# Columns of a head that ends with its own suppression: left, top, right, bottom, score, class.
_END_TO_END_COLUMNS: Final = 6


@dataclass(frozen=True)
class Detections:
    """What was found in one picture, the surest first."""

    box: Array
    """[D, 4] left, top, right, bottom, pixels of the picture."""
    score: Array
    """[D] from 0 to 1."""
    kind: npt.NDArray[np.int64]
    """[D] index of the class."""

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True)
class Letterbox:
    """How a picture is put into a network's input: scaled with its proportions kept, in the middle of grey margins."""

    picture: tuple[int, int]
    """Height and width of the picture, pixels."""
    network: tuple[int, int]
    """Height and width of the input, pixels."""

    @property
    def scale(self) -> float:
        """Pixels of the input per pixel of the picture."""
        return min(inner / outer for inner, outer in zip(self.network, self.picture, strict=True))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the scaled picture, pixels."""
        height, width = (max(round(side * self.scale), 1) for side in self.picture)
        return height, width

    @property
    def margin(self) -> tuple[int, int]:
        """Rows above and columns left of the scaled picture; an odd one is below or to the right."""
        top, left = ((outer - inner) // 2 for outer, inner in zip(self.network, self.size, strict=True))
        return top, left

    def fill(self, picture: Pixels, out: Array) -> None:
        """Write a picture into a network's input: red, green, blue from 0 to 1.

        Args:
            picture: u8 [H, W, 3 or 4], blue, green, red and, not used, alpha.
            out: f32 [3, *network].
        """
        (height, width), (top, left) = self.size, self.margin
        if (height, width) != picture.shape[:2]:
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        if (height, width) != self.network:
            out.fill(_MARGIN / 255.0)
        inner = out[:, top : top + height, left : left + width]
        np.multiply(picture[..., 2::-1].transpose(2, 0, 1), np.float32(1.0 / 255.0), out=inner)

    def back(self, box: Array) -> Array:
        """Return [D, 4] boxes of the input as boxes of the picture, clipped to it."""
        top, left = self.margin
        height, width = self.picture
        moved = (box - np.array([left, top, left, top], np.float32)) / np.float32(self.scale)
        clipped: Array = np.clip(moved, 0.0, np.array([width, height, width, height], np.float32))
        return clipped


def intersection_over_union(one: Array, others: Array) -> Array:
    """Return [A, B] for boxes [A, 4] and [B, 4]: left, top, right, bottom."""
    low = np.maximum(one[:, None, :2], others[None, :, :2])
    high = np.minimum(one[:, None, 2:], others[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=2)
    area, other_area = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (one, others))
    ratio: Array = common / np.maximum(area[:, None] + other_area[None] - common, 1e-9)
    return ratio


def suppress(found: Detections, iou: float, most: int) -> Detections:
    """Keep the surest of detections of one class that overlap by more than `iou`; at most `most` in all."""
    order = np.argsort(-found.score, kind="stable")
    boxes = found.box + (found.kind * _CLASS_OFFSET)[:, None].astype(np.float32)
    kept: list[int] = []
    while len(order) and len(kept) < most:
        first, order = order[0], order[1:]
        kept.append(int(first))
        order = order[intersection_over_union(boxes[first : first + 1], boxes[order])[0] <= iou]
    return Detections(found.box[kept], found.score[kept], found.kind[kept])


def decode(output: Any, num_classes: int, score: float) -> Detections:
    """Return what a head says with at least `score`, in pixels of the input, in no order.

    Args:
        output: f32 [1, 4 + C, A] of YOLOv8 and YOLO11: centre x, y, width, height, and a score per class, for every
            anchor; or [1, D, 6] of heads that end with their own suppression: left, top, right, bottom, score, class.
        num_classes: C.
        score: least score.

    Raises:
        ValueError: when it has another shape.
    """
    head = np.asarray(output)
    if head.ndim == 3 and head.shape[:2] == (1, 4 + num_classes):
        scores = head[0, 4:]
        kind = scores.argmax(axis=0)
        best = scores[kind, np.arange(scores.shape[1])]
        keep = np.flatnonzero(best >= score)
        x, y, width, height = head[0, :4, keep].T
        box = np.stack((x - width / 2, y - height / 2, x + width / 2, y + height / 2), axis=1)
        return Detections(box, best[keep], kind[keep].astype(np.int64))
    if head.ndim == 3 and head.shape[0] == 1 and head.shape[2] == _END_TO_END_COLUMNS:
        rows = head[0]
        rows = rows[(rows[:, 4] >= score) & (rows[:, 5] < num_classes)]
        return Detections(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))
    raise ValueError(
        f"the network's output has shape {list(head.shape)}; allowed with {num_classes} classes: "
        f"[1, {4 + num_classes}, anchors] or [1, detections, {_END_TO_END_COLUMNS}]"
    )
