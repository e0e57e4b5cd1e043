"""Shows interfaces."""

from ros2cli.verb.verb_command import VerbCommand


class InterfaceCommand(VerbCommand):
    """Show information about ROS interfaces."""

    VERB_GROUP = "ros2interface.verb"
