"""Base of the events that event handlers react to."""


class Event:
    """Something that happened; `name` identifies the kind."""

    name = "launch.Event"
