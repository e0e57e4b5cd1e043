"""The graph."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter

from . import DoctorCheck, DoctorReport, Report, Result, doctor_warn


def _topics() -> tuple[list[tuple[str, int, int]], list[str]]:
    """Return the topics with their numbers of publishers and subscriptions, and all nodes."""
    from ros2cli.node.strategy import NodeStrategy
    from ros2topic.api import get_topic_names

    with NodeStrategy(Namespace(node_name_suffix="_doctor")) as node:
        names = [name for name in get_topic_names(node=node) if name not in ("/parameter_events", "/rosout")]
        topics = [(name, node.count_publishers(name), node.count_subscribers(name)) for name in sorted(names)]
        pairs = node.get_node_names_and_namespaces()
    return topics, [namespace.rstrip("/") + "/" + name for name, namespace in pairs]


class GraphCheck(DoctorCheck):
    """Is every topic published and subscribed to, and does each name belong to one node."""

    def category(self) -> str:
        """Return the report's name."""
        return "topic"

    def check(self) -> Result:
        """Check it."""
        result = Result()
        topics, nodes = _topics()
        for name, publishers, subscriptions in topics:
            if publishers and not subscriptions:
                doctor_warn(f"Publisher without subscriber detected on {name}.")
                result.add_warning()
            if subscriptions and not publishers:
                doctor_warn(f"Subscriber without publisher detected on {name}.")
                result.add_warning()
        for name, count in sorted(Counter(nodes).items()):
            if count > 1:
                doctor_warn(f"{count} nodes share the name {name}.")
                result.add_warning()
        return result


class TopicReport(DoctorReport):
    """The topics."""

    def category(self) -> str:
        """Return the report's name."""
        return "topic"

    def report(self) -> Report:
        """Return it."""
        report = Report("TOPIC LIST")
        for name, publishers, subscriptions in _topics()[0]:
            report.add_to_report(name, f"{publishers} publishers, {subscriptions} subscribers")
        return report
