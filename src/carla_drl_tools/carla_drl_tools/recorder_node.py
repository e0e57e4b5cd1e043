"""Runs `ros2 bag record`, tells in diagnostics how it goes, and ends it in good order before the disk is full.

    ros2 run carla_drl_tools recorder_node --min-free-mb 500 drive -- <more arguments of ros2 bag record>

Exit codes: 0 after Ctrl-C; 74 when the disk was full; that of `ros2 bag record` when it ended by itself.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final

import rclpy
from diagnostic_updater import Updater
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from carla_drl_tools.recording_watch import Level, RecordingWatch, Verdict

EXIT_DISK_FULL: Final = 74
"""sysexits.h EX_IOERR."""

_LOOK_S: Final = 0.2
_MEET_S: Final = 4.0
_LAST_WORDS_S: Final = 2.0
_ASK_AGAIN_S: Final = 3.0


def _end_with(parent: int) -> Callable[[], None]:
    """Return what has the system interrupt a new process when `parent` ends, however it does (prctl(2))."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG; it outlives exec
        if os.getppid() != parent:
            os._exit(1)

    return ask


class RecorderNode(Node):  # type: ignore[misc]
    """Watches a recorder's process.

    Attributes:
        exit_code: of this process, None while the recorder runs.
    """

    def __init__(self, bag: Path, min_free_mb: int, arguments: list[str]) -> None:
        super().__init__("recorder")
        self._bag = bag
        self._watch = RecordingWatch(bag, min_free_mb)
        self._verdict = self._watch.look(time.monotonic())
        self._stopping = False
        self._asked_s = 0.0
        self._heard = False
        self._full = False
        self.exit_code: int | None = None
        self._updater = Updater(self)
        self._updater.setHardwareID("recorder")
        self._updater.add("recording", self._diagnose)
        self._process: subprocess.Popen[bytes] | None = None
        if self._verdict.full:
            self._full = True
            self._end(0)
            return
        # Out of the terminal's group: a second SIGINT, from Ctrl-C and from here, could meet it while it ends.
        self._process = subprocess.Popen(
            ["ros2", "bag", "record", "--output", str(bag), *arguments],
            start_new_session=True,
            preexec_fn=_end_with(os.getpid()),
        )
        self.create_timer(_LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def stopping(self) -> bool:
        """Whether the recorder has been asked to end."""
        return self._stopping

    def stop(self) -> None:
        """Have the recorder close the bag.

        A process that is just starting may miss the signal: it comes again. Recorders heed it from before they make
        the bag until after they have closed it; another one then would end them as if something were wrong.
        """
        now_s = time.monotonic()
        if self._heard or (self._stopping and now_s - self._asked_s < _ASK_AGAIN_S):
            return
        self._stopping, self._asked_s, self._heard = True, now_s, self._bag.exists()
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGINT)

    def _look(self) -> None:
        level, verdict = self._verdict.level, self._watch.look(time.monotonic())
        assert self._process is not None
        code = self._process.poll()
        if code is not None:
            self._end(code)
            return
        if not self._full:
            self._verdict = verdict
        if verdict.full and not self._stopping:
            self._full = True
            self.get_logger().error(f"{verdict.message}; the recording ends here")
        if self._full or self._stopping:
            self.stop()
        if self._verdict.level > level:
            self._updater.force_update()

    def _end(self, code: int) -> None:
        self.exit_code = EXIT_DISK_FULL if self._full else code
        if self._process is None:
            message = f"{self._verdict.message}; the recording has ended before it began"
        elif self._full:
            message = f"{self._verdict.message}; the recording has ended, the bag is closed"
        elif code == 0:
            return
        else:
            message = f"the recording has ended with exit code {code}: its own message says why"
        self._verdict = Verdict(Level.ERROR, message, self._full, self._verdict.values)
        self.get_logger().error(message)
        # Said again for a while: who listens to diagnostics is not sent what was said before they met, and that one
        # of them has been met says nothing of the others.
        deadline = time.monotonic() + _MEET_S
        while not self._updater.publisher.get_subscription_count() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
        deadline = time.monotonic() + _LAST_WORDS_S
        while time.monotonic() < deadline:
            self._updater.force_update()
            time.sleep(_LOOK_S)

    def _diagnose(self, status: Any) -> Any:
        status.summary(bytes([self._verdict.level]), self._verdict.message)
        for name, value in self._verdict.values.items():
            status.add(name, value)
        return status

    def kill(self) -> None:
        """Leave no recorder behind, whatever happened."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def main() -> None:
    """Record until a signal, or until there is no room."""
    parser = argparse.ArgumentParser(prog="recorder_node", description=__doc__)
    parser.add_argument("bag", type=Path, help="folder to write, must not exist")
    parser.add_argument(
        "--min-free-mb", type=int, default=500, help="MB of the bag's disk that are to stay free, default 500"
    )
    parser.add_argument("arguments", nargs="*", help="of ros2 bag record, after --")
    options = parser.parse_args(remove_ros_args(sys.argv)[1:])
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = RecorderNode(options.bag.resolve(), options.min_free_mb, options.arguments)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if node.stopping and number == signal.SIGTERM:
            node.kill()
        node.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    try:
        while node.exit_code is None:
            rclpy.spin_once(node, timeout_sec=_LOOK_S)
    finally:
        node.kill()
        code = node.exit_code
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(1 if code is None or code < 0 else code)


if __name__ == "__main__":
    main()
