"""One MCAP file of a bag (https://mcap.dev/spec), written so that it stays valid when the disk is full.

Messages are collected in chunks and written with few copies; all other records are made by `mcap`. A
file that cannot grow is cut back to its last whole chunk, so that there is room for the summary.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Channel,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)
from mcap.writer import MCAP0_MAGIC

from ._metadata import qos_profiles_text
from ._storage import MessageDefinition, TopicMetadata

_MESSAGE = struct.Struct("<BQHIQQ")  # opcode, length, channel, sequence, log time, publish time
_MESSAGE_FIXED = _MESSAGE.size - 9
_CHUNK = struct.Struct("<BQQQQI")  # opcode, length, start, end, uncompressed size, CRC
_INDEX = struct.Struct("<BQHI")  # opcode, length, channel, bytes of entries


@dataclass(frozen=True)
class McapPreset:
    """How chunks are made; the names in PRESETS are upstream's."""

    chunk_size: int = 768 * 1024
    zstd_level: int | None = None
    checksums: bool = True


PRESETS = {
    "none": McapPreset(),
    "fastwrite": McapPreset(checksums=False),
    "zstd_fast": McapPreset(zstd_level=1),
    "zstd_small": McapPreset(chunk_size=4 * 1024 * 1024, zstd_level=19),
}


@dataclass
class _Chunk:
    """Messages that are not in the file yet."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    start: int = 2**63 - 1
    end: int = 0
    entries: dict[int, list[int]] = field(default_factory=dict)  # channel: time, offset, time, offset...


class McapFile:
    """Writes one file; see `SequentialWriter` for bags."""

    def __init__(self, path: Path, preset: str) -> None:
        """Create the file; OSError if it cannot be made."""
        self._preset = PRESETS[preset]
        self._compressor = None
        if self._preset.zstd_level is not None:
            import zstandard

            self._compressor = zstandard.ZstdCompressor(level=self._preset.zstd_level)
        self.path = path
        self._file = path.open("xb", buffering=0)
        self._end = 0
        self._schemas: dict[str, Schema] = {}
        self._channels: list[Channel] = []
        self._chunk = _Chunk()
        self._index: list[ChunkIndex] = []
        self._counts: list[dict[int, int]] = []  # of each chunk in the file: channel -> messages
        self._append(MCAP0_MAGIC, _record(Header("ros2", "rosbag2_py of carla_drl")))

    @property
    def size(self) -> int:
        """Size in bytes, with what is still in memory."""
        return self._end + self._chunk.size

    def add_topic(self, topic: TopicMetadata, definition: MessageDefinition) -> int:
        """Enter a topic; return the number that `write` takes."""
        schema = self._schemas.get(topic.type)
        if schema is None:
            schema = Schema(
                id=len(self._schemas) + 1,
                name=topic.type,
                encoding=definition.encoding,
                data=definition.encoded_message_definition.encode(),
            )
            self._append(_record(schema))
            self._schemas[topic.type] = schema
        channel = Channel(
            id=len(self._channels) + 1,
            topic=topic.name,
            message_encoding=topic.serialization_format,
            schema_id=schema.id,
            metadata={
                "offered_qos_profiles": qos_profiles_text(topic),
                "topic_type_hash": topic.type_description_hash,
            },
        )
        self._append(_record(channel))
        self._channels.append(channel)
        return channel.id

    def write(self, channel: int, data: bytes, log_time: int, publish_time: int, sequence: int) -> None:
        """Add a message; times in nanoseconds. OSError if a chunk cannot be written."""
        chunk = self._chunk
        chunk.entries.setdefault(channel, []).extend((log_time, chunk.size))
        chunk.parts.append(
            _MESSAGE.pack(
                Opcode.MESSAGE,
                _MESSAGE_FIXED + len(data),
                channel,
                sequence & 0xFFFFFFFF,
                log_time,
                publish_time,
            )
        )
        chunk.parts.append(data)
        chunk.size += _MESSAGE.size + len(data)
        chunk.start = min(chunk.start, log_time)
        chunk.end = max(chunk.end, log_time)
        if chunk.size >= self._preset.chunk_size:
            self.flush()

    def flush(self) -> None:
        """Write the chunk that is being filled, if it has messages."""
        chunk = self._chunk
        if not chunk.parts:
            return
        data = b"".join(chunk.parts)
        checksum = zlib.crc32(data) if self._preset.checksums else 0
        name = "zstd" if self._compressor is not None else ""
        stored = self._compressor.compress(data) if self._compressor is not None else data
        label = struct.pack("<I", len(name)) + name.encode() + struct.pack("<Q", len(stored))
        length = _CHUNK.size - 9 + len(label) + len(stored)
        header = _CHUNK.pack(Opcode.CHUNK, length, chunk.start, chunk.end, len(data), checksum) + label
        index, offsets = [], {}
        position = self._end + len(header) + len(stored)
        for channel, entries in chunk.entries.items():
            offsets[channel] = position
            packed = struct.pack(f"<{len(entries)}Q", *entries)
            index.append(_INDEX.pack(Opcode.MESSAGE_INDEX, 6 + len(packed), channel, len(packed)) + packed)
            position += len(index[-1])
        start = self._end
        self._append(header, stored, *index)
        self._index.append(
            ChunkIndex(
                message_start_time=chunk.start,
                message_end_time=chunk.end,
                chunk_start_offset=start,
                chunk_length=len(header) + len(stored),
                message_index_offsets=offsets,
                message_index_length=sum(map(len, index)),
                compression=name,
                compressed_size=len(stored),
                uncompressed_size=len(data),
            )
        )
        self._counts.append({channel: len(entries) // 2 for channel, entries in chunk.entries.items()})
        self._chunk = _Chunk()

    def close(self, describe: Callable[[McapFile], str]) -> None:
        """Write the summary and close; messages that found no room are not counted.

        `describe` returns the bag's metadata, which the file carries, given the file as it is then.
        """
        try:
            self.flush()
        except OSError:
            self._chunk = _Chunk()
        while True:
            end = self._end
            try:
                self._append(self._summary(describe(self)))
                break
            except OSError:
                if not self._index:
                    self._file.close()
                    raise
                self._counts.pop()
                self._end = end
                self._cut(self._index.pop().chunk_start_offset)
        self._file.close()

    def counts(self) -> dict[str, int]:
        """Return how many messages of each topic are in the file."""
        totals = dict.fromkeys((channel.topic for channel in self._channels), 0)
        for counts in self._counts:
            for channel, count in counts.items():
                totals[self._channels[channel - 1].topic] += count
        return totals

    def span(self) -> tuple[int, int] | None:
        """Return the times of the first and last message in the file, None without any."""
        if not self._index:
            return None
        return (
            min(index.message_start_time for index in self._index),
            max(index.message_end_time for index in self._index),
        )

    def _append(self, *parts: bytes) -> None:
        """Write all parts or none: after an error the file is as long as before."""
        start = self._end
        try:
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[self._file.write(view) :]
                self._end += len(part)
        except OSError:
            self._cut(start)
            raise

    def _cut(self, end: int) -> None:
        self._file.truncate(end)
        self._file.seek(end)
        self._end = end

    def _summary(self, description: str) -> bytes:
        metadata = _record(Metadata("rosbag2", {"serialized_metadata": description}))
        before = metadata + _record(DataEnd(0))
        span = self.span() or (0, 0)
        groups: list[tuple[Opcode, list[Any]]] = [
            (Opcode.SCHEMA, list(self._schemas.values())),
            (Opcode.CHANNEL, self._channels),
            (
                Opcode.STATISTICS,
                [
                    Statistics(
                        attachment_count=0,
                        channel_count=len(self._channels),
                        channel_message_counts={c.id: self.counts()[c.topic] for c in self._channels},
                        chunk_count=len(self._index),
                        message_count=sum(self.counts().values()),
                        message_start_time=span[0],
                        message_end_time=span[1],
                        metadata_count=1,
                        schema_count=len(self._schemas),
                    )
                ],
            ),
            (Opcode.CHUNK_INDEX, self._index),
            (Opcode.METADATA_INDEX, [MetadataIndex(self._end, len(metadata), "rosbag2")]),
        ]
        start = self._end + len(before)
        summary, offsets = b"", b""
        for opcode, records in groups:
            group = b"".join(_record(record) for record in records)
            if group:
                offsets += _record(SummaryOffset(opcode, start + len(summary), len(group)))
            summary += group
        offset_start = start + len(summary)
        summary += offsets
        tail = struct.pack("<BQQQ", Opcode.FOOTER, 20, start, offset_start)
        checksum = zlib.crc32(tail, zlib.crc32(summary))
        return before + summary + _record(Footer(start, offset_start, checksum)) + MCAP0_MAGIC


def _record(record: Any) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return builder.end()
