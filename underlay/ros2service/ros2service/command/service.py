"""Looks at services and calls them."""

from ros2cli.verb.verb_command import VerbCommand


class ServiceCommand(VerbCommand):
    """Various service related sub-commands."""

    VERB_GROUP = "ros2service.verb"
