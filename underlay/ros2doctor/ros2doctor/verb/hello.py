"""Finds out which other machines can be heard, by topic and by multicast."""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
import time
from collections import Counter
from typing import Any

from ros2cli.node.direct import DirectNode, add_arguments

from . import VerbExtension

_GROUP, _PORT = "225.0.0.1", 49150  # those of upstream, so that both hear each other
_GREETING = "hello, it's me "


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be positive")
    return value


class HelloVerb(VerbExtension):
    """Check network connectivity between multiple hosts.

    Run it on several machines: each greets the others over a topic and over UDP multicast, and prints whom it heard.
    """

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument("-t", "--topic", default="/canyouhearme", help="Topic (default: %(default)s)")
        parser.add_argument(
            "-ep",
            "--emit-period",
            metavar="N",
            type=_positive,
            default=0.1,
            help="Time between greetings (default: 0.1s)",
        )
        parser.add_argument(
            "-pp",
            "--print-period",
            metavar="N",
            type=_positive,
            default=1.0,
            help="Time between summaries (default: 1.0s)",
        )
        parser.add_argument("--ttl", type=int, help="How many routers a multicast may pass (default: none)")
        parser.add_argument("-1", "--once", action="store_true", help="Greet once, print a summary, exit")

    def main(self, *, args: argparse.Namespace) -> None:
        """Greet and listen until Ctrl-C."""
        import rclpy
        from std_msgs.msg import String

        heard: Counter[str] = Counter()
        args.spin_time = 0.0 if args.spin_time is None else args.spin_time
        with DirectNode(args) as direct, Multicast(args.ttl) as multicast:
            node = direct.node
            greeting = String(data=_GREETING + socket.gethostname())
            publisher = node.create_publisher(String, args.topic, 10)
            node.create_subscription(String, args.topic, lambda message: _note(message.data, heard), 10)
            sent, due = 0, time.monotonic() + (0.0 if args.once else args.print_period)
            while rclpy.ok():
                publisher.publish(greeting)
                multicast.send(greeting.data)
                sent += 1
                _listen(node, time.monotonic() + args.emit_period)
                if time.monotonic() < due:
                    continue
                print(_summary(args, sent, heard, multicast), flush=True)
                if args.once:
                    return
                heard.clear()
                sent, due = 0, time.monotonic() + args.print_period


def _note(text: str, heard: Counter[str]) -> None:
    host = text.split()[-1] if text.startswith(_GREETING) else ""
    if host and host != socket.gethostname():
        heard[host] += 1


def _listen(node: Any, end: float) -> None:
    import rclpy

    while rclpy.ok() and (left := end - time.monotonic()) > 0.0:
        rclpy.spin_once(node, timeout_sec=left)


def _summary(args: argparse.Namespace, sent: int, heard: Counter[str], multicast: Multicast) -> str:
    hosts = multicast.receive()
    lines = ["MULTIMACHINE COMMUNICATION SUMMARY", f"Topic: {args.topic}, Published Msg Count: {sent}"]
    lines += [f"Subscribed from {host}: {count} in {args.print_period:g} s" for host, count in heard.items()]
    lines += [f"Multicast Group/Port: {_GROUP}/{_PORT}, Sent Msg Count: {multicast.take_sent()}"]
    lines += [f"Received from {host}: {count} in {args.print_period:g} s" for host, count in hosts.items()]
    return "\n".join(lines) + "\n"


class Multicast:
    """Greets over UDP multicast, and counts who greets back."""

    def __init__(self, ttl: int | None) -> None:
        self._sent = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if ttl is not None:
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)
            self._socket.bind(("", _PORT))
            self._socket.setblocking(False)
            group = socket.inet_aton(_GROUP) + socket.inet_aton("0.0.0.0")
            self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        except OSError as error:
            print(f"multicast group {_GROUP} cannot be joined: {error}", file=sys.stderr)

    def send(self, text: str) -> None:
        """Send a greeting; where there is no route, the count tells."""
        with contextlib.suppress(OSError):
            self._socket.sendto(text.encode(), (_GROUP, _PORT))
            self._sent += 1

    def take_sent(self) -> int:
        """Return how many were sent since the last call."""
        sent, self._sent = self._sent, 0
        return sent

    def receive(self) -> Counter[str]:
        """Return how many came from each other machine since the last call."""
        heard: Counter[str] = Counter()
        with contextlib.suppress(OSError):  # none left
            while True:
                _note(self._socket.recv(1024).decode(errors="replace"), heard)
        return heard

    def __enter__(self) -> Multicast:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
