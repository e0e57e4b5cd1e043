"""Messages of one lock-step group in a bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from rclpy.serialization import deserialize_message
from rosbag2_py import ConverterOptions

from carla_drl_tools.errors import ToolError
from carla_sensor_bridge.bag import BagReader

TYPES: Final[dict[str, Any]] = {
    "observation_layout": ObservationLayout,
    "observation": FleetObservation,
    "action": FleetAction,
}
CDR: Final = ConverterOptions(input_serialization_format="cdr", output_serialization_format="cdr")


class Bag:
    """Reads observations, actions and layouts of a simulator."""

    def __init__(self, path: Path, simulator: str) -> None:
        """Look into a bag.

        Raises:
            ToolError: when it cannot be read.
        """
        self._path = path
        try:
            self._reader = BagReader(path, simulator)
        except (RuntimeError, OSError) as error:
            raise ToolError(f"bag '{path}' cannot be read: {error}") from error

    def count(self, topic: str) -> int:
        """Return how many messages of one of `TYPES` there are.

        Raises:
            ToolError: when there are none; the message names the topics that the bag has.
        """
        name = self._reader.prefix + topic
        count: int = self._reader.counts.get(name, 0)
        if not count:
            present = ", ".join(self._reader.present()) or "no message at all"
            raise ToolError(f"bag '{self._path}' has no message of {name}; it has {present}")
        return count

    def messages(self, topic: str) -> Iterator[tuple[Any, int]]:
        """Yield the messages of one of `TYPES`, with the time of recording in nanoseconds."""
        for raw, time_ns in self._reader.messages(topic):
            yield deserialize_message(raw, TYPES[topic]), time_ns
