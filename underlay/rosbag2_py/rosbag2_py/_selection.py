"""Which topics of the graph are recorded."""

from __future__ import annotations

import re

from ._transport import RecordOptions


class TopicSelection:
    """Upstream's rules: excluded ones never, then all, listed ones, by type, or by expression."""

    def __init__(self, options: RecordOptions) -> None:
        """ValueError if an expression is none."""
        self._options = options
        self._names = {name if name.startswith("/") else "/" + name for name in options.topics}
        self._excluded = {name if name.startswith("/") else "/" + name for name in options.exclude_topics}
        self._regex = _compile(options.regex)
        self._exclude_regex = _compile(options.exclude_regex)

    def accepts(self, topic: str, type_name: str, publishers: int, subscriptions: int) -> bool:
        """Whether to record a topic that has so many publishers and subscriptions."""
        options = self._options
        hidden = any(part.startswith("_") for part in topic.split("/"))
        if hidden and not options.include_hidden_topics and topic not in self._names:
            return False
        if publishers == 0 and not options.include_unpublished_topics:
            return False
        if options.ignore_leaf_topics and subscriptions == 0:
            return False
        if topic in self._excluded or type_name in options.exclude_topic_types:
            return False
        if self._exclude_regex is not None and self._exclude_regex.search(topic):
            return False
        if options.all_topics or topic in self._names or type_name in options.topic_types:
            return True
        return self._regex is not None and self._regex.search(topic) is not None

    def missing(self, known: set[str]) -> list[str]:
        """Return the topics that were asked for by name and are not known."""
        return sorted(self._names - known)


def _compile(expression: str) -> re.Pattern[str] | None:
    if not expression:
        return None
    try:
        return re.compile(expression)
    except re.error as error:
        raise ValueError(f"'{expression}' is no regular expression: {error}") from error
