"""The thread that looks at pictures, without ROS and network: the newest wins, and nothing is lost uncounted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gateway_peer import wait_until

from carla_sensor_bridge.detection_stage import Camera, DetectionStage, choose_cameras
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.yolo import Detections, Pixels

FRONT, BACK = Camera(0, "front"), Camera(0, "back")
LOG = logging.getLogger("test_detection_stage")


def picture(value: int) -> Any:
    return SimpleNamespace(height=2, width=3, raw_data=bytes([value]) * 24)


class Detector:
    """Finds one box whose score is the picture's value; stands still while `gate` is closed."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun: list[int] = []

    def detect(self, pixels: Pixels) -> Detections:
        assert pixels.shape == (2, 3, 4)
        value = int(pixels[0, 0, 0])
        self.begun.append(value)
        assert self.gate.wait(20.0)
        if value == 13:
            raise RuntimeError("unlucky")
        return Detections(np.zeros((1, 4), np.float32), np.array([value], np.float32), np.zeros(1, np.int64))


class Rig:
    """A stage with what it published: camera, simulated time, score."""

    def __init__(self, rate_hz: float = 0.0) -> None:
        self.detector = Detector()
        self.published: list[tuple[Camera, float, int]] = []
        self.unwanted: set[Camera] = set()
        self.stage = DetectionStage(
            self.detector,
            lambda camera, time_s, found: self.published.append((camera, time_s, int(found.score[0]))),
            lambda camera: camera not in self.unwanted,
            rate_hz,
            LOG,
        )
        self.stage.attach({3: FRONT, 5: BACK})


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.detector.gate.set()
    made.stage.close()


def test_the_newest_picture_of_each_camera_wins(rig: Rig) -> None:
    rig.detector.gate.clear()
    rig.stage.offer(3, picture(1), 0.1)
    assert wait_until(lambda: rig.detector.begun == [1])
    for value in (2, 3, 4):
        rig.stage.offer(3, picture(value), value / 10)
    rig.stage.offer(5, picture(9), 0.4)
    rig.stage.offer(4, picture(7), 0.4)  # no camera that is looked through
    assert rig.stage.waiting == 2
    rig.detector.gate.set()
    assert wait_until(lambda: len(rig.published) == 3)
    assert rig.published[0] == (FRONT, 0.1, 1)
    assert set(rig.published[1:]) == {(FRONT, 0.4, 4), (BACK, 0.4, 9)}
    counters = rig.stage.counters
    assert wait_until(lambda: counters.pictures == 3)
    assert (counters.dropped, counters.detections, counters.failed) == (2, 3, 0)
    assert rig.stage.take_times_ms()[1] > 0.0
    assert rig.stage.take_times_ms() == (0.0, 0.0)


def test_what_nobody_wants_is_not_looked_at(rig: Rig) -> None:
    rig.unwanted.add(FRONT)
    rig.stage.offer(3, picture(1), 0.1)
    rig.stage.offer(5, picture(2), 0.1)
    assert wait_until(lambda: rig.published == [(BACK, 0.1, 2)])
    assert wait_until(lambda: rig.stage.waiting == 0)
    assert rig.detector.begun == [2]


def test_a_failure_is_told_and_forgotten_when_it_works_again(rig: Rig) -> None:
    rig.stage.offer(3, picture(13), 0.1)
    assert wait_until(lambda: rig.stage.error == "unlucky")
    assert rig.stage.counters.failed == 1
    rig.stage.offer(3, picture(2), 0.2)
    assert wait_until(lambda: not rig.stage.error and rig.published == [(FRONT, 0.2, 2)])


def test_a_camera_above_its_rate_drops_and_the_other_goes_on() -> None:
    rig = Rig(rate_hz=0.001)
    try:
        rig.stage.offer(3, picture(1), 0.1)
        assert wait_until(lambda: len(rig.published) == 1)
        rig.stage.offer(3, picture(2), 0.2)
        rig.stage.offer(3, picture(3), 0.3)
        rig.stage.offer(5, picture(4), 0.3)
        assert wait_until(lambda: len(rig.published) == 2)
        assert rig.published[1] == (BACK, 0.3, 4)
        assert (rig.stage.waiting, rig.stage.counters.dropped) == (1, 1)
        rig.stage.attach({0: BACK})  # a new world: old pictures are forgotten
        rig.stage.offer(0, picture(5), 0.0)
        assert wait_until(lambda: rig.published[-1] == (BACK, 0.0, 5))
    finally:
        rig.stage.close()


def place(agent: int, name: str, kind: str = "sensor.camera.rgb") -> Any:
    return SimpleNamespace(agent=agent, config=SimpleNamespace(name=name, type=kind))


def test_cameras_are_chosen_by_name_or_the_first_of_each_ego() -> None:
    places = [
        place(0, "depth", "sensor.camera.depth"),
        place(0, "front"),
        place(0, "back"),
        place(1, "front"),
    ]
    assert choose_cameras(places, ()) == {1: Camera(0, "front"), 3: Camera(1, "front")}
    assert choose_cameras(places, ("back",)) == {2: Camera(0, "back")}
    with pytest.raises(ConfigurationError, match="detection_sensors names 'depth'; allowed: back, front"):
        choose_cameras(places, ("depth",))
    with pytest.raises(ConfigurationError, match=r"detection_model is set, but .*: add one"):
        choose_cameras(places[:1], ())
