"""Looks at nodes."""

from ros2cli.verb.verb_command import VerbCommand


class NodeCommand(VerbCommand):
    """Various node related sub-commands."""

    VERB_GROUP = "ros2node.verb"
