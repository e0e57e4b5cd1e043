"""One training run with sensors, and what hangs on it: viewers, recorders, and for a while a look at what grows."""

from __future__ import annotations

import itertools
import json
import re
import resource
import runpy
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticStatus
from launched import Launched, domain
from mcap.reader import make_reader
from observer import Observer, observing
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosidl_runtime_py.utilities import get_message
from sensor_msgs.msg import Image
from vision_msgs.msg import Detection2DArray

from carla_drl_bringup.arguments import first_free_port
from carla_drl_bringup.bag_topics import record_arguments
from carla_drl_bringup.footprint import Footprint

CONFIG = Path(__file__).resolve().parent.parent / "config"
BRIDGE_TESTS = Path(__file__).resolve().parents[2] / "carla_sensor_bridge" / "test"
CAMERA = "/carla/ego0/front/image"
WARM_UP_S = 8
# Who has mapped the shared memory of as many others for so long has met all of them.
MET_S = 3
MEETING_S = 60
SOAK_S = 24
# A recorder whose cache (16 MB) fills for the first time keeps twice that and more; a picture per frame that stays would be
# several times the limit.
GROWTH_MB = 120.0
FILE_LIMIT_BYTES = 40 * 10**6  # Fast DDS's shared memory consists of files, too: its 32 MB must fit


@dataclass
class Run:
    """A training run, its domain and who listens to it."""

    launch: Launched
    domain_id: str
    observer: Observer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The sensor suite with small pictures, so that the loop is quick, and with a detector."""
    folder = tmp_path_factory.mktemp("run")
    scenario = yaml.safe_load((CONFIG / "scenarios" / "sensor_suite.yaml").read_text())
    for sensor in scenario["sensors"]:
        attributes = sensor.get("attributes", {})
        if "image_size_x" in attributes:
            size = (200, 150) if sensor["name"] == "front" else (64, 48)
            attributes["image_size_x"], attributes["image_size_y"] = size
        if "points_per_second" in attributes:
            attributes["points_per_second"] = 5000
    path = folder / "small_suite.yaml"
    path.write_text(yaml.safe_dump(scenario))
    domain_id = domain(24)
    write_tiny_detector = runpy.run_path(str(BRIDGE_TESTS / "tiny_detector.py"))["write_tiny_detector"]
    train = Launched(
        "train",
        folder,
        domain_id,
        scenario=path,
        num_agents=1,
        total_steps=10**9,
        run_name="sensors",
        detector=write_tiny_detector(folder / "tiny.onnx"),
    )
    with train, observing(domain_id) as observer:
        train.wait_for(lambda _: train.steps() > 0, "progress", 120)
        yield Run(train, domain_id, observer)


def fields_by_topic() -> dict[str, set[str]]:
    """Return topic -> paths of fields for everything that the RViz configuration and the Foxglove layout name."""
    named: dict[str, set[str]] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                walk(key)
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, str) and re.match(r"/\w+", value):
            topic, _, path = value.partition(".")
            named.setdefault(topic, set()).add(path)

    walk(json.loads((CONFIG / "foxglove" / "carla_drl.json").read_text()))
    walk(yaml.safe_load((CONFIG / "rviz" / "carla_drl.rviz").read_text()))
    return named


def test_the_layouts_name_only_topics_that_there_are(run: Run, tmp_path: Path) -> None:
    named = fields_by_topic()
    assert {CAMERA, "/diagnostics", "/carla_drl/training_status", "/carla_drl/sim0/road_markers"} <= set(
        named
    )
    port = first_free_port(26000, 26900)
    with Launched("view", tmp_path, run.domain_id, foxglove_port=port, rviz="false") as view:
        view.wait_for(lambda text: f"ws://127.0.0.1:{port}" in text, "server for Foxglove")
        node = run.observer.node
        for topic in named:
            (info, *_) = run.observer.wait_until(
                lambda topic=topic: node.get_publishers_info_by_topic(topic), f"publisher of {topic}"
            )
            offered = QoSProfile(
                depth=1, durability=info.qos_profile.durability, reliability=info.qos_profile.reliability
            )
            run.observer.listen(get_message(info.topic_type), topic, offered)
        for topic, paths in named.items():
            message = run.observer.wait_until(
                lambda topic=topic: run.observer.messages[topic], f"message on {topic}"
            )[-1]
            for path in filter(None, paths):
                attrgetter(re.sub(r"\[\d+\]", "", path))(message)


def test_a_detector_looks_at_the_first_camera(run: Run) -> None:
    topic = "/carla/ego0/front/detections"
    run.observer.listen(Detection2DArray, topic, QoSProfile(depth=1))
    message = run.observer.wait_until(lambda: run.observer.messages[topic], f"message on {topic}")[0]
    assert message.header.frame_id == "ego0/front_optical"
    (found,) = message.detections
    assert found.results[0].hypothesis.class_id == "vehicle"
    # The box of the network's 32 x 32 pixels in the picture's 200 x 150.
    assert (found.bbox.center.position.x, found.bbox.center.position.y) == pytest.approx((100.0, 75.0))
    assert (found.bbox.size_x, found.bbox.size_y) == pytest.approx((62.5, 31.25))
    report = run.observer.wait_for(
        lambda report: report.part == "detection" and int(report.values["detection_pictures"]) > 0, "report"
    )
    assert report.level == DiagnosticStatus.OK
    assert report.values["detection_failed"] == "0"


def test_nothing_grows_and_every_set_of_topics_is_recorded(run: Run, tmp_path: Path) -> None:
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
    run.observer.listen(Image, CAMERA, qos)
    with (
        Launched(
            "record", tmp_path, run.domain_id, bag="full", topics="full", max_size_mb=5, cache_mb=16
        ) as full,
        Launched("record", tmp_path, run.domain_id, bag="light", topics="light") as light,
    ):
        footprint = soak(run, full)
        for name, series in footprint.series.items():
            third = len(series.time_s) // 3
            growth = statistics.median(series.rss_mb[-third:]) - statistics.median(series.rss_mb[:third])
            assert growth < GROWTH_MB, (name, series.rss_mb)
            assert min(series.files[-third:]) <= min(series.files[:third]), (name, series.files)
            assert min(series.shared[-third:]) <= min(series.shared[:third]), (name, series.shared)
        for recorder in (full, light):
            recorder.interrupt()
            assert recorder.wait(60) == 0, recorder.output[-4000:]
    assert "process has died" not in run.launch.output
    recorded, compressions = summaries(tmp_path / "full")
    assert {CAMERA, "/tf", "/carla_drl/sim0/observation", "/carla_drl/training_status"} <= set(recorded)
    assert recorded[CAMERA] > 10
    assert len(list((tmp_path / "full").glob("*.mcap"))) > 1
    assert compressions == {"zstd"}
    recorded, _ = summaries(tmp_path / "light")
    assert set(recorded) <= set(record_arguments("light", "sim0"))
    assert recorded["/diagnostics"] > 10
    assert recorded["/carla_drl/training_status"] > 5


def soak(run: Run, recorder: Launched) -> Footprint:
    """Look at the processes for a while, once all are there, warm, and have met."""
    run.observer.wait_for(lambda report: report.part == "recording", "report of a recorder")
    run.observer.messages[CAMERA].clear()

    def every_second(footprint: Footprint) -> Iterator[int]:
        began = time.monotonic()
        for second in itertools.count(1):
            run.observer.wait_until(
                lambda second=second: time.monotonic() - began > second, "next second", 5.0
            )
            footprint.sample()
            yield second

    roots = [run.launch.pid, recorder.pid]
    warming = Footprint(roots)
    for second in every_second(warming):
        counts = {name: series.shared for name, series in warming.series.items()}
        if second >= WARM_UP_S and all(len(set(shared[-MET_S:])) == 1 for shared in counts.values()):
            break
        assert second < MEETING_S, counts
    footprint = Footprint(roots)
    for second in every_second(footprint):
        if second == SOAK_S:
            break
    assert len(run.observer.messages[CAMERA]) > 10
    assert set(footprint.series) == {"simulator", "gateway", "bridge", "agent", "recorder"}
    assert not footprint.restarted
    return footprint


def read_bag(bag: Path) -> dict[str, int]:
    """Return topic -> number of messages that a reader finds."""
    counts: dict[str, int] = {}
    for path in sorted(bag.glob("*.mcap")):
        with path.open("rb") as file:
            for _, channel, _ in make_reader(file).iter_messages():
                counts[channel.topic] = counts.get(channel.topic, 0) + 1
    return counts


def summaries(bag: Path) -> tuple[dict[str, int], set[str]]:
    """Return what the files of a bag say: topic -> number of messages, and how their chunks are compressed."""
    counts: dict[str, int] = {}
    compressions = set()
    for path in bag.glob("*.mcap"):
        with path.open("rb") as file:
            summary = make_reader(file).get_summary()
        assert summary is not None
        assert summary.statistics is not None
        for channel, count in summary.statistics.channel_message_counts.items():
            topic = summary.channels[channel].topic
            counts[topic] = counts.get(topic, 0) + count
        compressions |= {chunk.compression for chunk in summary.chunk_indexes}
    return counts, compressions


def test_a_full_disk_ends_the_recording_and_not_the_drive(run: Run, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, FILE_LIMIT_BYTES))

    options = {"bag": "bag", "topics": "full", "compression": "false", "max_size_mb": 0}
    with Launched("record", tmp_path, run.domain_id, preexec=limit, **options) as recorder:
        report = run.observer.wait_for(
            lambda report: report.part == "recording" and report.level == DiagnosticStatus.ERROR,
            "report of the full disk",
        )
        assert "the recording has ended with exit code 1" in report.message
        assert recorder.wait(30) != 0
    assert "the recording ended early" in recorder.output
    assert "what was written until then is complete" in recorder.output
    assert read_bag(tmp_path / "bag")[CAMERA] > 10
    steps = run.launch.steps()
    run.launch.wait_for(lambda _: run.launch.steps() > steps, "progress after the end of the recording", 30)
    assert "process has died" not in run.launch.output


def test_a_recording_leaves_room_on_the_disk(run: Run, tmp_path: Path) -> None:
    began_s = time.time()
    with Launched("record", tmp_path, run.domain_id, bag="bag", min_free_mb=10**9) as recorder:
        assert recorder.wait(30) != 0, recorder.output
    assert "the recording ended early (exit code 74)" in recorder.output
    report = run.observer.wait_for(
        lambda report: report.part == "recording" and "has ended" in report.message, "report", began_s
    )
    assert report.level == DiagnosticStatus.ERROR
    assert "1000000000 MB are to stay free" in report.message
