"""Bags on disk, without topics."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from mcap.exceptions import EndOfFile
from mcap.records import Message
from mcap.stream_reader import StreamReader
from rosbag2_py import (
    Info,
    SequentialReader,
    SequentialWriter,
    StorageFilter,
    StorageOptions,
    TopicMetadata,
)
from rosbag2_py._definitions import message_definition
from rosbag2_py._qos import qos_from_dict, qos_to_dict

SECOND = 1_000_000_000


def write(path: Path, storage: str, count: int, **options: int) -> SequentialWriter:
    writer = SequentialWriter()
    writer.open(StorageOptions(str(path), storage, **options))
    for name in ("/a", "/b"):
        writer.create_topic(TopicMetadata(0, name, "std_msgs/msg/String"))
    for number in range(count):
        writer.write("/ab"[0] + "ab"[number % 2], b"\0\1\0\0" + bytes([number]), number * SECOND)
    return writer


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_reads_what_was_written(storage: str, tmp_path: Path) -> None:
    write(tmp_path / "bag", storage, 100, max_bagfile_duration=30).close()
    reader = SequentialReader()
    reader.open(StorageOptions(str(tmp_path / "bag"), start_time_ns=10 * SECOND, end_time_ns=90 * SECOND))
    metadata = reader.get_metadata()
    assert [file.message_count for file in metadata.files] == [30, 30, 30, 10]
    assert (metadata.message_count, metadata.duration) == (100, 99 * SECOND)
    reader.set_filter(StorageFilter(regex="/[b-z]"))
    found = []
    while reader.has_next():
        found.append(reader.read_next())
    assert found == [("/b", b"\0\1\0\0" + bytes([n]), n * SECOND) for n in range(11, 91, 2)]
    reader.reset_filter()
    reader.seek(42 * SECOND)
    assert reader.read_next()[2] == 42 * SECOND
    reader.close()


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_single_files_are_complete_bags(storage: str, tmp_path: Path) -> None:
    write(tmp_path / "bag", storage, 4, max_bagfile_duration=2).close()
    second = sorted((tmp_path / "bag").glob("bag_1.*"))[0]
    metadata = Info().read_metadata(str(second))
    assert metadata.starting_time == 2 * SECOND
    assert metadata.duration == SECOND
    assert {t.topic_metadata.name: t.message_count for t in metadata.topics_with_message_count} == {
        "/a": 1,
        "/b": 1,
    }


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_an_empty_bag_can_be_opened(storage: str, tmp_path: Path) -> None:
    write(tmp_path / "bag", storage, 0).close()
    reader = SequentialReader()
    reader.open_uri(str(tmp_path / "bag"))
    assert not reader.has_next()
    assert [topic.name for topic in reader.get_all_topics_and_types()] == ["/a", "/b"]
    reader.close()


def test_what_was_flushed_is_in_the_file(tmp_path: Path) -> None:
    writer = write(tmp_path / "bag", "mcap", 3)
    writer.flush()
    times = []
    with (tmp_path / "bag" / "bag_0.mcap").open("rb") as stream, contextlib.suppress(EndOfFile):
        for record in StreamReader(stream).records:
            if isinstance(record, Message):
                times.append(record.log_time)
    assert times == [0, SECOND, 2 * SECOND]
    writer.close()


def test_quality_of_service_as_dictionary() -> None:
    profile = qos_from_dict(
        {"reliability": 2, "durability": "transient_local", "deadline": {"sec": 1, "nsec": 5}}
    )
    values = qos_to_dict(profile)
    assert values["reliability"] == "best_effort"
    assert values["history"] == "keep_last"
    assert values["deadline"] == {"sec": 1, "nsec": 5}
    assert qos_from_dict(values) == profile
    for wrong, text in (
        ({"history": "keep_some"}, "history is 'keep_some'; allowed: "),
        ({"deadline": 3}, "deadline is '3'; allowed: a mapping of sec and nsec"),
        ({"colour": 1}, "unknown key 'colour'; allowed: history"),
    ):
        with pytest.raises(ValueError, match=text):
            qos_from_dict(wrong)


def test_definitions_have_every_type_once() -> None:
    definition = message_definition("geometry_msgs/msg/PoseArray")
    text = definition.encoded_message_definition
    assert definition.encoding == "ros2msg"
    for name in ("std_msgs/Header", "geometry_msgs/Pose", "geometry_msgs/Point", "builtin_interfaces/Time"):
        assert text.count(f"MSG: {name}\n") == 1
    assert message_definition("absent_msgs/msg/None").encoding == ""
