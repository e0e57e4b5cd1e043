"""Reads what a gateway had recorded out of a bag: frames, and what was observed and done at each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carla_drl_msgs.msg import FleetAction, FleetObservation, FrameRecord, FrameRecordLayout
from rclpy.serialization import deserialize_message

from carla_sensor_bridge.bag import BagReader
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
        order = {session: index for index, session in enumerate(self.layouts)}
        observations = _Track(self._raw("observation"), FleetObservation, order)
        actions = _Track(self._raw("action"), FleetAction, order)
        for record in self._messages("frame_record", FrameRecord):
            if record.session in order:
                observation = observations.take(record.session, record.frame)
                action = actions.take(record.session, record.frame)
                yield RecordedFrame(record, observation and observation[1], action and action[0])

    def _raw(self, topic: str) -> Iterator[bytes]:
        return (raw for raw, _ in self._bag.messages(topic))

    def _messages(self, topic: str, kind: Any) -> Iterator[Any]:
        return (deserialize_message(raw, kind) for raw in self._raw(topic))


class _Track:
    """Messages of one topic, looked up by session and frame, which only go up."""

    def __init__(self, raw: Iterator[bytes], kind: Any, order: dict[int, int]) -> None:
        self._messages = ((deserialize_message(one, kind), one) for one in raw)
        self._order = order
        self._next = next(self._messages, None)

    def take(self, session: int, frame: int) -> tuple[Any, bytes] | None:
        """Return the message of that frame with its bytes, None when there is none."""
        wanted = (self._order[session], frame)
        while self._next is not None and self._key(self._next[0]) < wanted:
            self._next = next(self._messages, None)
        if self._next is None or self._key(self._next[0]) != wanted:
            return None
        return self._next

    def _key(self, message: Any) -> tuple[int, int]:
        return self._order.get(message.session, -1), message.frame
