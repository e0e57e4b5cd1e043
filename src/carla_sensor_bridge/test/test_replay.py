"""Recorded frames: out of a bag, into a ring, and what is said when one is of no use."""

import logging
from pathlib import Path

import numpy as np
import pytest
from carla_drl_msgs.msg import FleetAction, FleetObservation, FrameRecord, FrameRecordLayout
from rclpy.serialization import serialize_message
from rosbag2_py import ConverterOptions, SequentialWriter, StorageOptions, TopicMetadata

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.frame_ring import FrameRingReader, FrameRingWriter
from carla_sensor_bridge.recorded_ring import RecordedRing
from carla_sensor_bridge.recording import Recording
from carla_sensor_bridge.replay import ObservationComparison, ReplayCounts, different_fields

PREFIX = "/carla_drl/sim0/"
TYPES = {
    "frame_record_layout": FrameRecordLayout,
    "frame_record": FrameRecord,
    "observation": FleetObservation,
    "action": FleetAction,
}


def ring_bytes(session: int, frame: int, value: float) -> tuple[bytes, bytes]:
    """Return the bytes of a ring up to its first slot, and those of the slot of a frame."""
    writer = FrameRingWriter(2, 3, session, 0.05)
    slot = writer.begin(frame)
    slot.ego[...] = value
    index = writer.commit(frame, frame * 0.05)
    head = int.from_bytes(writer._map[12:16], "little")
    size = int.from_bytes(writer._map[16:24], "little")
    start = head + index * size
    copy = writer._map[:head], writer._map[start : start + size]
    writer.close()
    return copy


def write_bag(path: Path, messages: list[tuple[str, object]]) -> None:
    writer = SequentialWriter()
    writer.open(StorageOptions(uri=str(path), storage_id="mcap"), ConverterOptions("cdr", "cdr"))
    for index, (topic, kind) in enumerate(TYPES.items()):
        name = f"carla_drl_msgs/msg/{kind.__name__}"
        writer.create_topic(
            TopicMetadata(id=index, name=PREFIX + topic, type=name, serialization_format="cdr")
        )
    for time_ns, (topic, message) in enumerate(messages, 1):
        writer.write(PREFIX + topic, serialize_message(message), time_ns)
    writer.close()


def layout(session: int) -> FrameRecordLayout:
    return FrameRecordLayout(simulator="sim0", session=session, data=ring_bytes(session, 1, 0.0)[0])


def record(session: int, frame: int) -> FrameRecord:
    return FrameRecord(session=session, frame=frame, data=ring_bytes(session, frame, float(frame))[1])


def test_a_recorded_ring_is_read_like_the_first_one() -> None:
    prologue, slot = ring_bytes(7, 41, 2.5)
    ring = RecordedRing(prologue)
    assert (ring.session, ring.num_agents, ring.step_s) == (7, 2, 0.05)
    reader = FrameRingReader(ring.fd)
    frame = reader.read(ring.write(41, slot), 41)
    assert frame.sim_time_s == 41 * 0.05
    np.testing.assert_array_equal(frame.ego, np.full((2, col.NUM_EGO), 2.5, np.float32))
    ring.close()


def test_frames_find_their_observation_and_action(tmp_path: Path) -> None:
    # Two sessions; the second one counts frames anew. Frame 6 of the first has neither observation nor action.
    messages: list[tuple[str, object]] = [("frame_record", record(5, 3)), ("frame_record_layout", layout(9))]
    messages += [("frame_record", record(9, frame)) for frame in (5, 6, 7)]
    messages += [("observation", FleetObservation(session=9, frame=frame)) for frame in (4, 5, 7)]
    messages += [("action", FleetAction(session=9, frame=frame)) for frame in (5, 5, 7)]
    messages += [("frame_record_layout", layout(2)), ("frame_record", record(2, 1))]
    messages += [("observation", FleetObservation(session=2, frame=1))]
    write_bag(tmp_path / "bag", messages)
    recording = Recording(tmp_path / "bag", "sim0")
    assert list(recording.layouts) == [9, 2]
    found = [
        (one.record.session, one.record.frame, one.observation is not None, one.action and one.action.frame)
        for one in recording.frames()
    ]
    # Session 5 began before the recording: its layout is unknown.
    assert found == [(9, 5, True, 5), (9, 6, False, None), (9, 7, True, 7), (2, 1, True, None)]


def test_what_cannot_be_played_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"parameter bag is '.*nowhere', which cannot be read"):
        Recording(tmp_path / "nowhere", "sim0")
    write_bag(tmp_path / "empty", [("action", FleetAction())])
    with pytest.raises(
        ConfigurationError, match=r"no frames of simulator 'sim0'.* has /carla_drl/sim0/action"
    ):
        Recording(tmp_path / "empty", "sim0")
    prologue, slot = ring_bytes(7, 1, 0.0)
    for damaged, reason in (
        (prologue[:32], "32 bytes"),
        (b"X" + prologue[1:], "version"),
        (prologue[:-64], "damaged"),
    ):
        with pytest.raises(ConfigurationError, match=reason):
            RecordedRing(damaged)
    ring = RecordedRing(prologue)
    for wrong in (slot[:16], slot + b"x"):
        with pytest.raises(ConfigurationError, match="frame_record of frame 1 has"):
            ring.write(1, wrong)
    ring.close()


def test_one_wrong_bit_is_found(caplog: pytest.LogCaptureFixture) -> None:
    counts = ReplayCounts()
    comparison = ObservationComparison(counts, logging.getLogger("test"))
    one = FleetObservation(session=1, frame=1, state=[1.0, float("nan")])
    other = FleetObservation(session=1, frame=1, state=[np.nextafter(np.float32(1.0), np.float32(2.0)), 0.0])
    assert different_fields(one, one) == []
    comparison.expect(1, 1, serialize_message(one))
    comparison.published((1, 1), serialize_message(one))
    comparison.published((1, 2), serialize_message(other))  # this time before it is expected
    comparison.expect(1, 2, serialize_message(one))
    comparison.expect(1, 3, serialize_message(one))
    comparison.wait(0.0)
    assert (counts.identical, counts.different, counts.missing) == (1, 1, 1)
    assert "differs in state" in caplog.text
