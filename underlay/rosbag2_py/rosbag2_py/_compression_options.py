"""How bags are compressed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CompressionMode(Enum):
    """What is compressed as one piece."""

    NONE = ""
    FILE = "file"
    MESSAGE = "message"


def compression_mode_from_string(mode: str) -> CompressionMode:
    """Return the mode of a name; ValueError for an unknown one."""
    names = {"": CompressionMode.NONE, "none": CompressionMode.NONE}
    names.update((member.value, member) for member in CompressionMode)
    if mode.lower() not in names:
        raise ValueError(f"compression mode is '{mode}'; allowed: none, file, message")
    return names[mode.lower()]


def compression_mode_to_string(mode: CompressionMode) -> str:
    """Return the name of a mode."""
    return mode.name


@dataclass
class CompressionOptions:
    """Compression of a bag; `zstd` is the only format, the queue is the recorder's cache."""

    compression_format: str = ""
    compression_mode: CompressionMode = CompressionMode.NONE
    compression_queue_size: int = 1
    compression_threads: int = 0

    def check(self) -> None:
        """Raise ValueError for a format that is not there."""
        if self.compression_mode is not CompressionMode.NONE and self.compression_format != "zstd":
            raise ValueError(f"compression format is '{self.compression_format}'; allowed: zstd")
