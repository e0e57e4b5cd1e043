"""Bags: reading, writing, recording and playing."""

from ._compression_options import (
    CompressionMode,
    CompressionOptions,
    compression_mode_from_string,
    compression_mode_to_string,
)
from ._info import Info
from ._player import Player
from ._reader import SequentialReader
from ._recorder import Recorder
from ._storage import (
    BagMetadata,
    ConverterOptions,
    FileInformation,
    MessageDefinition,
    StorageFilter,
    StorageOptions,
    TopicInformation,
    TopicMetadata,
)
from ._transport import PlayOptions, RecordOptions
from ._writer import SUFFIXES, SequentialCompressionWriter, SequentialWriter

__all__ = [
    "BagMetadata",
    "CompressionMode",
    "CompressionOptions",
    "ConverterOptions",
    "FileInformation",
    "Info",
    "MessageDefinition",
    "PlayOptions",
    "Player",
    "RecordOptions",
    "Recorder",
    "SequentialCompressionWriter",
    "SequentialReader",
    "SequentialWriter",
    "StorageFilter",
    "StorageOptions",
    "TopicInformation",
    "TopicMetadata",
    "compression_mode_from_string",
    "compression_mode_to_string",
    "get_default_storage_id",
    "get_registered_compressors",
    "get_registered_readers",
    "get_registered_writers",
]


def get_registered_writers() -> set[str]:
    """Return the storage ids that can be written."""
    return set(SUFFIXES)


def get_registered_readers() -> set[str]:
    """Return the storage ids that can be read."""
    return set(SUFFIXES)


def get_registered_compressors() -> set[str]:
    """Return the formats of compression."""
    return {"zstd"}


def get_default_storage_id() -> str:
    """Return the storage id of new bags."""
    return "mcap"


def __getattr__(name: str) -> object:
    raise AttributeError(f"rosbag2_py.{name} is not here; it needs upstream's rosbag2_py")
