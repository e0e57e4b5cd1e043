"""What every process of the loop is started with: the settings that measured best, and how long it may take to end."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ament_index_python.packages import get_package_share_directory

# Ctrl-C ends everything within 5 s: nodes get 2.5 s to finish, 1 s more to die.
SIGTERM_TIMEOUT_S: Final = "2.5"
SIGKILL_TIMEOUT_S: Final = "1.0"


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
