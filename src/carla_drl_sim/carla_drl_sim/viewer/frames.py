"""What the viewer shows of a moment: taken by the ticking thread, cheap; written out by the viewer's own threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy.typing as npt

from carla_drl_sim.debug_shapes import DebugShape
from carla_drl_sim.world.town import Town

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

WATCHED_INTERVAL_S = 0.04
IDLE_INTERVAL_S = 0.25
"""Real time between frames while somebody watches, and while nobody does."""

_LIGHT_NAMES = ("red", "yellow", "green", "off", "unknown")
_WEATHER = ("cloudiness", "precipitation", "wind", "sun azimuth", "sun altitude", "fog", "wetness")
_WEATHER_PLACES = (0, 1, 3, 4, 5, 6, 9)
_SMALL_M = 0.3


class Look(NamedTuple):
    """How an actor is drawn: its blueprint, half its length and width in m, and its role."""

    type_id: str
    half_length: float
    half_width: float
    role: str


class ViewFrame(NamedTuple):
    """A moment of the world; nothing in it changes any more.

    Attributes:
        number: counts frames taken, for readers that wait for the next.
        records: ``ACTOR_RECORD`` [N].
        looks: by actor id.
        ticks_per_s: of the world, in real time.
    """

    number: int
    episode: int
    town: Town
    map_name: str
    frame: int
    elapsed_s: float
    ticks_per_s: float
    is_synchronous: bool
    records: npt.NDArray[Any]
    looks: Mapping[int, Look]
    weather: list[float]
    shapes: list[DebugShape]


class Frames:
    """Hands the latest frame from the ticking thread to readers.

    Args:
        clock: real time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.watchers = 0
        self._clock = clock
        self._changed = threading.Condition()
        self._frame: ViewFrame | None = None
        self._due_s = 0.0
        self._ticks = 0
        self._taken_s = clock()
        self._taken_ticks = 0
        self._version = (-1, -1)
        self._looks: Mapping[int, Look] = {}

    def ticked(self, episode: Episode) -> None:
        """A tick has ended: take a frame if one is due."""
        self._ticks += 1
        self.settle(episode)

    @property
    def is_behind(self) -> bool:
        """Whether ticks have ended since the last frame was taken."""
        return self._ticks != self._taken_ticks

    def settle(self, episode: Episode) -> None:
        """Take a frame if one is due."""
        now_s = self._clock()
        if now_s >= self._due_s:
            self._due_s = now_s + (WATCHED_INTERVAL_S if self.watchers else IDLE_INTERVAL_S)
            self.take(episode, now_s)

    def take(self, episode: Episode, now_s: float) -> None:
        """Take a frame of the world as its last snapshot has it."""
        version = (episode.id, episode.actors.version)
        if version != self._version:
            self._looks = {actor.id: _look(actor) for actor in episode.actors}
            self._version = version
        passed_s = now_s - self._taken_s
        rate = (self._ticks - self._taken_ticks) / passed_s if passed_s > 0.0 else 0.0
        self._taken_s, self._taken_ticks = now_s, self._ticks
        frame = ViewFrame(
            1 if self._frame is None else self._frame.number + 1,
            episode.id,
            episode.town,
            episode.map_name,
            episode.frame,
            episode.elapsed_s,
            rate,
            episode.settings.synchronous_mode,
            episode.snapshot.records.copy(),
            self._looks,
            episode.weather,
            episode.debug_shapes.visible(episode.elapsed_s),
        )
        with self._changed:
            self._frame = frame
            self._changed.notify_all()

    def latest(self) -> ViewFrame | None:
        """The latest frame, if there is one."""
        return self._frame

    def after(self, number: int, timeout_s: float) -> ViewFrame | None:
        """Wait for a frame with a higher number; None when there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None and self._frame.number > number, timeout_s)
            frame = self._frame
        return frame if frame is not None and frame.number > number else None


def _look(actor: Actor) -> Look:
    _, extent, *_ = actor.box()
    assert isinstance(extent, list | tuple)
    is_body = actor.is_vehicle or actor.type_id.startswith(("walker.", "static."))
    half = (float(extent[0]), float(extent[1])) if is_body else (_SMALL_M, _SMALL_M)
    return Look(actor.type_id, *half, actor.description.attributes.get("role_name", ""))


def as_json(frame: ViewFrame) -> str:
    """A frame for the page: actors as [id, type, x, y, yaw, half length, half width, speed, state]."""
    actors = []
    speeds = (frame.records["velocity"].astype(float) ** 2).sum(axis=1) ** 0.5
    for record, speed in zip(frame.records, speeds.tolist(), strict=True):
        look = frame.looks.get(int(record["id"]))
        if look is None or look.type_id.startswith(("sensor.", "controller.")):
            continue
        state = look.role
        if look.type_id == "traffic.traffic_light":
            state = _LIGHT_NAMES[min(int(record["light"]["state"]), len(_LIGHT_NAMES) - 1)]
        x, y, _ = record["location"].tolist()
        numbers = [round(value, 3) for value in (x, y, float(record["rotation"][1]))]
        size = [round(look.half_length, 2), round(look.half_width, 2), round(speed, 2)]
        actors.append([int(record["id"]), look.type_id, *numbers, *size, state])
    return json.dumps(
        {
            "episode": frame.episode,
            "map": frame.map_name,
            "frame": frame.frame,
            "time": round(frame.elapsed_s, 3),
            "rate": round(frame.ticks_per_s, 1),
            "mode": "synchronous" if frame.is_synchronous else "asynchronous",
            "weather": {
                name: round(frame.weather[place], 1)
                for name, place in zip(_WEATHER, _WEATHER_PLACES, strict=True)
            },
            "actors": actors,
            "shapes": [_shape(shape) for shape in frame.shapes],
        },
        separators=(",", ":"),
    )


def _shape(shape: DebugShape) -> list[object]:
    points = [[round(value, 2) for value in point] for point in shape.points]
    return [shape.kind, points, shape.rotation[1], shape.size, shape.text, list(shape.color)]
