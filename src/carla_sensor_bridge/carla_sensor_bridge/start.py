"""Entry point of `bridge_node`: a signal ends it cleanly from the first moment, while the node's imports take seconds."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Answer SIGINT and SIGTERM at once until the node does, then run the node."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    from carla_sensor_bridge.bridge_node import main as run

    run()


if __name__ == "__main__":
    main()
