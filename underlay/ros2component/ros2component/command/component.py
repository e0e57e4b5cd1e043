"""Looks at component containers and loads components."""

from ros2cli.verb.verb_command import VerbCommand


class ComponentCommand(VerbCommand):
    """Various component related sub-commands."""

    VERB_GROUP = "ros2component.verb"
