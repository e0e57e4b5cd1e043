"""Recordings: what happened in a world, written to a file, read, reported on, and replayed."""
