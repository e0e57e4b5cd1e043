"""Boxes out of labelled pixels, average precision and files, in cases that can be checked by hand."""

import numpy as np
import pytest

from carla_drl_tools.average_precision import Truth, evaluate
from carla_drl_tools.errors import ToolError
from carla_drl_tools.instance_boxes import VEHICLE, WALKER, Limits, labels, project, segments
from carla_drl_tools.yolo_dataset import YoloDataset, YoloWriter
from carla_sensor_bridge.yolo import Detections

CAR, PEDESTRIAN, RIDER, ROAD = 14, 12, 13, 1
ANY = Limits(min_side_px=1.0, min_pixels=1, min_visible=0.0)


def picture() -> np.ndarray:
    """A car that a pole cuts in two, a walker, and a rider with its bicycle; blue and green hold the instance."""
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[..., 2] = ROAD
    pixels[5:10, 2:12] = 7, 0, CAR
    pixels[5:10, 6:8, 2] = 6
    pixels[2:12, 20:24] = 7, 1, PEDESTRIAN
    pixels[4:8, 30:33] = 9, 0, RIDER
    pixels[8:12, 29:36] = 9, 0, 19
    return pixels


def test_parts_of_one_instance_are_one_box() -> None:
    found = segments(picture())
    order = np.lexsort((found.box[:, 0], found.kind))
    assert found.kind[order].tolist() == [VEHICLE, VEHICLE, WALKER]
    assert found.box[order].tolist() == [[2, 5, 12, 10], [29, 4, 36, 12], [20, 2, 24, 12]]
    assert found.pixels[order].tolist() == [40, 12 + 28, 40]
    assert len(segments(np.zeros((4, 4, 4), np.uint8)).kind) == 0


def test_boxes_in_space_are_projected() -> None:
    # A cube of 2 m, 10 m ahead: its near face, 9 m away, is 2 * 90 / 9 = 20 pixels wide.
    cube = np.array([[x, y, z] for x in (9.0, 11.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
    behind = cube - np.array([30.0, 0.0, 0.0])
    to_the_right = cube + np.array([0.0, 8.0, 0.0])
    boxes = project(np.stack((cube, behind, to_the_right)), 90.0, 100, 60)
    assert boxes[0].tolist() == [40.0, 20.0, 60.0, 40.0]
    assert boxes[1].tolist() == [0.0] * 4
    # From 7 m to the right at 11 m, 50 + 90 * 7 / 11 = 107.3, so it is out of the picture.
    assert boxes[2, 0] == boxes[2, 2] == 100.0


def test_labels_need_size_and_sight() -> None:
    found = segments(picture())
    kinds = np.array([VEHICLE, WALKER, VEHICLE])
    actors = np.array([[2.0, 5.0, 12.0, 10.0], [20.0, 2.0, 24.0, 32.0], [29.0, 4.0, 36.0, 12.0]])
    walker = found.kind == WALKER
    assert labels(found, kinds, actors, ANY).all()
    # The walker's 10 of 30 rows are a third of it.
    few = labels(found, kinds, actors, Limits(1.0, 1, 0.5))
    assert few.tolist() == (~walker).tolist()
    assert not labels(found, kinds, actors, Limits(4.5, 1, 0.0))[walker].any()
    assert not labels(found, kinds, actors, Limits(1.0, 41, 0.0)).any()
    # What belongs to no actor, or to one of another kind, is left out.
    assert not labels(found, kinds[:0], actors[:0], ANY).any()
    assert not labels(found, np.array([WALKER]), actors[:1], ANY).any()


def detections(*rows: tuple[float, ...]) -> Detections:
    values = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(values[:, :4], values[:, 4], values[:, 5].astype(np.int64))


def test_average_precision_of_cases_by_hand() -> None:
    truth = [Truth(np.array([0, 0]), np.array([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]]))]
    # Right, wrong, right: precision 1 up to recall 0.5, then 2/3.
    found = [detections((0, 0, 10, 10, 0.9, 0), (50, 0, 60, 10, 0.8, 0), (20, 0, 30, 10, 0.7, 0))]
    first, second = evaluate(found, truth, 2)
    assert first.objects == 2
    assert first.ap50 == pytest.approx((51 * 1.0 + 50 * 2 / 3) / 101)
    assert first.ap50_95 == pytest.approx(first.ap50)
    assert np.isnan(second.ap50)
    # An overlap of 8/12: right up to 0.65, which is 4 of the 10 thresholds. A second hit of one object is wrong.
    found = [detections((2, 0, 12, 10, 0.9, 0), (0, 0, 10, 10, 0.1, 0))]
    first, _ = evaluate(found, truth, 2)
    assert first.ap50 == pytest.approx(51 / 101)
    assert first.ap50_95 == pytest.approx((4 * 51 / 101 + 6 * 51 / 2 / 101) / 10)
    assert evaluate([detections()], truth, 1)[0].ap50 == 0.0


def test_data_sets_are_read_as_they_were_written(tmp_path) -> None:
    writer = YoloWriter(tmp_path / "set", ("vehicle", "walker"), {"towns": ["Town01"]})
    with pytest.raises(ToolError, match="is no complete data set"):
        YoloDataset(tmp_path / "set")
    pixels = np.full((20, 40, 3), 90, np.uint8)
    writer.add(
        "val", "a", pixels, np.array([1, 0]), np.array([[0.0, 0.0, 4.0, 10.0], [10.0, 5.0, 30.0, 15.0]])
    )
    writer.add("train", "b", pixels, np.zeros(0, np.int64), np.empty((0, 4)))
    writer.close()
    data = YoloDataset(tmp_path / "set")
    assert data.names == ("vehicle", "walker")
    read, kinds, boxes = data.read(*data.pictures("val"))
    np.testing.assert_allclose(read, pixels, atol=2)
    assert kinds.tolist() == [1, 0]
    np.testing.assert_allclose(boxes, [[0, 0, 4, 10], [10, 5, 30, 15]], atol=1e-3)
    assert len(data.read(*data.pictures("train"))[1]) == 0
    with pytest.raises(ToolError, match="is not empty"):
        YoloWriter(tmp_path / "set", ("vehicle",), {})
