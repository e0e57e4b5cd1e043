"""Entry points of the nodes: a signal ends them cleanly from the first moment, while importing takes seconds."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Run `agent_node`."""
    _end_at_signals()
    from drl_agent_node.agent_node import run

    run()


def infer() -> None:
    """Run `infer_node`."""
    _end_at_signals()
    from drl_agent_node.inference.infer_node import main

    main()


def _end_at_signals() -> None:
    """Answer SIGINT and SIGTERM at once, until the node does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: os._exit(0))


if __name__ == "__main__":
    main()
