"""Descriptions of bags as text."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from ._metadata import FILE_NAME, read_metadata
from ._reader import SequentialReader
from ._storage import BagMetadata, TopicInformation

_INDENT = " " * 19
_NANOSECONDS = 1_000_000_000
_SORTS = {
    "name": lambda info: info.topic_metadata.name,
    "type": lambda info: info.topic_metadata.type,
    "count": lambda info: -info.message_count,
}


class Info:
    """Reads and prints descriptions of bags."""

    def read_metadata(self, uri: str, storage_id: str = "") -> BagMetadata:
        """Return the description; of a bag without `metadata.yaml` it is made from its file."""
        if (Path(uri) / FILE_NAME).is_file():
            metadata = read_metadata(Path(uri))
        else:
            reader = SequentialReader()
            reader.open_uri(uri)
            try:
                metadata = reader.get_metadata()
            finally:
                reader.close()
        if storage_id and storage_id != metadata.storage_identifier:
            raise RuntimeError(f"Bag '{uri}' is stored as {metadata.storage_identifier}, not as {storage_id}")
        return metadata

    def get_sorting_methods(self) -> list[str]:
        """Return the names that `sort_method` may have."""
        return list(_SORTS)

    def print_output(self, info: BagMetadata, sort_method: str = "name") -> None:
        """Print the whole description."""
        print(format_metadata(info, sort_method))

    def print_output_topic_name_only(self, info: BagMetadata, sort_method: str = "name") -> None:
        """Print the names of the topics."""
        for topic in _sorted(info, sort_method):
            print(topic.topic_metadata.name)

    def print_output_verbose(self, uri: str, info: BagMetadata, sort_method: str = "name") -> None:
        """Print the whole description with the size of each topic's messages, which reads the bag."""
        sizes: Counter[str] = Counter()
        reader = SequentialReader()
        reader.open_uri(uri)
        try:
            while reader.has_next():
                topic, data, _ = reader.read_next()
                sizes[topic] += len(data)
        finally:
            reader.close()
        print(format_metadata(info, sort_method, sizes))


def _sorted(info: BagMetadata, sort_method: str) -> list[TopicInformation]:
    return sorted(info.topics_with_message_count, key=_SORTS[sort_method])


def format_metadata(info: BagMetadata, sort_method: str = "name", sizes: Counter[str] | None = None) -> str:
    """Return a description in upstream's layout; `sizes` adds each topic's bytes."""
    lines = []
    for topic in _sorted(info, sort_method):
        metadata = topic.topic_metadata
        fields = [f"Topic: {metadata.name}", f"Type: {metadata.type}", f"Count: {topic.message_count}"]
        if sizes is not None:
            fields.append(f"Size Contribution: {_size(sizes[metadata.name])}")
        lines.append(" | ".join([*fields, f"Serialization Format: {metadata.serialization_format}"]))
    separator = "\n" + _INDENT
    end = info.starting_time + info.duration
    return (
        f"\nFiles:             {separator.join(info.relative_file_paths)}"
        f"\nBag size:          {_size(info.bag_size)}"
        f"\nStorage id:        {info.storage_identifier}"
        f"\nROS Distro:        {info.ros_distro or 'unknown'}"
        f"\nDuration:          {_seconds(info.duration)}s"
        f"\nStart:             {_date(info.starting_time)}"
        f"\nEnd:               {_date(end)}"
        f"\nMessages:          {info.message_count}"
        f"\nTopic information: {separator.join(lines)}"
        "\nService:           0"
        "\nService information: "
    )


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds // _NANOSECONDS}.{nanoseconds % _NANOSECONDS:09d}"


def _date(nanoseconds: int) -> str:
    local = time.localtime(nanoseconds // _NANOSECONDS)
    fraction = nanoseconds % _NANOSECONDS
    return f"{time.strftime('%b %e %Y %H:%M:%S', local)}.{fraction:09d} ({_seconds(nanoseconds)})"


def _size(size: float) -> str:
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.0f} B" if units[0] == "B" else f"{size:.1f} {units[0]}"
