"""Messages of one lock-step group in a bag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rosbag2_py import ConverterOptions, SequentialReader, StorageFilter, StorageOptions


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
