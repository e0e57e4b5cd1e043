"""Verbs of `ros2 component`."""

from ros2cli.verb import VerbExtension

__all__ = ["VerbExtension"]
