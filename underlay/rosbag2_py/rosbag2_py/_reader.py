"""Reads bags through `rosbags`: MCAP and SQLite, compressed or not, with or without `metadata.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._metadata import FILE_NAME, read_metadata
from ._storage import (
    BagMetadata,
    ConverterOptions,
    FileInformation,
    StorageFilter,
    StorageOptions,
    TopicInformation,
    TopicMetadata,
)

_STORAGE_IDS = {".mcap": "mcap", ".db3": "sqlite3"}


class SequentialReader:
    """Returns the messages of a bag, a folder or a single file, in the order of their times."""

    def __init__(self) -> None:
        self._reader: Any = None
        self._filter = StorageFilter()
        self._start = self._stop = -1
        self._messages: Iterator[tuple[str, bytes, int]] | None = None
        self._next: tuple[str, bytes, int] | None = None

    def open(
        self, storage_options: StorageOptions, converter_options: ConverterOptions | None = None
    ) -> None:
        """Open the bag; RuntimeError if it is absent or not readable."""
        del converter_options
        self.open_uri(storage_options.uri)
        self._start, self._stop = storage_options.start_time_ns, storage_options.end_time_ns

    def open_uri(self, uri: str) -> None:
        """Open the bag; RuntimeError if it is absent or not readable."""
        from rosbags.rosbag2 import Reader, ReaderError

        path = Path(uri)
        if path.is_dir() and not (path / FILE_NAME).is_file():
            files = sorted(p for p in path.iterdir() if p.suffix in _STORAGE_IDS)
            if len(files) != 1:
                raise RuntimeError(
                    f"'{path}' has no {FILE_NAME}; name one of its files instead of the folder"
                )
            path = files[0]
        try:
            self._reader = Reader(path)
            self._reader.open()
        except (ReaderError, OSError, ValueError, AssertionError) as error:
            raise RuntimeError(f"Could not open bag '{uri}': {error}") from error
        self._path = path

    def get_metadata(self) -> BagMetadata:
        """Return the bag's description."""
        if self._path.is_dir():
            return read_metadata(self._path)
        reader = self._reader
        start = reader.start_time if reader.message_count else 0
        duration = max(0, reader.duration - 1)  # theirs ends one nanosecond after the last message
        file = FileInformation(self._path.name, start, duration, reader.message_count)
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        return BagMetadata(
            bag_size=self._path.stat().st_size,
            storage_identifier=_STORAGE_IDS[self._path.suffix],
            relative_file_paths=[file.path],
            files=[file],
            duration=duration,
            starting_time=start,
            message_count=reader.message_count,
            topics_with_message_count=[
                TopicInformation(topic, counts[topic.name]) for topic in self.get_all_topics_and_types()
            ],
        )

    def get_all_topics_and_types(self) -> list[TopicMetadata]:
        """Return the topics."""
        topics = {}
        for connection in self._reader.connections:
            topics.setdefault(connection.topic, connection)
        return [
            TopicMetadata(
                index,
                connection.topic,
                connection.msgtype,
                connection.ext.serialization_format,
                [_qos(qos) for qos in connection.ext.offered_qos_profiles],
                connection.digest,
            )
            for index, connection in enumerate(topics.values(), 1)
        ]

    def set_filter(self, storage_filter: StorageFilter) -> None:
        """Return only messages of some topics from now on."""
        self._filter = storage_filter
        self._restart()

    def reset_filter(self) -> None:
        """Return messages of all topics again."""
        self.set_filter(StorageFilter())

    def seek(self, timestamp: int) -> None:
        """Go on with the first message at or after a time in nanoseconds."""
        self._start = timestamp
        self._restart()

    def has_next(self) -> bool:
        """Whether there is a message left."""
        if self._messages is None:
            self._messages = self._read()
            self._next = next(self._messages, None)
        return self._next is not None

    def read_next(self) -> tuple[str, bytes, int]:
        """Return topic, serialised message and time in nanoseconds of the next message."""
        if not self.has_next():
            raise RuntimeError("there is no message left in the bag")
        assert self._next is not None
        assert self._messages is not None
        message, self._next = self._next, next(self._messages, None)
        return message

    def close(self) -> None:
        """Close the bag."""
        if self._reader is not None:
            self._messages = self._next = None
            self._reader.close()
            self._reader = None

    def _restart(self) -> None:
        self._messages = self._next = None

    def _read(self) -> Iterator[tuple[str, bytes, int]]:
        chosen = [c for c in self._reader.connections if self._filter.accepts(c.topic)]
        if not chosen:
            return
        start = self._start if self._start >= 0 else None
        stop = self._stop + 1 if self._stop >= 0 else None
        for connection, time, data in self._reader.messages(chosen, start, stop):
            yield connection.topic, data, time


def _qos(qos: Any) -> Any:
    from ._qos import qos_from_dict

    values = {
        name: getattr(qos, name).name.lower()
        for name in ("history", "reliability", "durability", "liveliness")
    }
    for name in ("deadline", "lifespan", "liveliness_lease_duration"):
        time = getattr(qos, name)
        values[name] = {"sec": time.sec, "nsec": time.nsec}
    return qos_from_dict({**values, "depth": qos.depth})
