"""Records an episode, tick by tick: notes what came, went and crashed, and hands the rest to the writer's thread."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carla_drl_sim.recording.files import Header, RecordingError, RecordingWriter, path_in
from carla_drl_sim.recording.items import Collision, Created, Destroyed, Frame, Lights

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import CollisionEvent, Episode

_log = logging.getLogger(__name__)


def map_check(opendrive: str) -> int:
    """A number that tells maps of the same name apart."""
    return zlib.crc32(opendrive.encode())


class Recorder:
    """At most one recording at a time.

    Args:
        folder: where recordings are; it is made when the first one starts.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: RecordingWriter | None = None
        self._version = -1
        self._known: set[int] = set()
        self._flags: dict[int, int] = {}
        self._frames = 0
        self._start_s = 0.0

    @property
    def is_recording(self) -> bool:
        """Whether ticks are to be recorded."""
        return self._writer is not None

    @property
    def path(self) -> Path | None:
        """File of the present recording."""
        return None if self._writer is None else self._writer.path

    def start(self, name: str, episode: Episode) -> Path:
        """Start a recording and return its file; one that runs is finished first. Raises RecordingError."""
        path = path_in(self.folder, name)
        self.stop()
        header = Header(episode.town.name, map_check(episode.town.opendrive), time.strftime("%x %X"))
        self._writer = RecordingWriter(path, header)
        self._version, self._known, self._flags, self._frames = -1, set(), {}, 0
        return path

    def stop(self) -> None:
        """Finish the recording, if there is one; what went wrong is logged."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.finish()
            except RecordingError as error:
                _log.error("%s", error)

    def record(self, episode: Episode, events: Sequence[CollisionEvent]) -> None:
        """Take over the tick that has just ended, after its snapshot was written."""
        writer = self._writer
        if writer is None:
            return
        if writer.failure:
            self.stop()
            return
        if episode.actors.version != self._version:
            self._note_changes(episode, writer)
        for event in events:
            writer.put(Collision(event.vehicle.id, getattr(event.other, "id", 0)))
        for vehicle in episode.actors.vehicles():
            if self._flags.get(vehicle.id, 0) != vehicle.light_flags:
                self._flags[vehicle.id] = vehicle.light_flags
                writer.put(Lights(vehicle.id, vehicle.light_flags))
        if not self._frames:
            self._start_s = episode.elapsed_s
        self._frames += 1
        records = episode.snapshot.records.copy()
        writer.put(Frame(self._frames, episode.elapsed_s - self._start_s, episode.step_s, records))

    def _note_changes(self, episode: Episode, writer: RecordingWriter) -> None:
        actors = list(episode.actors)
        present = {actor.id for actor in actors}
        for gone in sorted(self._known - present):
            writer.put(Destroyed(gone))
            self._flags.pop(gone, None)
        for actor in actors:
            if actor.id not in self._known:
                writer.put(_created(actor, episode))
        self._known, self._version = present, episode.actors.version


def _created(actor: Actor, episode: Episode) -> Created:
    _, type_id, attributes = actor.description.wire
    assert isinstance(attributes, list)
    place = episode.snapshot.world_pose(actor)
    pose = actor.pose if actor.parent_id else place
    return Created(actor.id, actor.parent_id, str(type_id), attributes, tuple(pose), tuple(place))
