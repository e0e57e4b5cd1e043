"""Topics of the ROS graph."""

from __future__ import annotations

import argparse
from typing import Any


def get_topic_names_and_types(
    *, node: Any, include_hidden_topics: bool = False
) -> list[tuple[str, list[str]]]:
    """Return the topics; hidden ones have a part that starts with an underscore."""
    from rclpy.topic_or_service_is_hidden import topic_or_service_is_hidden

    return [
        (name, types)
        for name, types in node.get_topic_names_and_types()
        if include_hidden_topics or not topic_or_service_is_hidden(name)
    ]


def get_topic_names(*, node: Any, include_hidden_topics: bool = False) -> list[str]:
    """Return the names of the topics."""
    return [
        name for name, _ in get_topic_names_and_types(node=node, include_hidden_topics=include_hidden_topics)
    ]


def expand_name(node: Any, topic: str) -> str:
    """Return the full name of a topic; RuntimeError if it is not valid."""
    from rclpy.expand_topic_name import expand_topic_name
    from rclpy.validate_full_topic_name import validate_full_topic_name

    try:
        name: str = expand_topic_name(topic, node.get_name(), node.get_namespace())
        validate_full_topic_name(name)
    except Exception as error:
        raise RuntimeError(f"'{topic}' is no valid topic name: {error}") from error
    return name


def has_publishers(node: Any, topics: list[str]) -> bool:
    """Whether every one of the topics is published and its publishers' quality of service is known."""
    return all(node.get_publishers_info_by_topic(expand_name(node, topic)) for topic in topics)


def get_msg_class(node: Any, topic: str, blocking: bool = False, include_hidden_topics: bool = False) -> Any:
    """Return the message class of a topic, None if nobody publishes or subscribes to it.

    With `blocking` it waits until somebody does. Raises RuntimeError if the topic has several types
    or its package is not there.
    """
    import time

    name = expand_name(node, topic)
    said = False
    while True:
        types = dict(get_topic_names_and_types(node=node, include_hidden_topics=True)).get(name, [])
        if types:
            break
        if not blocking:
            return None
        if not said:
            print(f"WARNING: topic [{topic}] does not appear to be published yet")
            said = True
        time.sleep(0.05)
    if len(types) > 1:
        raise RuntimeError(
            f"Cannot echo topic '{topic}', as it contains more than one type: [{', '.join(types)}]"
        )
    return get_class(types[0])


def get_class(type_name: str) -> Any:
    """Return the message class of a type name; RuntimeError if it is not there."""
    from rosidl_runtime_py.utilities import get_message

    try:
        return get_message(type_name)
    except (AttributeError, ModuleNotFoundError, ValueError) as error:
        raise RuntimeError(
            f"The message type '{type_name}' is invalid or its package is not there: {error}"
        ) from error


class TopicNameCompleter:
    """Completes topic names in shells."""

    def __init__(self, *, include_hidden_topics_key: str | None = None) -> None:
        self.include_hidden_topics_key = include_hidden_topics_key

    def __call__(self, prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
        """Return the names."""
        from ros2cli.node.strategy import NodeStrategy

        hidden = bool(
            self.include_hidden_topics_key and getattr(parsed_args, self.include_hidden_topics_key, False)
        )
        with NodeStrategy(parsed_args) as node:
            return get_topic_names(node=node, include_hidden_topics=hidden)


def positive_int(text: str) -> int:
    """Return a number > 0; ValueError for others, for argparse."""
    value = int(text)
    if value <= 0:
        raise ValueError("value must be positive")
    return value


def positive_float(text: str) -> float:
    """Return a number > 0; ValueError for others, for argparse."""
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise ValueError("value must be positive")
    return value


unsigned_int = positive_int
