"""Messages of one lock-step group in a bag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from rosbag2_py import ConverterOptions, SequentialReader, StorageFilter, StorageOptions

Extra = TypeVar("Extra")


class BagReader:
    """Reads the topics below `/carla_drl/<simulator>/`.

    Attributes:
        prefix: what the names of these topics begin with.
        counts: messages per topic of the bag, those of other topics, too.
    """

    def __init__(self, path: Path, simulator: str) -> None:
        """Look into the folder that `ros2 bag record` wrote.

        Raises:
            RuntimeError, OSError: when it cannot be read.
        """
        self.prefix = f"/carla_drl/{simulator}/"
        self._path = path
        self.counts: dict[str, int] = {
            one.topic_metadata.name: one.message_count
            for one in self._open().get_metadata().topics_with_message_count
        }

    def present(self) -> list[str]:
        """Return the topics that have messages, sorted."""
        return sorted(name for name, count in self.counts.items() if count)

    def messages(self, topic: str) -> Iterator[tuple[bytes, int]]:
        """Yield the serialised messages of a topic, given without the prefix, and their times of recording, ns.

        Every call reads on its own, so several topics can be gone through side by side.
        """
        reader = self._open()
        reader.set_filter(StorageFilter(topics=[self.prefix + topic]))
        while reader.has_next():
            _, raw, time_ns = reader.read_next()
            yield raw, time_ns

    def _open(self) -> SequentialReader:
        reader = SequentialReader()
        reader.open(StorageOptions(uri=str(self._path)), ConverterOptions("cdr", "cdr"))
        return reader


class FrameLookup(Generic[Extra]):
    """Messages of one topic, looked up by session and frame in the order of the drive, without keeping them all."""

    def __init__(self, messages: Iterable[tuple[Any, Extra]], sessions: Iterable[int]) -> None:
        """Go through `messages` once.

        Args:
            messages: with fields `session` and `frame`, in the order of recording, each with something that goes along.
            sessions: in the order of the drive; messages of others are passed over.
        """
        self._messages = iter(messages)
        self._order = {session: index for index, session in enumerate(dict.fromkeys(sessions))}
        self._next = next(self._messages, None)

    def take(self, session: int, frame: int) -> tuple[Any, Extra] | None:
        """Return the message of that frame and what goes along with it, None when there is none.

        Frames have to be asked for in the order of the drive; those before the last one are gone.
        """
        if session not in self._order:
            return None
        wanted = (self._order[session], frame)
        while self._next is not None and self._key(self._next[0]) < wanted:
            self._next = next(self._messages, None)
        if self._next is None or self._key(self._next[0]) != wanted:
            return None
        return self._next

    def _key(self, message: Any) -> tuple[int, int]:
        return self._order.get(message.session, -1), message.frame
