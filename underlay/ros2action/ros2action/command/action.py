"""Looks at actions and sends goals."""

from ros2cli.verb.verb_command import VerbCommand


class ActionCommand(VerbCommand):
    """Various action related sub-commands."""

    VERB_GROUP = "ros2action.verb"
