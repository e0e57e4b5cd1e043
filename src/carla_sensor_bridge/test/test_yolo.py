"""What is done before and after a detector's network, against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from carla_sensor_bridge.yolo import (
    Detections,
    Letterbox,
    decode,
    intersection_over_union,
    suppress,
)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_wide_picture_gets_margins_above_and_below() -> None:
    letterbox = Letterbox(picture=(48, 64), network=(32, 32))
    assert (letterbox.scale, letterbox.size, letterbox.margin) == (0.5, (24, 32), (4, 0))
    picture = np.zeros((48, 64, 4), np.uint8)
    picture[..., 2] = 255  # red
    out = np.empty((3, 32, 32), np.float32)
    letterbox.fill(picture, out)
    np.testing.assert_array_equal(
        out[:, 4:28], np.array([1.0, 0.0, 0.0])[:, None, None] * np.ones((3, 24, 32))
    )
    assert out[:, :4] == pytest.approx(114 / 255)
    assert out[:, 28:] == pytest.approx(114 / 255)


def test_boxes_go_back_to_the_picture_and_are_clipped() -> None:
    letterbox = Letterbox(picture=(48, 64), network=(32, 32))
    # (11 - 0) * 2 = 22, (14 - 4) * 2 = 20, (21 - 0) * 2 = 42, (18 - 4) * 2 = 28.
    back = letterbox.back(boxes((11, 14, 21, 18), (-3, 0, 40, 32)))
    assert back.tolist() == [[22, 20, 42, 28], [0, 0, 64, 48]]


def test_a_picture_of_the_networks_size_is_taken_as_it_is() -> None:
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    out = np.empty((3, 2, 3), np.float32)
    Letterbox((2, 3), (2, 3)).fill(picture, out)
    np.testing.assert_allclose(out[0], picture[..., 2] / 255.0, rtol=1e-6)
    np.testing.assert_allclose(out[2], picture[..., 0] / 255.0, rtol=1e-6)


def test_overlap() -> None:
    # 2x2 boxes that share 1x2: 2 / (4 + 4 - 2); apart: 0.
    ratio = intersection_over_union(boxes((0, 0, 2, 2)), boxes((1, 0, 3, 2), (5, 5, 6, 6), (0, 0, 2, 2)))
    np.testing.assert_allclose(ratio, [[1 / 3, 0.0, 1.0]])


def test_the_surest_of_a_class_stays() -> None:
    found = Detections(
        boxes((0, 0, 10, 10), (1, 0, 11, 10), (0, 0, 10, 10), (50, 50, 60, 60)),
        np.array([0.6, 0.9, 0.5, 0.7], np.float32),
        np.array([0, 0, 1, 0]),
    )
    kept = suppress(found, 0.5, 10)  # 90 / 110 of the first two are shared
    assert kept.score.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert kept.kind.tolist() == [0, 0, 1]
    assert suppress(found, 0.9, 10).score.tolist() == pytest.approx([0.9, 0.7, 0.6, 0.5])
    assert len(suppress(found, 0.5, 2)) == 2
    assert len(suppress(Detections(boxes(), np.zeros(0, np.float32), np.zeros(0, np.int64)), 0.5, 10)) == 0


def test_heads_of_yolov8_are_decoded() -> None:
    # Three anchors, two classes: rows are centre x, y, width, height, scores.
    head = np.array(
        [
            [10, 20, 30],
            [10, 20, 30],
            [4, 8, 2],
            [2, 4, 2],
            [0.1, 0.7, 0.2],
            [0.8, 0.1, 0.1],
        ],
        np.float32,
    )[None]
    found = decode(head, 2, 0.25)
    assert found.box.tolist() == [[8, 9, 12, 11], [16, 18, 24, 22]]
    assert found.score.tolist() == pytest.approx([0.8, 0.7])
    assert found.kind.tolist() == [1, 0]


def test_heads_with_their_own_suppression_are_decoded() -> None:
    rows = np.array([[1, 2, 3, 4, 0.9, 1], [5, 6, 7, 8, 0.1, 0], [1, 1, 2, 2, 0.9, 7]], np.float32)[None]
    found = decode(rows, 2, 0.25)
    assert (found.box.tolist(), found.kind.tolist()) == ([[1, 2, 3, 4]], [1])


def test_other_heads_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \[1, 7, 3\]; allowed with 2 classes: \[1, 6, anchors\]"):
        decode(np.zeros((1, 7, 3), np.float32), 2, 0.25)
