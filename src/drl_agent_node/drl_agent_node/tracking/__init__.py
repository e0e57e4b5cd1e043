"""Runs, metrics and models on a tracking server, off the learner's thread."""
