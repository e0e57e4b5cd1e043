"""Plays a recorded drive into a gateway in lock-step, in the bridge's place, and compares what comes out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any, Final

from carla_drl_msgs.msg import FleetAction, FleetObservation
from rclpy.serialization import deserialize_message

from carla_sensor_bridge.gateway_link import GatewayLink
from carla_sensor_bridge.gateway_packets import ResetRequest
from carla_sensor_bridge.pace import Pace
from carla_sensor_bridge.recorded_ring import RecordedRing
from carla_sensor_bridge.recording import RecordedFrame, Recording

_LAST_OBSERVATION_S: Final = 5.0
_POLL_S: Final = 0.02


@dataclass
class ReplayCounts:
    """What a replay has seen so far."""

    frames: int = 0
    identical: int = 0
    """Observations that are the recorded ones bit by bit."""
    different: int = 0
    unrecorded: int = 0
    """Frames whose observation the bag does not hold: they cannot be compared."""
    missing: int = 0
    """Frames with a recorded observation that the gateway did not publish now."""


class ObservationComparison:
    """Compares published observations with recorded ones; the two may come in either order, from two threads."""

    def __init__(self, counts: ReplayCounts, log: logging.Logger) -> None:
        self._counts = counts
        self._log = log
        self._lock = Lock()
        self._expected: dict[tuple[int, int], bytes] = {}
        self._early: dict[tuple[int, int], bytes] = {}

    def expect(self, session: int, frame: int, recorded: bytes) -> None:
        """Add what the observation of a frame must be."""
        with self._lock:
            published = self._early.pop((session, frame), None)
            if published is None:
                self._expected[session, frame] = recorded
                return
        self._compare(published, recorded)

    def published(self, key: tuple[int, int], observation: bytes) -> None:
        """Add a serialised observation that the gateway has published, of session and frame `key`."""
        with self._lock:
            recorded = self._expected.pop(key, None)
            if recorded is None:
                # The last one alone: a gateway that comes back publishes its frame again.
                self._early = {key: observation}
                return
        self._compare(observation, recorded)

    def wait(self, timeout_s: float) -> None:
        """Wait for observations that are still to come; those that do not are counted as missing."""
        deadline = time.monotonic() + timeout_s
        while self._expected and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        with self._lock:
            self._counts.missing += len(self._expected)
            self._expected.clear()

    def _compare(self, published: bytes, recorded: bytes) -> None:
        if published == recorded:
            self._counts.identical += 1
            return
        fields = different_fields(
            deserialize_message(published, FleetObservation), deserialize_message(recorded, FleetObservation)
        )
        if not fields:  # serialised in two ways
            self._counts.identical += 1
            return
        if self._counts.different == 0:
            frame = deserialize_message(recorded, FleetObservation).frame
            self._log.error("observation of frame %d differs in %s", frame, ", ".join(fields))
        self._counts.different += 1


def different_fields(one: Any, other: Any) -> list[str]:
    """Return the names of the fields in which two messages of one type differ; NaN equals NaN."""
    return [
        name
        for name in one.get_fields_and_field_types()
        if _comparable(getattr(one, name)) != _comparable(getattr(other, name))
    ]


def _comparable(value: Any) -> Any:
    return value.tobytes() if hasattr(value, "tobytes") else value


class Replay:
    """Feeds the frames of a recording to a gateway.

    Attributes:
        counts: what happened so far.
        link: to the gateway, None before the first frame.
    """

    def __init__(
        self,
        recording: Recording,
        socket_name: str,
        rate: float,
        publish_action: Callable[[FleetAction], None] | None,
        log: logging.Logger,
    ) -> None:
        """Prepare.

        Args:
            recording: what to play.
            socket_name: of the gateway.
            rate: simulated seconds per second; 0: as fast as frames are answered.
            publish_action: answers frames with the recorded actions; None: somebody else answers.
            log: for differences and the link.
        """
        self.counts = ReplayCounts()
        self._comparison = ObservationComparison(self.counts, log)
        self.link: GatewayLink | None = None
        self._recording = recording
        self._socket_name = socket_name
        self._rate = rate
        self._pace = Pace(rate)
        self._publish_action = publish_action
        self._log = log
        self._ring: RecordedRing | None = None
        self._answer: FleetAction | None = None

    def on_observation(self, observation: bytes) -> None:
        """Take a serialised observation that the gateway has published; any one thread."""
        message = deserialize_message(observation, FleetObservation)
        self._comparison.published((message.session, message.frame), observation)
        answer = self._answer
        if answer is not None and (answer.session, answer.frame) == (message.session, message.frame):
            self.answer()

    def answer(self) -> None:
        """Publish the recorded action of the frame that waits for one; again does no harm, the gateway takes one."""
        answer = self._answer
        if answer is not None and self._publish_action is not None:
            self._publish_action(answer)

    def run(self, stopping: Event) -> None:
        """Play all frames, or until `stopping`."""
        try:
            for recorded in self._recording.frames():
                if self._ring is None or self._ring.session != recorded.record.session:
                    self._begin_session(recorded.record.session, stopping)
                if stopping.is_set() or not self._play(recorded, stopping):
                    return
            self._comparison.wait(_LAST_OBSERVATION_S)
        finally:
            self._end_session()

    def _begin_session(self, session: int, stopping: Event) -> None:
        self._end_session()
        ring = self._ring = RecordedRing(self._recording.layouts[session])
        self.link = GatewayLink(
            self._socket_name, ring.fd, session, ring.num_agents, stopping, self._log, self._refuse_reset
        )
        self._pace = Pace(self._rate)

    def _end_session(self) -> None:
        if self.link is not None:
            self.link.close()
        if self._ring is not None:
            self._ring.close()
        self._ring = None

    def _refuse_reset(self, request: ResetRequest) -> int:
        self._log.warning("a reset was asked for, which a recording cannot do: it goes on as recorded")
        return self.counts.frames

    def _play(self, recorded: RecordedFrame, stopping: Event) -> bool:
        assert self._ring is not None
        assert self.link is not None
        record = recorded.record
        self._pace.wait(record.stamp.sec + record.stamp.nanosec * 1e-9, stopping)
        if recorded.observation is None:
            self.counts.unrecorded += 1
        else:
            self._comparison.expect(record.session, record.frame, recorded.observation)
        self._answer = recorded.action or self._braking(record)
        self.link.publish(record.frame, self._ring.write(record.frame, bytes(record.data)))
        self.counts.frames += 1
        answered = self.link.wait_control() is not None
        self._answer = None
        return answered

    def _braking(self, record: Any) -> FleetAction:
        assert self._ring is not None
        action = FleetAction(session=record.session, frame=record.frame, num_agents=self._ring.num_agents)
        action.action = [-1.0, 0.0] * self._ring.num_agents
        return action
