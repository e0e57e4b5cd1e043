"""The sensors of an episode: which of them measure in a tick, and what they send."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from carla_drl_sim.attachment import axes
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import rpc_framing, streams
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Kind, Moment, Payload
from carla_drl_sim.sensors.kinds import KINDS
from carla_drl_sim.sensors.scene_source import SceneSource
from carla_drl_sim.sensors.workers import Workers

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import CollisionEvent, Episode
    from carla_drl_sim.stream_hub import StreamHub

_log = logging.getLogger(__name__)

_ROUNDING = 1e-6
"""Part of an interval by which a measurement may come early: simulated time is a sum of rounded steps."""

_prepared: set[str] = set()
"""Kinds of sensors that have measured in this process."""

Message = tuple[int, bytes, Payload]
"""Stream, header and data."""


def intervals_passed(elapsed_s: float, interval_s: float) -> int:
    """How many whole intervals fit into a time that may be off by rounding; -1 before the start."""
    return math.floor(elapsed_s / interval_s + _ROUNDING)


class _Sensor:
    """One sensor: its kind's own state, and when it measures."""

    __slots__ = ("actor", "device", "interval_s", "kind", "measured_s", "started_s")

    def __init__(self, actor: Actor, kind: Kind, device: Any, interval_s: float, started_s: float) -> None:
        self.actor = actor
        self.kind = kind
        self.device = device
        self.interval_s = interval_s
        self.started_s = started_s
        self.measured_s = -math.inf

    def is_due(self, now_s: float, step_s: float) -> bool:
        """Whether an interval ends in the tick that has just run. The first tick after spawning always counts."""
        if self.interval_s <= step_s:
            return True
        age_s = now_s - self.started_s
        return intervals_passed(age_s, self.interval_s) != intervals_passed(age_s - step_s, self.interval_s)

    def elapsed_s(self, now_s: float, step_s: float) -> float:
        """Time since the last measurement; one interval when there was none just before."""
        usual_s = max(self.interval_s, step_s)
        since_s = now_s - self.measured_s
        return since_s if 0.0 < since_s < usual_s + step_s else usual_s


class SensorSuite:
    """All sensors of one episode whose data the server sends.

    Only sensors with subscribers are looked at in a tick. Messages go out in the order of the sensors' ids, whatever
    the threads did; they end before the snapshot of the tick is sent.
    """

    def __init__(self, hub: StreamHub, workers: Workers) -> None:
        self._hub = hub
        self._workers = workers
        self.scenes = SceneSource()
        self.for_ros: set[int] = set()
        """Streams that clients have marked for publishing."""
        self._sensors: dict[int, _Sensor] = {}
        self._listening: list[_Sensor] = []
        self._listening_version = -1
        self._rows_version = -1
        self._rows: dict[int, tuple[int, int]] = {}

    def add(self, actor: Actor, values: dict[str, Value], episode: Episode) -> None:
        """Take over a sensor that has just been spawned; ``values`` are all its settings."""
        kind = KINDS.get(actor.type_id)
        if kind is None:
            return
        started_s = episode.elapsed_s + episode.step_s
        interval_s = float(values["sensor_tick"])
        self._sensors[actor.id] = _Sensor(
            actor, kind, kind.make(actor, values, episode), interval_s, started_s
        )
        self._listening_version = -1

    def prepare(self, actor: Actor, values: dict[str, Value], episode: Episode) -> None:
        """Let a stand-in for a sensor that is now an actor measure once, if its kind never has in this process.

        What has to be compiled, loaded or built for it is there then before the first tick that it measures in.
        """
        kind = KINDS.get(actor.type_id)
        if kind is None or actor.type_id in _prepared:
            return
        _prepared.add(actor.type_id)
        _log.info("preparing %s; the very first time on a machine it is compiled", actor.type_id)
        episode.snapshot.refresh()
        self._measure(
            episode, [_Sensor(actor, kind, kind.make(actor, values, episode), 0.0, episode.elapsed_s)]
        )

    def remove(self, actor: Actor) -> None:
        """Forget a sensor that is being destroyed."""
        self._sensors.pop(actor.id, None)
        self.for_ros.discard(actor.stream_id)
        self._listening_version = -1

    def has_stream(self, stream_id: int) -> bool:
        """Whether a sensor sends on this stream."""
        return any(sensor.actor.stream_id == stream_id for sensor in self._sensors.values())

    def ignore(self, actor: Actor, actor_ids: Sequence[int]) -> None:
        """Let a sensor's rays go through some actors. Raises RpcError for sensors without rays."""
        sensor = self._sensors.get(actor.id)
        if sensor is None or not hasattr(sensor.device, "ignored"):
            raise RpcError(
                f"{actor.type_id} {actor.id} casts no rays: only lidars, radars and obstacle detectors do"
            )
        sensor.device.ignored = np.array(actor_ids, np.int64)

    def clear(self) -> None:
        """Forget all sensors."""
        self._sensors.clear()
        self._listening_version = -1

    def tick(self, episode: Episode, collisions: Sequence[CollisionEvent]) -> None:
        """Measure after the world's step, and send. The snapshot must be up to date."""
        if self._listening_version != self._hub.version:
            self._listening = [
                sensor
                for sensor in self._sensors.values()
                if self._hub.has_subscribers(sensor.actor.stream_id)
            ]
            self._listening_version = self._hub.version
        if not (self._listening or collisions):
            return
        now_s, step_s = episode.elapsed_s, episode.step_s
        due = [sensor for sensor in self._listening if sensor.is_due(now_s, step_s)]
        if episode.settings.no_rendering_mode:
            due = [sensor for sensor in due if not sensor.kind.is_camera]
        messages = [*self._collisions(episode, collisions), *self._measure(episode, due)]
        messages.sort(key=lambda message: message[0])  # streams are numbered in the order of their sensors
        for stream_id, header, payload in messages:
            self._hub.send_parts(stream_id, header, payload)

    def measure_all(self, episode: Episode) -> list[Message]:
        """What all sensors would send now, whoever listens. The snapshot must be up to date."""
        return self._measure(episode, list(self._sensors.values()))

    def _measure(self, episode: Episode, due: Sequence[_Sensor]) -> list[Message]:
        if not due:
            return []
        kinds: dict[int, list[_Sensor]] = {}
        for sensor in due:
            kinds.setdefault(sensor.kind.stream_type, []).append(sensor)
        scene = self.scenes.frame(episode) if any(sensor.kind.needs_scene for sensor in due) else None
        moment = Moment(episode, episode.snapshot.records, scene, self._workers)
        messages: list[Message] = []
        for sensors in kinds.values():
            batch = self._batch(episode, sensors)
            payloads = sensors[0].kind.measure(batch, moment)
            poses = np.concatenate((batch.location, batch.rotation), axis=1).tolist()
            for sensor, pose, payload in zip(sensors, poses, payloads, strict=True):
                sensor.measured_s = episode.elapsed_s
                if payload is not None:
                    messages.append(_message(episode, sensor.actor, sensor.kind.stream_type, pose, payload))
        return messages

    def _batch(self, episode: Episode, sensors: Sequence[_Sensor]) -> Batch:
        rows = np.array([self._rows_of(episode, sensor.actor) for sensor in sensors], dtype=np.intp)
        records = episode.snapshot.records
        rotation = records["rotation"][rows[:, 0]].astype(np.float64)
        return Batch(
            devices=[sensor.device for sensor in sensors],
            actors=[sensor.actor for sensor in sensors],
            location=records["location"][rows[:, 0]].astype(np.float64),
            rotation=rotation,
            axes=axes(rotation),
            carriers=rows[:, 1],
            elapsed_s=np.array([sensor.elapsed_s(episode.elapsed_s, episode.step_s) for sensor in sensors]),
        )

    def _rows_of(self, episode: Episode, actor: Actor) -> tuple[int, int]:
        """Rows in the snapshot of a sensor and of the free actor that carries it."""
        if self._rows_version != episode.actors.version:
            self._rows.clear()
            self._rows_version = episode.actors.version
        rows = self._rows.get(actor.id)
        if rows is None:
            carrier = actor
            while carrier.parent_id:
                carrier = episode.actors.get(carrier.parent_id)
            row_of = episode.snapshot.row_of
            rows = self._rows[actor.id] = (row_of(actor), row_of(carrier))
        return rows

    def _collisions(self, episode: Episode, events: Sequence[CollisionEvent]) -> list[Message]:
        messages = []
        for event in events:
            if self._hub.has_subscribers(event.sensor.stream_id):
                payload = rpc_framing.pack([event.vehicle.wire(), event.other.wire(), list(event.impulse)])
                pose = episode.snapshot.world_pose(event.sensor)
                messages.append(_message(episode, event.sensor, streams.SENSOR_COLLISION, pose, payload))
        return messages


def _message(
    episode: Episode, actor: Actor, stream_type: int, pose: Sequence[float], payload: Payload
) -> Message:
    header = streams.sensor_header(stream_type, episode.frame, episode.elapsed_s, pose, len(payload))
    return actor.stream_id, header, payload
