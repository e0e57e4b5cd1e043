"""Benchmarks of carla_drl: `python -m benchmarks [group ...]`, or `make bench ONLY=group`.

A benchmark that plays the agent runs with the process settings that the launch files give the agent. They count only
when they are set before numpy, torch and rclpy are imported.
"""

import os

from carla_drl_bringup.process_settings import process_settings

for _name, _value in process_settings().items():
    os.environ.setdefault(_name, _value)
