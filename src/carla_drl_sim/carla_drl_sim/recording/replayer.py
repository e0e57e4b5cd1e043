"""Replays a recording in an episode: makes the recorded actors and moves them, tick by tick."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.attachment import compose
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.recording.files import Recording
from carla_drl_sim.recording.items import Created, Destroyed, Frame, Item, Lights
from carla_drl_sim.recording.preface import SAME_TIME_S, WHOLE, Preface

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

_log = logging.getLogger(__name__)

_SPAWN_HEIGHT_M = 5000.0
"""Where a vehicle is made whose place is taken; it moves to its place in the same tick."""

_UNKNOWN = 4
"""``carla.TrafficLightState.Unknown``, the last of them."""

_MAP_ACTORS = ("traffic.", "spectator")


class Options(NamedTuple):
    """How to replay.

    Attributes:
        start_s: where to begin; below 0 counts from the end.
        duration_s: how much to replay, 0 for all.
        follow_id: recorded id of the actor that the spectator follows, 0 for none.
        offset: where the spectator is, relative to that actor.
        sensors: make the recorded sensors, too.
        ignore_hero: leave out vehicles with the role ``hero``.
        ignore_spectator: leave the spectator alone.
    """

    start_s: float = 0.0
    duration_s: float = 0.0
    follow_id: int = 0
    offset: Pose = Pose(-10.0, 0.0, 5.0, -25.0, 0.0, 0.0)
    sensors: bool = False
    ignore_hero: bool = False
    ignore_spectator: bool = True

    def start_in(self, duration_s: float) -> float:
        """Where to begin in a recording of some duration."""
        start_s = self.start_s if self.start_s >= 0.0 else duration_s + self.start_s
        return max(0.0, min(duration_s, start_s))


class Replayer:
    """One replay. It owns the recording's file and closes it.

    ``preface``: what comes before the start, which is read from the beginning of the file otherwise.

    Actors that have the recorded id and blueprint are moved, all others are made; vehicles have no physics meanwhile.

    Attributes:
        start_s, stop_s: recorded time from which and to which it replays.
        factor: recorded time per simulated time.
    """

    def __init__(
        self,
        recording: Recording,
        episode: Episode,
        options: Options,
        factor: float,
        preface: Preface = WHOLE,
    ) -> None:
        total = recording.duration_s
        self.start_s = options.start_in(total)
        self.stop_s = min(total, self.start_s + options.duration_s) if options.duration_s > 0.0 else total
        self.factor = factor
        self._recording = recording
        self._episode = episode
        self._options = options
        self._items: Iterator[Item] = preface.followed_by(recording)
        self._events: list[Item] = []
        self._before: Frame | None = None
        self._after = self._next_frame()
        self._time_s = self.start_s
        self._is_first = True
        self._actors: dict[int, Actor] = {}
        self._made: list[Actor] = []
        self._had_physics: dict[int, bool] = {}

    def advance(self, step_s: float) -> bool:
        """Move everything to where it was after another ``step_s``; False when the replay has ended.

        The first call shows the start. Raises RecordingError when the file turns out to be damaged.
        """
        if not self._is_first:
            self._time_s += step_s * self.factor
        self._is_first = False
        time_s = min(self._time_s, self.stop_s)
        while self._after is not None and self._after.elapsed_s <= time_s + SAME_TIME_S:
            for event in self._events:
                self._happen(event)
            self._before, self._after = self._after, self._next_frame()
        if self._before is not None:
            self._show(self._before, time_s)
        return self._after is not None and self._time_s < self.stop_s - SAME_TIME_S

    def finish(self, *, keep_actors: bool) -> None:
        """Give the vehicles back to physics; the actors that were made stay or go."""
        self._recording.close()
        episode = self._episode
        for actor in self._actors.values():
            if actor.is_vehicle and actor.id in episode.actors:
                episode.dynamics.simulate_physics[actor.slot] = self._had_physics.get(actor.id, True)
        if not keep_actors:
            for actor in reversed(self._made):
                if actor.id in episode.actors:
                    episode.destroy(actor)

    def _next_frame(self) -> Frame | None:
        self._events = []
        for item in self._items:
            if isinstance(item, Frame):
                return item
            self._events.append(item)
        return None

    def _happen(self, event: Item) -> None:
        if isinstance(event, Created):
            self._create(event)
            return
        actor = self._actors.get(event.id) if isinstance(event, Destroyed | Lights) else None
        if actor is None or actor.id not in self._episode.actors:
            return
        if isinstance(event, Lights):
            actor.light_flags = event.flags
        elif isinstance(event, Destroyed):
            del self._actors[event.id]
            self._episode.destroy(actor)

    def _create(self, event: Created) -> None:
        if self._options.ignore_hero and event.is_hero:
            return
        actor = self._existing(event) or self._spawned(event)
        if actor is None:
            return
        self._actors[event.id] = actor
        if actor.is_vehicle:
            physics = self._episode.dynamics.simulate_physics
            self._had_physics[actor.id] = bool(physics[actor.slot])
            physics[actor.slot] = False

    def _existing(self, event: Created) -> Actor | None:
        """The actor of the episode that the recorded one is."""
        actors = self._episode.actors
        if event.type_id == "spectator":
            return None if self._options.ignore_spectator else self._episode.spectator
        same = actors.find(event.id)
        if same is not None and same.type_id == event.type_id:
            return same
        if event.type_id.startswith("traffic."):
            place = np.array(event.place[:3])
            for actor in actors:
                if actor.type_id == event.type_id and np.linalg.norm(place - actor.pose[:3]) < 0.5:
                    return actor
        return None

    def _spawned(self, event: Created) -> Actor | None:
        if event.type_id.startswith(_MAP_ACTORS) or (
            event.type_id.startswith("sensor.") and not self._options.sensors
        ):
            return None
        parent = self._actors.get(event.parent_id)
        if event.parent_id and parent is None:
            return None
        episode = self._episode
        description = Description(0, event.type_id, event.attributes)
        pose = Pose(*event.pose)
        try:
            try:
                actor = episode.spawn(description, pose, 0 if parent is None else parent.id)
            except RpcError:
                if not event.type_id.startswith("vehicle."):
                    raise
                above = pose._replace(z=_SPAWN_HEIGHT_M + 10.0 * len(self._made))
                actor = episode.spawn(description, above)
        except RpcError as error:
            _log.warning("replay of %s: actor %d is left out: %s", self._recording.path, event.id, error)
            return None
        self._made.append(actor)
        return actor

    def _show(self, frame: Frame, time_s: float) -> None:
        """Put every actor where it was at ``time_s``, which is at or after ``frame`` and before the next."""
        records = frame.records
        location = records["location"].astype(np.float64)
        rotation = records["rotation"].astype(np.float64)
        after = self._after
        if after is not None and time_s > frame.elapsed_s + SAME_TIME_S:
            share = (time_s - frame.elapsed_s) / (after.elapsed_s - frame.elapsed_s)
            same, there = _matched(records["id"], after.records["id"])
            location[same] += share * (after.records["location"][there] - location[same])
            turn = after.records["rotation"][there] - rotation[same]
            rotation[same] += share * ((turn + 180.0) % 360.0 - 180.0)
        episode = self._episode
        rows, slots = [], []
        others = []
        lights = episode.traffic.lights
        for row, recorded in enumerate(records["id"].tolist()):
            actor = self._actors.get(recorded)
            if actor is None or actor.id not in episode.actors:
                continue
            if actor.is_vehicle:
                rows.append(row)
                slots.append(actor.slot)
            elif actor.type_id == "traffic.traffic_light":
                lights.state[episode.traffic.index(actor.id)] = min(
                    int(records["light"]["state"][row]), _UNKNOWN
                )
            elif not actor.parent_id and not actor.type_id.startswith("traffic."):
                others.append((actor, row))
        dynamics = episode.dynamics
        dynamics.position[slots] = location[rows]
        dynamics.rotation[slots] = rotation[rows]
        for name in ("velocity", "angular_velocity", "acceleration"):
            getattr(dynamics, name)[slots] = records[name][rows]
        state = records["vehicle"][rows]
        dynamics.control[slots, :3] = state["pedals"]
        dynamics.control[slots, 3:6] = state["flags"]
        dynamics.control[slots, 6] = np.clip(state["gear"], -1, 16)
        for actor, row in others:
            pose = Pose(*location[row].tolist(), *rotation[row].tolist())
            if pose != actor.pose:
                episode.set_pose(actor, pose)
        followed = self._actors.get(self._options.follow_id)
        if followed is not None and followed.id in episode.actors:
            place = compose(episode.snapshot.world_pose(followed), self._options.offset)
            episode.set_pose(episode.spectator, place)


def _matched(
    ids: npt.NDArray[Any], later: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows of ``ids`` whose actor is also in ``later``, and its rows there."""
    _, here, there = np.intersect1d(ids, later, return_indices=True)
    return here, there
