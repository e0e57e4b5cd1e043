"""A thread that serves a node's timers while the main thread learns; torch lets it run in between."""

from __future__ import annotations

import threading
import traceback
from typing import Final

from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

WAIT_SLICE_S: Final = 0.2
JOIN_TIMEOUT_S: Final = 2.0


class BackgroundSpin:
    """Spins a node from construction to `stop`. Every wait is finite, so it always ends."""

    def __init__(self, node: Node) -> None:
        self._context = node.context
        self._log = node.get_logger()
        self._executor = SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent_spin", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set() and self._context.ok():
            try:
                self._executor.spin_once(timeout_sec=WAIT_SLICE_S)
            except ExternalShutdownException:
                return
            # A report that fails must not end the heartbeat.
            except Exception:
                self._log.error(f"a callback failed: {traceback.format_exc()}")

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._stop.set()
        self._executor.wake()
        self._thread.join(timeout=JOIN_TIMEOUT_S)
        self._executor.shutdown(timeout_sec=JOIN_TIMEOUT_S)
