"""Log records of the pure modules on a node's logger."""

from __future__ import annotations

import logging

from rclpy.node import Node


class _RosLogHandler(logging.Handler):
    def __init__(self, node: Node) -> None:
        super().__init__()
        self._logger = node.get_logger()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        # One line per severity: rclpy refuses a call site that changes it.
        if record.levelno >= logging.ERROR:
            self._logger.error(text)
        elif record.levelno >= logging.WARNING:
            self._logger.warning(text)
        elif record.levelno >= logging.INFO:
            self._logger.info(text)
        else:
            self._logger.debug(text)


def log_to(node: Node) -> logging.Logger:
    """Return the package's logger, which hands everything to the node's."""
    log = logging.getLogger("carla_sensor_bridge")
    log.addHandler(_RosLogHandler(node))
    log.setLevel(logging.DEBUG)
    log.propagate = False
    return log
