"""One SQLite file of a bag, schema version 4 of rosbag2."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ._metadata import qos_profiles_text
from ._storage import MessageDefinition, TopicMetadata

_SCHEMA_VERSION = 4
_TABLES = """
CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,
  serialization_format TEXT NOT NULL, offered_qos_profiles TEXT NOT NULL,
  type_description_hash TEXT NOT NULL);
CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
  encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL,
  data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
"""
_BATCH_BYTES = 4 * 1024 * 1024
_BATCH_ROWS = 2000
# "resilient" keeps what was committed when the machine loses power, "none" when the process dies.
PRESETS = {"none": "NORMAL", "resilient": "FULL"}


class SqliteFile:
    """Writes one file; see `SequentialWriter` for bags. Rows are committed in batches."""

    def __init__(self, path: Path, preset: str, ros_distro: str) -> None:
        """Create the file; OSError if it cannot be made."""
        self.path = path
        self._rows: list[tuple[int, int, bytes]] = []
        self._pending_bytes = 0
        self._written_bytes = 0
        self._topics: dict[int, str] = {}
        self._types: set[str] = set()
        self._counts: Counter[int] = Counter()
        self._span: tuple[int, int] | None = None
        path.touch(exist_ok=False)
        # Opened by the thread that opens the bag, used by the one that writes it.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with _as_os_error():
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(f"PRAGMA synchronous={PRESETS[preset]}")
            self._database.executescript(_TABLES)
            self._database.execute("INSERT INTO schema VALUES (?, ?)", (_SCHEMA_VERSION, ros_distro))

    @property
    def size(self) -> int:
        """Size of the messages in bytes, with those that are still in memory."""
        return self._written_bytes + self._pending_bytes

    def add_topic(self, topic: TopicMetadata, definition: MessageDefinition) -> int:
        """Enter a topic; return the number that `write` takes."""
        number = len(self._topics) + 1
        with _as_os_error():
            if topic.type not in self._types:
                self._database.execute(
                    "INSERT INTO message_definitions(topic_type, encoding, encoded_message_definition,"
                    " type_description_hash) VALUES (?, ?, ?, ?)",
                    (
                        topic.type,
                        definition.encoding,
                        definition.encoded_message_definition,
                        definition.type_hash,
                    ),
                )
            self._database.execute(
                "INSERT INTO topics VALUES (?, ?, ?, ?, ?, ?)",
                (
                    number,
                    topic.name,
                    topic.type,
                    topic.serialization_format,
                    qos_profiles_text(topic),
                    topic.type_description_hash,
                ),
            )
        self._types.add(topic.type)
        self._topics[number] = topic.name
        return number

    def write(self, topic: int, data: bytes, log_time: int, publish_time: int, sequence: int) -> None:
        """Add a message; times in nanoseconds. OSError if a batch cannot be committed.

        SQLite bags have no place for the publishing time and the sequence number.
        """
        del publish_time, sequence
        self._rows.append((topic, log_time, data))
        self._pending_bytes += len(data)
        if self._pending_bytes >= _BATCH_BYTES or len(self._rows) >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Commit what is in memory, all or nothing."""
        rows, self._rows = self._rows, []
        size, self._pending_bytes = self._pending_bytes, 0
        if not rows:
            return
        with _as_os_error():
            self._database.execute("BEGIN")
            try:
                self._database.executemany(
                    "INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", rows
                )
                self._database.execute("COMMIT")
            except sqlite3.Error:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        self._written_bytes += size
        self._counts.update(row[0] for row in rows)
        times = [row[1] for row in rows]
        first, last = self._span or (times[0], times[0])
        self._span = min(first, *times), max(last, *times)

    def close(self, describe: Callable[[SqliteFile], str]) -> None:
        """Commit, enter the bag's metadata and close; messages that found no room are not counted."""
        with contextlib.suppress(OSError):
            self.flush()
        try:
            with _as_os_error():
                self._database.execute(
                    "INSERT INTO metadata(metadata_version, metadata) VALUES (9, ?)", (describe(self),)
                )
                self._database.execute("PRAGMA journal_mode=DELETE")
        finally:
            self._database.close()

    def counts(self) -> dict[str, int]:
        """Return how many messages of each topic are in the file."""
        return {name: self._counts[number] for number, name in self._topics.items()}

    def span(self) -> tuple[int, int] | None:
        """Return the times of the first and last message in the file, None without any."""
        return self._span


class _as_os_error:  # noqa: N801
    """Turns SQLite's errors into OSError, as other files raise."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise OSError(str(error)) from error
