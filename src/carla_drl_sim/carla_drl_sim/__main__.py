"""Run the simulator server: ``python -m carla_drl_sim``."""

import sys

from carla_drl_sim.cli import main

if __name__ == "__main__":
    sys.exit(main())
