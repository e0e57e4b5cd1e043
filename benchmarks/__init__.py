"""Benchmarks of carla_drl: `python -m benchmarks [group ...]`, or `make bench ONLY=group`.

A benchmark that plays the agent runs with the process settings that the launch files give the agent. They count only
when they are set before numpy, torch and rclpy are imported.
"""

import os

from ament_index_python.packages import get_package_share_directory

SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "FASTDDS_DEFAULT_PROFILES_FILE": f"{get_package_share_directory('carla_drl_bringup')}/config/base/fastdds.xml",
    "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    "PYTHONUNBUFFERED": "1",
}
for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)
