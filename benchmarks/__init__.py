"""Benchmarks of carla_drl: `python -m benchmarks [group ...]`, or `make bench ONLY=group`."""
