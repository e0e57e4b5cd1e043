"""Embedded driving simulator that the unmodified CARLA 0.9.16 client drives."""

__version__ = "0.1.0"

CARLA_VERSION = "0.9.16"
"""Version of the wire protocol, as the client compares it with its own."""
