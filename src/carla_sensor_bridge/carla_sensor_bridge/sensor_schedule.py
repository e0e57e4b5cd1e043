"""When the data of a sensor are due, and whether it is worth waiting for them."""

from __future__ import annotations

from enum import Enum
from typing import Final

# Frames in a row that a sensor may miss before nobody waits for it any more.
PATIENCE_FRAMES: Final = 3


class SensorState(Enum):
    """What is known of a sensor."""

    SENDING = "sending"
    SILENT = "silent"
    """It missed some frames in a row. It is waited for again as soon as it sends."""
    GONE = "gone"
    """It is not in the simulator any more."""


class SensorSchedule:
    """One sensor that measures every `period` frames.

    The phase is the sensor's own: it is known from its last measurement, so that one that drifts by a frame, as the
    floating-point clocks of CARLA's sensors may, is followed.

    Attributes:
        state: what is known of the sensor.
        last_frame: frame of the last measurement; None before the first.
    """

    def __init__(self, period: int) -> None:
        self.state = SensorState.SENDING
        self.last_frame: int | None = None
        self._period = period
        self._missed = 0

    def is_due(self, frame: int) -> bool:
        """Whether to wait for data in this frame."""
        if self.state is not SensorState.SENDING:
            return False
        return self.last_frame is None or frame - self.last_frame >= self._period

    def arrived(self, frame: int) -> None:
        """Data of this frame have come in time."""
        self.last_frame = frame
        self._missed = 0
        self.state = SensorState.SENDING

    def missed(self, gone: bool) -> None:
        """Data that were due have not come; `gone`: the sensor is not in the simulator any more."""
        self._missed += 1
        if gone:
            self.state = SensorState.GONE
        elif self._missed >= PATIENCE_FRAMES:
            self.state = SensorState.SILENT

    def spoke(self) -> None:
        """Data have come, if too late: worth waiting for it again."""
        if self.state is SensorState.SILENT:
            self.state = SensorState.SENDING
            self._missed = 0
