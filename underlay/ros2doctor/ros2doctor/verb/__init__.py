"""Verbs of `ros2 doctor`."""

from ros2cli.verb import VerbExtension

__all__ = ["VerbExtension"]
