"""Looks at packages."""

from ros2cli.verb.verb_command import VerbCommand


class PkgCommand(VerbCommand):
    """Various package related sub-commands."""

    VERB_GROUP = "ros2pkg.verb"
