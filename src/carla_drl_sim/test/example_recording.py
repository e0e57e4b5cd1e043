"""A recording of some frames, written without a world."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from carla_drl_sim.protocol.streams import ACTOR_RECORD
from carla_drl_sim.recording.files import Header, RecordingWriter
from carla_drl_sim.recording.items import Created, Destroyed, Frame, Lights


def example_frame(number: int, ids: list[int]) -> Frame:
    """A frame in which the actors `ids` have moved along."""
    records = np.zeros(len(ids), ACTOR_RECORD)
    records["id"] = ids
    records["location"] = [[number * 0.5, actor, math.pi] for actor in ids]
    return Frame(number, (number - 1) * 0.05, 0.05, records)


def write_example(path: Path, frames: int = 100) -> list[object]:
    """A recording in which the actor 3 comes after half of the frames."""
    items: list[object] = [Created(2, 0, "vehicle.a.b", [("role_name", 4, "hero")], (1.0,) * 6, (1.0,) * 6)]
    for number in range(1, frames + 1):
        if number == frames // 2:
            items += [Created(3, 2, "sensor.a.b", [], (0.0,) * 6, (1.0,) * 6), Lights(2, 8)]
        items.append(example_frame(number, [2] if number < frames // 2 else [2, 3]))
    items.append(Destroyed(3))
    writer = RecordingWriter(path, Header("Town01", 7, "today"))
    for item in items:
        writer.put(item)  # type: ignore[arg-type]
    writer.finish()
    return items
