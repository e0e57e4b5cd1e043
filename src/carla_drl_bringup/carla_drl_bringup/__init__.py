"""Launch files and configuration of carla_drl."""
