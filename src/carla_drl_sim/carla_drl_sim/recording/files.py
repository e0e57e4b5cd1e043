"""Recording files: a header, compressed chunks with check sums, and an end; written by a thread, finished atomically.

``RECORDING`` magic, then chunks ``<III`` (stored size, size, CRC-32 of what is stored) and zlib data, then a chunk of
zeros, and ``END`` with the number of frames, the duration and a check sum. The first chunk holds one MessagePack map, the header;
the others hold items. Bytes are little-endian.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import re
import struct
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgpack

from carla_drl_sim.recording.items import Decoder, Encoder, Frame, Item

_log = logging.getLogger(__name__)

FORMAT_VERSION = 1
MAX_PENDING_BYTES = 64 << 20
"""Recorded bytes that may wait for the disk."""

_MAGIC = b"CDSREC\r\n"
_CHUNK = struct.Struct("<III")
_END = struct.Struct("<4sId")
_CHECK = struct.Struct("<I")
_END_MAGIC = b"END\n"
_CHUNK_BYTES = 1 << 18
_MAX_CHUNK_BYTES = 16 << 20
_SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,199}")


class RecordingError(Exception):
    """A recording cannot be written or read; the message names the file and what is wrong."""


class Header(NamedTuple):
    """What is known before the first frame."""

    map_name: str
    map_check: int
    """CRC-32 of the map's OpenDRIVE document."""
    date: str


def path_in(folder: Path, name: str) -> Path:
    """Where a recording of this name is: always directly in ``folder``.

    As clients give paths of another machine as well as plain names, only the last part of a path counts.

    Raises:
        RecordingError: the name has other characters than letters, digits, ``_``, ``.``, ``-`` and spaces.
    """
    last = re.split(r"[/\\:]", name)[-1]
    if not _SAFE_NAME.fullmatch(last):
        raise RecordingError(
            f"'{name}' is no name for a recording: allowed are letters, digits, spaces, '_', '.' and '-', "
            "with a letter, a digit or '_' first, 200 at most"
        )
    return folder / (last if "." in last else f"{last}.log")


class Place(NamedTuple):
    """A place between two items of a recording.

    Attributes:
        offset: byte at which a chunk begins, 0 for the first.
        passed: items of the chunk that are before the place.
        last: bytes of the frame before the chunk.
    """

    offset: int
    passed: int
    last: bytes


START = Place(0, 0, b"")


class RecordingWriter:
    """Writes one recording. The file appears under its name when it is complete.

    Raises:
        RecordingError: the folder or the file cannot be made.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.failure = ""
        """Why nothing more is written; empty while all is well."""
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        except OSError as error:
            raise RecordingError(f"recording {path} cannot be written ({error.strerror or error})") from None
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pending_bytes = 0
        self._thread = threading.Thread(target=self._run, args=(header,), name="recorder", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Hand over an item; a frame's records must not change any more."""
        size = item.records.nbytes if isinstance(item, Frame) else 64
        with self._lock:
            self._pending_bytes += size
            if self._pending_bytes > MAX_PENDING_BYTES and not self.failure:
                self.failure = f"the disk does not keep up: {self._pending_bytes} bytes wait for it"
        self._queue.put(item)

    def finish(self) -> None:
        """Write what is left and give the file its name. Raises RecordingError when it is not complete."""
        self._queue.put(None)
        self._thread.join()
        if self.failure:
            raise RecordingError(f"recording {self.path} is not complete and was deleted: {self.failure}")

    def _run(self, header: Header) -> None:
        try:
            with self._file:
                self._file.write(_MAGIC)
                self._chunk(bytes(msgpack.packb([FORMAT_VERSION, *header])))
                frames, duration_s = self._items()
                self._file.write(_CHUNK.pack(0, 0, 0))
                end = _END.pack(_END_MAGIC, frames, duration_s)
                self._file.write(end + _CHECK.pack(zlib.crc32(end)))
            if not self.failure:
                os.replace(self._part, self.path)
        except OSError as error:
            self.failure = error.strerror or str(error)
        except Exception as error:
            _log.exception("the recorder failed")
            self.failure = f"internal error ({type(error).__name__})"
        if self.failure:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _items(self) -> tuple[int, float]:
        """Write items until the last; return the number of frames and the duration."""
        encoder = Encoder()
        block = bytearray()
        frames, duration_s = 0, 0.0
        while (item := self._queue.get()) is not None and not self.failure:
            block += encoder.encode(item)
            size = 64
            if isinstance(item, Frame):
                frames, duration_s, size = item.number, item.elapsed_s, item.records.nbytes
            with self._lock:
                self._pending_bytes -= size
            if len(block) >= _CHUNK_BYTES:
                self._chunk(bytes(block))
                block.clear()
        if block:
            self._chunk(bytes(block))
        return frames, duration_s

    def _chunk(self, data: bytes) -> None:
        stored = zlib.compress(data, 1)
        self._file.write(_CHUNK.pack(len(stored), len(data), zlib.crc32(stored)) + stored)


class Recording:
    """A complete recording file.

    Attributes:
        frames, duration_s: number of frames, and time from the first to the last.

    Raises:
        FileNotFoundError: there is none.
        RecordingError: the file is no recording, or is truncated or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            if self._file.read(len(_MAGIC)) != _MAGIC:
                raise RecordingError(f"{path} is not a recording of carla_drl_sim")
            self._file.seek(0, os.SEEK_END)
            size = self._file.tell()
            self._file.seek(max(0, size - _END.size - _CHECK.size))
            end, check = self._file.read(_END.size), self._file.read(_CHECK.size)
            if not end.startswith(_END_MAGIC) or check != _CHECK.pack(zlib.crc32(end)):
                raise RecordingError(f"recording {path} is truncated: its end is missing after {size} bytes")
            _, self.frames, self.duration_s = _END.unpack(end)
            self._file.seek(len(_MAGIC))
            self.header = self._header()
            self._first_chunk = self._file.tell()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def items(self, start: Place = START) -> Iterator[Item]:
        """All items from a place on, in order. Raises RecordingError where the file is damaged."""
        return (item for item, _ in self.places(start))

    def places(self, start: Place = START) -> Iterator[tuple[Item, Place]]:
        """As ``items``, each with the place after it."""
        decoder = Decoder(start.last)
        offset, passed = start.offset or self._first_chunk, start.passed
        self._file.seek(offset)
        last = start.last
        while data := self._chunk():
            try:
                for number, item in enumerate(decoder.items(data)):
                    if number >= passed:
                        yield item, Place(offset, number + 1, last)
            except (ValueError, TypeError, OverflowError) as error:
                raise self._damaged(str(error)) from None
            offset, passed, last = self._file.tell(), 0, decoder.last

    def _header(self) -> Header:
        try:
            version, map_name, map_check, date = msgpack.unpackb(self._chunk())
        except RecordingError:
            raise
        except Exception as error:  # the decoder raises many types on malformed bytes
            raise self._damaged(f"header, {type(error).__name__}") from None
        if version != FORMAT_VERSION:
            raise RecordingError(
                f"recording {self.path} has format {version!r}, readable is {FORMAT_VERSION}"
            )
        if type(map_check) is not int:
            raise self._damaged("header")
        return Header(str(map_name), int(map_check), str(date))

    def _chunk(self) -> bytes:
        """The next chunk, empty at the end."""
        head = self._file.read(_CHUNK.size)
        if len(head) < _CHUNK.size:
            raise self._damaged("a chunk is missing")
        stored_size, size, check = _CHUNK.unpack(head)
        if not (stored_size or size or check):
            return b""
        if max(stored_size, size) > _MAX_CHUNK_BYTES:
            raise self._damaged(f"a chunk of {max(stored_size, size)} bytes")
        stored = self._file.read(stored_size)
        if len(stored) < stored_size or zlib.crc32(stored) != check:
            raise self._damaged("check sum")
        try:
            data = zlib.decompressobj().decompress(stored, size + 1)
        except zlib.error as error:
            raise self._damaged(str(error)) from None
        if len(data) != size or not data:
            raise self._damaged("size of a chunk")
        return data

    def _damaged(self, what: str) -> RecordingError:
        return RecordingError(f"recording {self.path} is damaged near byte {self._file.tell()}: {what}")
