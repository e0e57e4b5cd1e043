"""Verbs of `ros2 bag`."""

from ros2cli.verb import VerbExtension

__all__ = ["VerbExtension"]
