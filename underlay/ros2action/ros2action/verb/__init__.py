"""Verbs of `ros2 action`."""

from ros2cli.verb import VerbExtension

__all__ = ["VerbExtension"]
