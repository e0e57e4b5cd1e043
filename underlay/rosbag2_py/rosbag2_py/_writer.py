"""Writes bags: folders of storage files with a `metadata.yaml`."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._compression_options import CompressionMode, CompressionOptions
from ._definitions import message_definition
from ._mcap_file import PRESETS as MCAP_PRESETS
from ._mcap_file import McapFile
from ._metadata import metadata_text, write_metadata
from ._sqlite_file import PRESETS as SQLITE_PRESETS
from ._sqlite_file import SqliteFile
from ._storage import (
    BagMetadata,
    ConverterOptions,
    FileInformation,
    MessageDefinition,
    StorageOptions,
    TopicInformation,
    TopicMetadata,
)

SUFFIXES = {"mcap": ".mcap", "sqlite3": ".db3"}
_PRESETS = {"mcap": MCAP_PRESETS, "sqlite3": SQLITE_PRESETS}
DEFAULT_STORAGE_ID = "mcap"
_DEFAULT_DISTRO = "kilted"
_NANOSECONDS = 1_000_000_000


class SequentialWriter:
    """Writes serialised messages in the order in which they come.

    After an OSError (the disk is full) nothing more can be written; `close` then leaves a valid bag with
    what found room.
    """

    def __init__(self) -> None:
        self._compression = CompressionOptions()
        self._topics: dict[str, tuple[TopicMetadata, MessageDefinition]] = {}
        self._numbers: dict[str, int] = {}
        self._file: Any = None
        self._file_start: int | None = None
        self._file_index = 0
        self._done: list[tuple[FileInformation, dict[str, int]]] = []
        self._compressor: Any = None
        self._pool: ThreadPoolExecutor | None = None
        self._jobs: list[Future[None]] = []
        self._folder = Path()

    def open(
        self, storage_options: StorageOptions, converter_options: ConverterOptions | None = None
    ) -> None:
        """Make the bag's folder and first file.

        Raises ValueError for options that are not there, RuntimeError if the folder exists, OSError if
        it cannot be made.
        """
        options = replace(storage_options, storage_id=storage_options.storage_id or DEFAULT_STORAGE_ID)
        if options.storage_id not in SUFFIXES:
            raise ValueError(f"storage id is '{options.storage_id}'; allowed: {', '.join(SUFFIXES)}")
        if options.snapshot_mode or options.storage_config_uri:
            raise ValueError("snapshot_mode and storage_config_uri need upstream's rosbag2_py")
        formats = converter_options and (
            converter_options.input_serialization_format,
            converter_options.output_serialization_format,
        )
        if formats and not set(formats) <= {"", "cdr"}:
            raise ValueError(f"serialization format is '{formats[0] or formats[1]}'; allowed: cdr")
        presets = _PRESETS[options.storage_id]
        if (options.storage_preset_profile or "none") not in presets:
            raise ValueError(
                f"storage preset profile is '{options.storage_preset_profile}'; "
                f"allowed for {options.storage_id}: {', '.join(presets)}"
            )
        self._compression.check()
        self._options = options
        self._folder = Path(options.uri)
        try:
            self._folder.mkdir(parents=True)
        except FileExistsError as error:
            raise RuntimeError(
                f"Bag directory already exists ({self._folder}), can't overwrite it"
            ) from error
        if self._compression.compression_mode is CompressionMode.MESSAGE:
            import zstandard

            self._compressor = zstandard.ZstdCompressor()
        elif self._compression.compression_mode is CompressionMode.FILE:
            self._pool = ThreadPoolExecutor(max(1, self._compression.compression_threads))
        self._open_file()
        write_metadata(self._folder, self.metadata())

    def create_topic(self, topic: TopicMetadata, definition: MessageDefinition | None = None) -> None:
        """Enter a topic; the text of its type is looked up unless it is given."""
        if topic.name in self._topics:
            return
        if definition is None:
            definition = message_definition(topic.type)
        if not topic.type_description_hash:
            topic = replace(topic, type_description_hash=definition.type_hash)
        self._topics[topic.name] = topic, definition
        self._numbers[topic.name] = self._file.add_topic(topic, definition)

    def write(
        self,
        topic_name: str,
        message: bytes,
        time_stamp: int,
        sequence: int = 0,
        *,
        publish_time: int | None = None,
    ) -> None:
        """Add a serialised message; times in nanoseconds. KeyError for a topic that was not created."""
        if self._must_split(time_stamp):
            self.split_bagfile()
        if self._file_start is None:
            self._file_start = time_stamp
        data = message if self._compressor is None else self._compressor.compress(message)
        published = time_stamp if publish_time is None else publish_time
        self._file.write(self._numbers[topic_name], data, time_stamp, published, sequence)

    def split_bagfile(self) -> None:
        """Close the file and go on in a new one."""
        self._close_file()
        self._file_index += 1
        self._open_file()
        for name, (topic, definition) in self._topics.items():
            self._numbers[name] = self._file.add_topic(topic, definition)
        write_metadata(self._folder, self.metadata())

    def flush(self) -> None:
        """Hand everything to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Finish the bag; OSError if not even its description finds room."""
        if self._file is None:
            return
        try:
            self._close_file()
            for job in self._jobs:
                job.result()
        finally:
            if self._pool is not None:
                self._pool.shutdown()
            write_metadata(self._folder, self.metadata())

    def metadata(self) -> BagMetadata:
        """Return the bag's description as of now, with the file that is being written."""
        files = list(self._done)
        if self._file is not None:
            files.append(self._describe_file(self._file))
        totals: Counter[str] = Counter()
        for _, counts in files:
            totals.update(counts)
        filled = [info for info, _ in files if info.message_count]
        start = min((info.starting_time for info in filled), default=0)
        end = max((info.starting_time + info.duration for info in filled), default=0)
        return BagMetadata(
            storage_identifier=self._options.storage_id,
            relative_file_paths=[info.path for info, _ in files],
            files=[info for info, _ in files],
            duration=end - start,
            starting_time=start,
            message_count=sum(totals.values()),
            topics_with_message_count=[
                TopicInformation(topic, totals[topic.name]) for topic, _ in self._topics.values()
            ],
            compression_format=self._compression.compression_format,
            compression_mode=self._compression.compression_mode.value,
            custom_data=self._options.custom_data,
            ros_distro=os.environ.get("ROS_DISTRO", _DEFAULT_DISTRO),
        )

    def _must_split(self, time_stamp: int) -> bool:
        size, seconds = self._options.max_bagfile_size, self._options.max_bagfile_duration
        if self._file_start is None:
            return False
        if size > 0 and self._file.size >= size:
            return True
        return seconds > 0 and time_stamp - self._file_start >= seconds * _NANOSECONDS

    def _open_file(self) -> None:
        name = f"{self._folder.resolve().name}_{self._file_index}{SUFFIXES[self._options.storage_id]}"
        preset = self._options.storage_preset_profile or "none"
        if self._options.storage_id == "mcap":
            self._file = McapFile(self._folder / name, preset)
        else:
            distro = os.environ.get("ROS_DISTRO", _DEFAULT_DISTRO)
            self._file = SqliteFile(self._folder / name, preset, distro)
        self._file_start = None

    def _close_file(self) -> None:
        file = self._file
        try:
            file.close(lambda _: metadata_text(self.metadata()))
        finally:
            self._file = None
            self._done.append(self._describe_file(file))
        if self._pool is not None:
            self._jobs.append(self._pool.submit(_compress_file, file.path))

    def _describe_file(self, file: Any) -> tuple[FileInformation, dict[str, int]]:
        counts = file.counts()
        start, end = file.span() or (0, 0)
        path = file.path.name
        if self._compression.compression_mode is CompressionMode.FILE:
            path += "." + self._compression.compression_format
        return FileInformation(path, start, end - start, sum(counts.values())), counts


class SequentialCompressionWriter(SequentialWriter):
    """A writer of compressed bags."""

    def __init__(self, compression_options: CompressionOptions | None = None) -> None:
        super().__init__()
        self._compression = compression_options or CompressionOptions("zstd", CompressionMode.FILE)


def _compress_file(path: Path) -> None:
    """Replace a storage file by its compressed form."""
    import zstandard

    target = path.with_name(path.name + ".zstd")
    draft = target.with_name("." + target.name)
    try:
        with path.open("rb") as source, draft.open("xb") as sink:
            zstandard.ZstdCompressor().copy_stream(source, sink, size=path.stat().st_size)
        draft.replace(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    path.unlink()
