"""Reads what a gateway had recorded out of a bag: frames, and what was observed and done at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carla_drl_msgs.msg import FleetAction, FleetObservation, FrameRecord, FrameRecordLayout
from rclpy.serialization import deserialize_message

from carla_sensor_bridge.bag import BagReader, FrameLookup
from carla_sensor_bridge.errors import ConfigurationError


@dataclass(frozen=True)
class RecordedFrame:
    """One frame, and what went with it where that was recorded, too."""

    record: FrameRecord
    observation: bytes | None
    """The serialised FleetObservation that the gateway made of it."""
    action: FleetAction | None


class Recording:
    """The frames of one simulator in a bag, in the order of the drive.

    Attributes:
        layouts: the ring's bytes up to its first slot, by session, in the order of recording.
        num_frames: frames in the bag.
    """

    def __init__(self, path: Path, simulator: str) -> None:
        """Look into a bag: the folder that `ros2 bag record` wrote.

        Raises:
            ConfigurationError: when it cannot be read or holds no frames of this simulator.
        """
        try:
            self._bag = BagReader(path, simulator)
        except (RuntimeError, OSError) as error:
            raise ConfigurationError(
                f"parameter bag is '{path}', which cannot be read ({error}); allowed: a folder that "
                "`ros2 bag record` wrote and closed"
            ) from error
        self.layouts: dict[int, bytes] = {}
        for layout in self._messages("frame_record_layout", FrameRecordLayout):
            self.layouts.setdefault(layout.session, bytes(layout.data))
        self.num_frames: int = self._bag.counts.get(self._bag.prefix + "frame_record", 0)
        if not self.num_frames or not self.layouts:
            raise ConfigurationError(
                f"parameter bag is '{path}', which has no frames of simulator '{simulator}'; it needs messages of "
                f"{self._bag.prefix}frame_record and {self._bag.prefix}frame_record_layout, and has "
                f"{', '.join(self._bag.present()) or 'none at all'}"
            )

    def frames(self) -> Iterator[RecordedFrame]:
        """Yield every frame whose session's layout is known, reading the bag as it goes."""
        observations = self._lookup("observation", FleetObservation)
        actions = self._lookup("action", FleetAction)
        for record in self._messages("frame_record", FrameRecord):
            if record.session in self.layouts:
                observation = observations.take(record.session, record.frame)
                action = actions.take(record.session, record.frame)
                yield RecordedFrame(record, observation and observation[1], action and action[0])

    def _lookup(self, topic: str, kind: Any) -> FrameLookup[bytes]:
        return FrameLookup(((deserialize_message(raw, kind), raw) for raw in self._raw(topic)), self.layouts)

    def _raw(self, topic: str) -> Iterator[bytes]:
        return (raw for raw, _ in self._bag.messages(topic))

    def _messages(self, topic: str, kind: Any) -> Iterator[Any]:
        return (deserialize_message(raw, kind) for raw in self._raw(topic))
