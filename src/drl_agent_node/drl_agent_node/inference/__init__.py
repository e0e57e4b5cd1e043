"""Driving with an exported policy. Nothing in here imports a training library."""
