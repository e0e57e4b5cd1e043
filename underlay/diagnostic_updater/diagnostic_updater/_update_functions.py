# SPDX-License-Identifier: Apache-2.0
"""Tasks that are often needed: frequencies, ages of stamps, a sign of life."""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.clock import Clock, ClockType

from ._diagnostic_status_wrapper import DiagnosticStatusWrapper
from ._diagnostic_updater import DiagnosticTask


class FrequencyStatusParam:
    """What FrequencyStatus accepts.

    Args:
        freq_bound: mapping with "min" and "max" in hertz; read at each report, so it may change.
        tolerance: part of the bounds by which they may be missed, 0.1 is 10 %.
        window_size: reports over which the frequency is averaged.
    """

    def __init__(self, freq_bound: Mapping[str, float], tolerance: float = 0.1, window_size: int = 5) -> None:
        self.freq_bound = freq_bound
        self.tolerance = tolerance
        self.window_size = window_size


class FrequencyStatus(DiagnosticTask):
    """Watches how often `tick` is called: error when never, warning outside of the bounds."""

    def __init__(self, params: FrequencyStatusParam, name: str = "FrequencyStatus", node: Any = None) -> None:
        super().__init__(name)
        self.params = params
        self.lock = threading.Lock()
        self.clock = node.get_clock() if node is not None else Clock(clock_type=ClockType.STEADY_TIME)
        self.clear()

    def clear(self) -> None:
        """Forget all events."""
        with self.lock:
            self.count = 0
            start = (self.clock.now().nanoseconds, 0)
            self._marks = deque([start] * max(self.params.window_size, 1))

    def tick(self) -> None:
        """Count an event."""
        with self.lock:
            self.count += 1

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Judge the frequency over the last reports."""
        with self.lock:
            now, count = self.clock.now().nanoseconds, self.count
            then, count_then = self._marks.popleft()
            self._marks.append((now, count))
        events, window = count - count_then, (now - then) * 1e-9
        frequency = events / window if window > 0 else 0.0
        low, high = self.params.freq_bound["min"], self.params.freq_bound["max"]
        lowest, highest = low * (1 - self.params.tolerance), high * (1 + self.params.tolerance)
        if events == 0:
            stat.summary(DiagnosticStatus.ERROR, "No events recorded.")
        elif frequency < lowest:
            stat.summary(DiagnosticStatus.WARN, "Frequency too low.")
        elif frequency > highest:
            stat.summary(DiagnosticStatus.WARN, "Frequency too high.")
        else:
            stat.summary(DiagnosticStatus.OK, "Desired frequency met")
        stat.add("Events in window", f"{events}")
        stat.add("Events since startup", f"{count}")
        stat.add("Duration of window (s)", f"{window:f}")
        stat.add("Actual frequency (Hz)", f"{frequency:f}")
        if low == high:
            stat.add("Target frequency (Hz)", f"{low:f}")
        if low > 0:
            stat.add("Minimum acceptable frequency (Hz)", f"{lowest:f}")
        if high != float("inf"):
            stat.add("Maximum acceptable frequency (Hz)", f"{highest:f}")
        return stat


class TimeStampStatusParam:
    """What TimeStampStatus accepts, in seconds: stamps in the future (min, negative) and in the past."""

    def __init__(self, min_acceptable: float = -1, max_acceptable: float = 5) -> None:
        self.min_acceptable = min_acceptable
        self.max_acceptable = max_acceptable


class TimeStampStatus(DiagnosticTask):
    """Watches the age of stamps at the moment they are given to `tick`."""

    def __init__(
        self, params: TimeStampStatusParam | None = None, name: str = "Timestamp Status", node: Any = None
    ) -> None:
        super().__init__(name)
        self.params = params if params is not None else TimeStampStatusParam()
        self.lock = threading.Lock()
        self.clock = node.get_clock() if node is not None else Clock(clock_type=ClockType.SYSTEM_TIME)
        self.early_count = 0
        self.late_count = 0
        self.zero_count = 0
        self.zero_seen = False
        self.max_delta: float | None = None
        self.min_delta: float | None = None

    def tick(self, stamp: Any) -> None:
        """Note a stamp: seconds, an rclpy Time or a message's stamp; zero counts as missing."""
        if hasattr(stamp, "nanoseconds"):
            stamp = stamp.nanoseconds * 1e-9
        elif hasattr(stamp, "sec"):
            stamp = stamp.sec + stamp.nanosec * 1e-9
        with self.lock:
            if stamp == 0:
                self.zero_seen = True
                return
            delta = self.clock.now().nanoseconds * 1e-9 - stamp
            self.max_delta = delta if self.max_delta is None else max(self.max_delta, delta)
            self.min_delta = delta if self.min_delta is None else min(self.min_delta, delta)

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Judge the stamps since the last report."""
        with self.lock:
            low, high = self.min_delta, self.max_delta
            stat.summary(DiagnosticStatus.OK, "Timestamps are reasonable.")
            if low is None or high is None:
                stat.summary(DiagnosticStatus.WARN, "No data since last update.")
            else:
                if low < self.params.min_acceptable:
                    stat.summary(DiagnosticStatus.ERROR, "Timestamps too far in future seen.")
                    self.early_count += 1
                if high > self.params.max_acceptable:
                    stat.summary(DiagnosticStatus.ERROR, "Timestamps too far in past seen.")
                    self.late_count += 1
            if self.zero_seen:
                stat.summary(DiagnosticStatus.ERROR, "Zero timestamp seen.")
                self.zero_count += 1
            stat.add("Earliest timestamp delay", f"{low or 0.0:f}")
            stat.add("Latest timestamp delay", f"{high or 0.0:f}")
            stat.add("Earliest acceptable timestamp delay", f"{self.params.min_acceptable:f}")
            stat.add("Latest acceptable timestamp delay", f"{self.params.max_acceptable:f}")
            stat.add("Late diagnostic update count", self.late_count)
            stat.add("Early diagnostic update count", self.early_count)
            stat.add("Zero seen diagnostic update count", self.zero_count)
            self.min_delta = self.max_delta = None
            self.zero_seen = False
        return stat


class Heartbeat(DiagnosticTask):
    """Says that the node is alive."""

    def __init__(self) -> None:
        super().__init__("Heartbeat")

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Report OK."""
        stat.summary(DiagnosticStatus.OK, "Alive")
        return stat
