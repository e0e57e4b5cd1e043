"""The loop's messages read and written as bytes, against rclpy's own serialization."""

from array import array

import numpy as np
import pytest
from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationImage
from rclpy.serialization import deserialize_message, serialize_message

from drl_agent_node.env.wire import Observation, read_observation, write_action
from drl_agent_node.errors import FleetError


def make_observation(agents: int, frame_id: str) -> FleetObservation:
    """An observation whose every field differs from its default; odd sizes need padding."""
    random = np.random.default_rng(agents)
    message = FleetObservation(
        session=4_000_000_000, frame=2**40 + 3, step_s=0.25, num_agents=agents, state_dim=5
    )
    message.header.frame_id = frame_id
    message.header.stamp.sec, message.header.stamp.nanosec = -7, 999_999_999
    message.state = array("f", random.normal(size=agents * 5).astype(np.float32))
    message.metrics = array("f", random.normal(size=agents * FleetObservation.NUM_METRICS).astype(np.float32))
    message.status = array("B", range(agents))
    message.raster_channels, message.raster_height, message.raster_width = 1, 3, 1
    message.raster = array("B", range(agents * 3))
    for name, width in (("camera", 3), ("lidar", 2)):
        image = ObservationImage(name=name, channels=1, height=1, width=width)
        image.data = array("B", range(agents * width))
        image.age = array("I", range(100, 100 + agents))
        message.images.append(image)
    return message


@pytest.mark.parametrize("agents", [1, 2, 3, 7])
@pytest.mark.parametrize("frame_id", ["", "map", "sim0/map"])
def test_an_observation_is_read_as_the_message_that_was_written(agents: int, frame_id: str):
    message = make_observation(agents, frame_id)
    read = read_observation(bytes(serialize_message(message)), "/observation")
    assert isinstance(read, Observation)
    assert (read.header.stamp.sec, read.header.stamp.nanosec) == (-7, 999_999_999)
    assert read.header.frame_id == frame_id
    assert set(FleetObservation.get_fields_and_field_types()) == set(Observation._fields)
    for field in Observation._fields[1:-1]:
        np.testing.assert_array_equal(getattr(read, field), getattr(message, field), field)
    for image, written in zip(read.images, message.images, strict=True):
        for field in ObservationImage.get_fields_and_field_types():
            np.testing.assert_array_equal(getattr(image, field), getattr(written, field), field)


def test_arrays_are_views_of_the_bytes():
    data = bytes(serialize_message(make_observation(3, "map")))
    read = read_observation(data, "/observation")
    whole = np.frombuffer(data, np.uint8)
    for part in (read.state, read.metrics, read.status, read.raster, read.images[1].data):
        assert np.shares_memory(part, whole)


def test_another_representation_is_left_to_the_middleware():
    # The same in either byte order, but for the length of frame_id.
    message = FleetObservation(session=0x01020201, num_agents=0x05000005)
    data = bytearray(serialize_message(message))
    data[1] = 0
    data[12:16] = data[15:11:-1]
    assert read_observation(bytes(data), "/observation") == message


def test_bytes_that_end_too_early_are_refused_with_their_topic():
    data = bytes(serialize_message(make_observation(3, "map")))
    for size in (8, 30, 60, len(data) // 2, len(data) - 1):
        with pytest.raises(FleetError, match=r"^/observation: \d+ bytes are no FleetObservation"):
            read_observation(data[:size], "/observation")


def test_an_action_is_written_as_the_message_would_be():
    actions = np.linspace(-1.0, 1.0, 3 * FleetAction.NUM_ACTIONS, dtype=np.float32).reshape(3, -1)
    message = FleetAction(session=4_000_000_000, frame=2**40 + 3, num_agents=3)
    message.stamp.sec, message.stamp.nanosec = 1_700_000_000, 123_456_789
    message.action = array("f", actions.ravel())
    data = write_action(1_700_000_000_123_456_789, 4_000_000_000, 2**40 + 3, actions)
    assert deserialize_message(data, FleetAction) == message
    # Bytes between fields are there for alignment and hold anything.
    assert len(data) == len(serialize_message(message))
