"""Looks at parameters and sets them."""

from ros2cli.verb.verb_command import VerbCommand


class ParamCommand(VerbCommand):
    """Various param related sub-commands."""

    VERB_GROUP = "ros2param.verb"
