"""How good detections are: average precision as COCO defines it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.yolo import Detections, intersection_over_union

Array = npt.NDArray[np.float64]

THRESHOLDS: Final = np.linspace(0.5, 0.95, 10)
"""Overlaps from which on a detection counts as right."""
_RECALLS: Final = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Truth:
    """What there is in one picture."""

    kind: npt.NDArray[np.int64]
    """[B] index of the class."""
    box: Array
    """[B, 4] left, top, right, bottom, pixels."""


def matches(found: Detections, truth: Truth, kind: int) -> npt.NDArray[np.bool_]:
    """Return [D, T] whether each detection of a class is right at each of THRESHOLDS; the surest are matched first."""
    boxes, wanted = found.box[found.kind == kind], truth.box[truth.kind == kind]
    right = np.zeros((len(boxes), len(THRESHOLDS)), dtype=np.bool_)
    overlap = intersection_over_union(boxes, wanted.astype(np.float32))
    for column, threshold in enumerate(THRESHOLDS):
        free = np.ones(len(wanted), dtype=np.bool_)
        for row in range(len(boxes)):
            open_overlap = np.where(free, overlap[row], 0.0)
            best = int(open_overlap.argmax()) if len(wanted) else 0
            if len(wanted) and open_overlap[best] >= threshold:
                right[row, column] = True
                free[best] = False
    return right


def average_precision(right: npt.NDArray[np.bool_], score: Array, wanted: int) -> float:
    """Return the mean over 101 recalls of the best precision at that recall or above.

    Args:
        right: [D] whether each detection of all pictures is right.
        score: [D] how sure it is.
        wanted: how many objects there are.
    """
    if not wanted:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    recall = hits / wanted
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, _RECALLS, side="left")
    return float(np.append(envelope, 0.0)[np.minimum(at, len(envelope))].mean())


@dataclass(frozen=True)
class Scores:
    """Figures of one class."""

    objects: int
    ap50: float
    """At an overlap of 0.5."""
    ap50_95: float
    """Mean over overlaps from 0.5 to 0.95."""


def evaluate(found: Sequence[Detections], truth: Sequence[Truth], num_classes: int) -> list[Scores]:
    """Return the scores of every class over all pictures; NaN where there is no object of a class."""
    scores = []
    for kind in range(num_classes):
        right = np.concatenate([matches(one, other, kind) for one, other in zip(found, truth, strict=True)])
        score = np.concatenate([one.score[one.kind == kind] for one in found]).astype(np.float64)
        wanted = sum(int((other.kind == kind).sum()) for other in truth)
        each = [average_precision(right[:, column], score, wanted) for column in range(len(THRESHOLDS))]
        scores.append(Scores(wanted, each[0], float(np.mean(each))))
    return scores
