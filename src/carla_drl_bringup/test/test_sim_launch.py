"""`sim.launch.py` serves a client and ends cleanly."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from launched import domain


def test_sim_launch(tmp_path: Path) -> None:
    file = Path(__file__).with_name("sim_launch_description.py")
    environment = dict(os.environ, ROS_DOMAIN_ID=domain(23), ROS_LOG_DIR=str(tmp_path))
    result = subprocess.run(
        ["launch_test", str(file)], env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
