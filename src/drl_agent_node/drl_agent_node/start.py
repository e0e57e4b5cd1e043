"""Entry point of `agent_node`: a signal ends it cleanly from the first moment, while importing torch takes seconds."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Answer SIGINT and SIGTERM at once until the node does, then run the node."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))
    from drl_agent_node.agent_node import run

    run()


if __name__ == "__main__":
    main()
