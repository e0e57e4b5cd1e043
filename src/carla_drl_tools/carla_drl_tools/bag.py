"""Messages of one lock-step group in a bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from rclpy.serialization import deserialize_message
from rosbag2_py import ConverterOptions, SequentialReader, StorageFilter, StorageOptions

from carla_drl_tools.errors import ToolError

TYPES: Final[dict[str, Any]] = {
    "observation_layout": ObservationLayout,
    "observation": FleetObservation,
    "action": FleetAction,
}
CDR: Final = ConverterOptions(input_serialization_format="cdr", output_serialization_format="cdr")


class Bag:
    """Reads observations, actions and layouts of a simulator.

    Attributes:
        counts: messages per topic of the bag.
    """

    def __init__(self, path: Path, simulator: str) -> None:
        """Look into a bag.

        Raises:
            ToolError: when it cannot be read.
        """
        self.path = path
        self._prefix = f"/carla_drl/{simulator}/"
        try:
            metadata = self._open().get_metadata()
        except (RuntimeError, OSError) as error:
            raise ToolError(f"bag '{path}' cannot be read: {error}") from error
        self.counts: dict[str, int] = {
            one.topic_metadata.name: one.message_count for one in metadata.topics_with_message_count
        }

    def count(self, topic: str) -> int:
        """Return how many messages of one of `TYPES` there are.

        Raises:
            ToolError: when there are none; the message names the topics that the bag has.
        """
        name = self._prefix + topic
        if not self.counts.get(name):
            present = (
                ", ".join(sorted(one for one, count in self.counts.items() if count)) or "no message at all"
            )
            raise ToolError(f"bag '{self.path}' has no message of {name}; it has {present}")
        return self.counts[name]

    def messages(self, topic: str) -> Iterator[tuple[Any, int]]:
        """Yield the messages of one of `TYPES`, with the time of recording in nanoseconds."""
        reader = self._open()
        reader.set_filter(StorageFilter(topics=[self._prefix + topic]))
        while reader.has_next():
            _, raw, time_ns = reader.read_next()
            yield deserialize_message(raw, TYPES[topic]), time_ns

    def _open(self) -> SequentialReader:
        reader = SequentialReader()
        reader.open(StorageOptions(uri=str(self.path)), CDR)
        return reader
