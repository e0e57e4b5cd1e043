"""Descriptions of bags: what upstream's `rosbag2_py._storage` has, as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ConverterOptions:
    """Serialisation formats; `cdr` is the only one."""

    input_serialization_format: str = ""
    output_serialization_format: str = ""


@dataclass
class StorageOptions:
    """Where a bag is and how it is stored; sizes in bytes, durations in seconds, 0 for no limit."""

    uri: str
    storage_id: str = ""
    max_bagfile_size: int = 0
    max_bagfile_duration: int = 0
    max_cache_size: int = 0
    storage_preset_profile: str = ""
    storage_config_uri: str = ""
    snapshot_mode: bool = False
    start_time_ns: int = -1
    end_time_ns: int = -1
    custom_data: dict[str, str] = field(default_factory=dict)


@dataclass
class StorageFilter:
    """Which topics a reader returns; empty means all."""

    topics: list[str] = field(default_factory=list)
    services_events: list[str] = field(default_factory=list)
    regex: str = ""
    exclude_topics: list[str] = field(default_factory=list)
    exclude_service_events: list[str] = field(default_factory=list)
    regex_to_exclude: str = ""

    def accepts(self, topic: str) -> bool:
        """Whether a topic is returned: listed or matching, and not excluded."""
        if topic in self.exclude_topics:
            return False
        if self.regex_to_exclude and re.fullmatch(self.regex_to_exclude, topic):
            return False
        if not self.topics and not self.regex:
            return True
        return topic in self.topics or bool(self.regex and re.fullmatch(self.regex, topic))


@dataclass
class MessageDefinition:
    """The text of a message type; `encoding` is `ros2msg` or `ros2idl`."""

    topic_type: str
    encoding: str = ""
    encoded_message_definition: str = ""
    type_hash: str = ""


@dataclass
class TopicMetadata:
    """A topic of a bag; `offered_qos_profiles` are `rclpy.qos.QoSProfile`s."""

    id: int
    name: str
    type: str
    serialization_format: str = "cdr"
    offered_qos_profiles: list[Any] = field(default_factory=list)
    type_description_hash: str = ""

    def equals(self, other: TopicMetadata) -> bool:
        """Whether both are the same."""
        return self == other


@dataclass
class TopicInformation:
    """A topic and how many messages of it a bag has."""

    topic_metadata: TopicMetadata
    message_count: int


@dataclass
class FileInformation:
    """One file of a bag; times in nanoseconds."""

    path: str
    starting_time: int = 0
    duration: int = 0
    message_count: int = 0


@dataclass
class BagMetadata:
    """What `metadata.yaml` says; times in nanoseconds, `bag_size` in bytes."""

    version: int = 9
    bag_size: int = 0
    storage_identifier: str = ""
    relative_file_paths: list[str] = field(default_factory=list)
    files: list[FileInformation] = field(default_factory=list)
    duration: int = 0
    starting_time: int = 0
    message_count: int = 0
    topics_with_message_count: list[TopicInformation] = field(default_factory=list)
    compression_format: str = ""
    compression_mode: str = ""
    custom_data: dict[str, str] = field(default_factory=dict)
    ros_distro: str = ""
