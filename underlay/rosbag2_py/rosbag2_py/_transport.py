"""Options of recorder and player."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class RecordOptions:
    """What is recorded and how; upstream's names, times in seconds."""

    all_topics: bool = False
    is_discovery_disabled: bool = False
    topics: list[str] = field(default_factory=list)
    topic_types: list[str] = field(default_factory=list)
    exclude_topics: list[str] = field(default_factory=list)
    exclude_topic_types: list[str] = field(default_factory=list)
    rmw_serialization_format: str = "cdr"
    topic_polling_interval: float = 0.1
    regex: str = ""
    exclude_regex: str = ""
    compression_mode: str = ""
    compression_format: str = ""
    compression_queue_size: int = 1
    compression_threads: int = 0
    topic_qos_profile_overrides: dict[str, Any] = field(default_factory=dict)
    include_hidden_topics: bool = False
    include_unpublished_topics: bool = False
    ignore_leaf_topics: bool = False
    use_sim_time: bool = False


@dataclass
class PlayOptions:
    """What is played and how; upstream's names, times in seconds unless they say otherwise."""

    rate: float = 1.0
    topics_to_filter: list[str] = field(default_factory=list)
    exclude_topics_to_filter: list[str] = field(default_factory=list)
    regex_to_filter: str = ""
    exclude_regex_to_filter: str = ""
    topic_qos_profile_overrides: dict[str, Any] = field(default_factory=dict)
    loop: bool = False
    topic_remapping_options: list[str] = field(default_factory=list)
    clock_publish_frequency: float = 0.0
    clock_publish_on_topic_publish: bool = False
    clock_topics: list[str] = field(default_factory=list)
    delay: float = 0.0
    playback_duration: float = -1.0
    playback_until_timestamp: int = -1
    start_paused: bool = False
    start_offset: float = 0.0
    wait_acked_timeout: int = -1
    disable_keyboard_controls: bool = False
    node_name: str = "rosbag2_player"
