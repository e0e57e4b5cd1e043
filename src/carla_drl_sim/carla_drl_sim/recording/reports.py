"""What a recording tells, as text in the form of CARLA's recorder queries (lengths in centimetres, as there).

Programs read these texts: the spaces and the order of the parts are those that CARLA's tools expect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.recording.files import Recording
from carla_drl_sim.recording.items import Collision, Created, Destroyed, Frame, Item, Lights

MAX_TEXT = 8 << 20
"""Length after which a report is cut."""

_CM = 100.0
_KINDS = (("vehicle.", 1), ("walker.", 2), ("traffic.traffic_light", 3), ("sensor.", 7))
_CATEGORIES = {"vehicle": "v", "walker": "w", "traffic": "t"}


class _Text:
    """Lines up to a bound."""

    def __init__(self, recording: Recording) -> None:
        self._lines = [
            "Version: 1",
            f"Map: {recording.header.map_name}",
            f"Date: {recording.header.date}",
            "",
        ]
        self._size = 0
        self._is_cut = False

    def add(self, line: str) -> None:
        if self._size < MAX_TEXT:
            self._size += len(line) + 1
            self._lines.append(line)
        elif not self._is_cut:
            self._is_cut = True
            self._lines.append(f"... (cut after {MAX_TEXT} characters)")

    def end(self, recording: Recording) -> str:
        self._lines += [
            "",
            f"Frames: {recording.frames}",
            f"Duration: {recording.duration_s:.6g} seconds",
            "",
        ]
        return "\n".join(self._lines)


def _vector(values: Any, scale: float = 1.0) -> str:
    return "({:.6g}, {:.6g}, {:.6g})".format(*(scale * float(value) for value in values))


def _frames(recording: Recording) -> Iterator[tuple[list[Item], Frame]]:
    """Frames with what happened before each."""
    events: list[Item] = []
    for item in recording.items():
        if isinstance(item, Frame):
            yield events, item
            events = []
        else:
            events.append(item)


def file_info(recording: Recording, *, show_all: bool) -> str:
    """What happened when; with ``show_all`` also where everything was in each frame."""
    text = _Text(recording)
    types: dict[int, str] = {}
    heroes: set[int] = set()
    for events, frame in _frames(recording):
        if show_all or any(not isinstance(event, Lights) for event in events) or frame.number == 1:
            text.add(f"Frame {frame.number} at {frame.elapsed_s:.6g} seconds")
        created = [event for event in events if isinstance(event, Created)]
        for new in created:
            types[new.id] = new.type_id
            if new.is_hero:
                heroes.add(new.id)
            kind = next((number for prefix, number in _KINDS if new.type_id.startswith(prefix)), 0)
            text.add(f" Create {new.id}: {new.type_id} ({kind}) at {_vector(new.place[:3], _CM)}")
            for name, _, value in new.attributes:
                text.add(f"  {name} = {value}")
        for event in events:
            if isinstance(event, Destroyed):
                text.add(f" Destroy {event.id}")
        hits = [event for event in events if isinstance(event, Collision)]
        for number, hit in enumerate(hits):
            pair = [f"{actor}{' (hero)' if actor in heroes else ''}" for actor in (hit.id, hit.other_id)]
            text.add(f" Collision id {number} between {pair[0]} with {pair[1]}")
        for new in created:
            if new.parent_id:
                text.add(f" Parenting {new.id} with {new.parent_id} (parent)")
        if show_all:
            _state(text, frame, types, [event for event in events if isinstance(event, Lights)])
    return text.end(recording)


def _state(text: _Text, frame: Frame, types: dict[int, str], lights: list[Lights]) -> None:
    rows: dict[str, list[Any]] = {"vehicle.": [], "walker.": [], "traffic.traffic_light": []}
    text.add(f" Positions: {len(frame.records)}")
    for record in frame.records:
        actor = int(record["id"])
        pitch, yaw, roll = record["rotation"]
        place, turn = _vector(record["location"], _CM), _vector((roll, pitch, yaw))
        text.add(f"  Id: {actor} Location: {place} Rotation: {turn}")
        for prefix, members in rows.items():
            if types.get(actor, "").startswith(prefix):
                members.append(record)
    if rows["traffic.traffic_light"]:
        text.add(f" State traffic lights: {len(rows['traffic.traffic_light'])}")
        for record in rows["traffic.traffic_light"]:
            raw = record[
                "vehicle"
            ].tobytes()  # see the records of traffic lights: 32 characters, 4 floats, ...
            elapsed = float(np.frombuffer(raw, "<f4", 1, 44)[0])
            text.add(f"  Id: {record['id']} state: {raw[53]} frozen: {raw[52]} elapsedTime: {elapsed:.6g}")
    if rows["vehicle."]:
        text.add(f" Vehicle animations: {len(rows['vehicle.'])}")
        for record in rows["vehicle."]:
            state = record["vehicle"]
            throttle, steer, brake = (f"{float(value):.6g}" for value in state["pedals"])
            hand_brake, reverse, _ = (int(flag) for flag in state["flags"])
            gear = -1 if reverse else max(1, int(state["gear"]))
            text.add(
                f"   Id: {record['id']}: Steering: {steer} Throttle: {throttle} Brake: {brake} "
                f"Handbrake: {hand_brake} Gear: {gear}"
            )
    if rows["walker."]:
        text.add(f" Walker animations: {len(rows['walker.'])}")
        for record in rows["walker."]:
            text.add(f"   Id: {record['id']}: speed: {np.linalg.norm(record['velocity']) * _CM:.6g}")
    if lights:
        text.add(f" Vehicle light animations: {len(lights)}")
        for light in lights:
            text.add(f"   Id: {light.id}: {light.flags}")


def collisions(recording: Recording, first: str, second: str) -> str:
    """A table of collisions between two categories: h hero, v vehicle, w walker, t traffic light, o other, a any."""
    text = _Text(recording)
    text.add(f"{'Time':>8}  {'Types':6} {'Id':>6} {'Actor 1':35} {'Id':>6} {'Actor 2':35}")
    types: dict[int, str] = {0: "scenery"}
    heroes: set[int] = set()
    touching: set[tuple[int, int]] = set()

    def categories(actor: int) -> str:
        found = _CATEGORIES.get(types.get(actor, "").split(".")[0], "o")
        return "h" + found if actor in heroes else found

    for events, frame in _frames(recording):
        now: set[tuple[int, int]] = set()
        for event in events:
            if isinstance(event, Created):
                types[event.id] = event.type_id
                if event.is_hero:
                    heroes.add(event.id)
            elif isinstance(event, Collision):
                one, other = categories(event.id), categories(event.other_id)
                now.add((event.id, event.other_id))
                if (event.id, event.other_id) in touching:
                    continue
                if first in "a" + one and second in "a" + other:
                    names = [types.get(actor, "unknown") for actor in (event.id, event.other_id)]
                    text.add(
                        f"{frame.elapsed_s:8.0f}  {one[0]:>2} {other[0]:>2}  {event.id:6} {names[0]:35} "
                        f"{event.other_id:6} {names[1]:35}"
                    )
        touching = now
    return text.end(recording)


def actors_blocked(recording: Recording, min_time_s: float, min_distance_cm: float) -> str:
    """A table of vehicles and walkers that moved less than a distance in at least a time; the longest first."""
    text = _Text(recording)
    types: dict[int, str] = {}
    found: list[tuple[float, float, int]] = []
    ids = np.empty(0, np.uint32)
    anchor: npt.NDArray[Any] = np.empty((0, 3))
    since: npt.NDArray[Any] = np.empty(0)
    last_s = 0.0

    def end(rows: npt.NDArray[np.intp], now_s: float) -> None:
        for row in rows.tolist():
            if now_s - since[row] >= min_time_s and types.get(int(ids[row]), "").startswith(
                ("vehicle.", "walker.")
            ):
                found.append((now_s - float(since[row]), float(since[row]), int(ids[row])))

    for events, frame in _frames(recording):
        types.update((event.id, event.type_id) for event in events if isinstance(event, Created))
        place, now_ids = frame.records["location"] * _CM, frame.records["id"]
        if not np.array_equal(ids, now_ids):
            _, old, new = np.intersect1d(ids, now_ids, return_indices=True)
            end(np.setdiff1d(np.arange(len(ids)), old), last_s)
            moved_anchor, moved_since = place.copy(), np.full(len(now_ids), frame.elapsed_s)
            moved_anchor[new], moved_since[new] = anchor[old], since[old]
            ids, anchor, since = now_ids, moved_anchor, moved_since
        gone = np.flatnonzero(np.linalg.norm(place - anchor, axis=1) >= min_distance_cm)
        end(gone, frame.elapsed_s)
        anchor[gone], since[gone] = place[gone], frame.elapsed_s
        last_s = frame.elapsed_s
    end(np.arange(len(ids)), last_s)
    text.add(f"{'Time':>8} {'Id':>6} {'Actor':35} {'Duration':>10}")
    for duration, start, actor in sorted(found, key=lambda entry: (-entry[0], entry[1], entry[2])):
        text.add(f"{start:8.0f} {actor:6} {types[actor]:35} {duration:10.0f}")
    return text.end(recording)
