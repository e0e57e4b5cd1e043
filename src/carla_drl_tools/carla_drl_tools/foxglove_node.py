"""A WebSocket server for Foxglove on this machine's topics: `ros2 run carla_drl_tools foxglove_node`."""

from __future__ import annotations

import logging
import signal
import sys
import threading

import rclpy
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from carla_drl_tools.errors import ToolError
from carla_drl_tools.foxglove_relay import FoxgloveRelay

EXIT_CONFIGURATION = 78


def _start(node: Node) -> FoxgloveRelay:
    try:
        host = node.declare_parameter("host", "127.0.0.1").value
        port = node.declare_parameter("port", 8765).value
    except InvalidParameterTypeException as error:
        raise ToolError(f"{error}; allowed: host is a text, port a whole number") from error
    if not 0 <= port < 65536:
        raise ToolError(f"parameter port is {port}; allowed: 0 (any free one) to 65535")
    return FoxgloveRelay(node, host, port, logging.getLogger("foxglove_node"))


def main() -> None:
    """Serve until a signal; exit code 78 when the parameters are of no use."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node("foxglove")
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        executor.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    code = 0
    try:
        relay = _start(node)
        node.get_logger().info(
            f"Foxglove: open a connection to ws://{node.get_parameter('host').value}:{relay.port}"
        )
        while not stopping.is_set():
            executor.spin_once(timeout_sec=0.5)
        relay.close()
    except ToolError as error:
        node.get_logger().fatal(str(error))
        code = EXIT_CONFIGURATION
    except ExternalShutdownException:
        pass
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()
    sys.exit(code)


if __name__ == "__main__":
    main()
