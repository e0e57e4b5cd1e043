"""Records and plays topics."""

from ros2cli.verb.verb_command import VerbCommand


class BagCommand(VerbCommand):
    """Various bag related sub-commands."""

    VERB_GROUP = "ros2bag.verb"
