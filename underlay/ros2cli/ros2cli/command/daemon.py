"""Tells that there is no daemon."""

from ..verb.verb_command import VerbCommand


class DaemonCommand(VerbCommand):
    """Various daemon related sub-commands; there is no daemon."""

    VERB_GROUP = "ros2cli.daemon.verb"
