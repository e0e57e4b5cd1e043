"""Environment of every process of the loop: the settings that measured best."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory


def process_settings() -> dict[str, str]:
    """Return variable -> value; what the user has set is to stay."""
    profile = Path(get_package_share_directory("carla_drl_bringup")) / "config" / "base" / "fastdds.xml"
    return {
        # One thread per process: a second one on a busy machine made learning 2 to 6 times slower.
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",
        "FASTDDS_DEFAULT_PROFILES_FILE": str(profile),
        # Two people who train on one network must not drive each other's cars.
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "PYTHONUNBUFFERED": "1",
        "RCUTILS_COLORIZED_OUTPUT": "0",
    }
