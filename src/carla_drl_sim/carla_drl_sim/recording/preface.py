"""What is to be known of a recording before a replay that begins in its middle, without reading all up to there again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgpack

from carla_drl_sim.recording.files import START, Place, Recording
from carla_drl_sim.recording.items import Created, Decoder, Destroyed, Encoder, Frame, Item, Lights

SAME_TIME_S = 1e-6


class Preface(NamedTuple):
    """The state of the world at some time of a recording, and where the recording goes on.

    Attributes:
        items: how the actors that are there came to be, as of one frame, which is the last item.
        place: of what follows in the recording.
    """

    items: list[Item]
    place: Place

    def packed(self) -> bytes:
        """For `unpacked`, in another process."""
        encoder = Encoder()
        items = b"".join(map(encoder.encode, self.items))
        return bytes(msgpack.packb([items, *self.place]))

    @staticmethod
    def unpacked(data: bytes) -> Preface:
        """What ``packed`` has packed."""
        items, *place = msgpack.unpackb(data)
        return Preface(list(Decoder().items(items)), Place(*place))

    def followed_by(self, recording: Recording) -> Iterator[Item]:
        """All items of a replay that begins here."""
        yield from self.items
        yield from recording.items(self.place)


WHOLE = Preface([], START)
"""For a replay from the beginning."""


def find_preface(recording: Recording, start_s: float) -> Preface:
    """Read up to the last frame that is not after a time. Raises RecordingError where the file is damaged."""
    events: list[Item] = []
    frame: Frame | None = None
    place = START
    passed = 0
    for item, after in recording.places():
        if not isinstance(item, Frame):
            events.append(item)
            continue
        if item.elapsed_s > start_s + SAME_TIME_S:
            break
        frame, place, passed = item, after, len(events)
    if frame is None:
        return WHOLE
    return Preface([*_that_matter(events[:passed]), frame], place)


def _that_matter(events: Iterable[Item]) -> Iterator[Item]:
    """The events without the past of actors that are gone, unless others were attached to them."""
    events = list(events)
    made = {event.id: event for event in events if isinstance(event, Created)}
    gone = {event.id for event in events if isinstance(event, Destroyed)}
    needed: set[int] = set()
    for actor_id in made.keys() - gone:
        while actor_id in made and actor_id not in needed:
            needed.add(actor_id)
            actor_id = made[actor_id].parent_id
    lights = {event.id: event for event in events if isinstance(event, Lights)}
    for event in events:
        if (isinstance(event, Created | Destroyed) and event.id in needed) or (
            isinstance(event, Lights) and event.id in needed and lights[event.id] is event
        ):
            yield event
