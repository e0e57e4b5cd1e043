"""Detection beside the loop: pictures are handed over by the tick thread and looked at by a thread of its own."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.sensor_table import SensorPlace
from carla_sensor_bridge.yolo import Detections, Pixels

CAMERA: Final = "sensor.camera.rgb"

# Looking at pictures must not take the processor from the loop.
_NICENESS: Final = 5
_JOIN_S: Final = 0.5


class Detector(Protocol):
    """Finds objects in a picture, u8 [H, W, 4]: blue, green, red, alpha."""

    def detect(self, picture: Pixels) -> Detections:
        """Return what is in it."""
        ...


class Camera(NamedTuple):
    """One camera whose pictures are looked at."""

    agent: int
    sensor: str


@dataclass
class DetectionCounters:
    """What happened to the pictures since the start."""

    pictures: int = 0
    """Looked at."""
    detections: int = 0
    dropped: int = 0
    """A newer picture of the camera came before the thread was free, or before `rate_hz` allowed it."""
    failed: int = 0


@dataclass
class _Slot:
    camera: Camera
    picture: Any = None
    sim_time_s: float = 0.0
    due_s: float = 0.0


def choose_cameras(places: Sequence[SensorPlace], names: Sequence[str]) -> dict[int, Camera]:
    """Return the cameras to look through, by their index in `places`.

    Args:
        places: the sensors of the fleet.
        names: of colour cameras, on every ego that carries one; empty: the first colour camera of every ego.

    Raises:
        ConfigurationError: when a name is none of a colour camera, or there is no colour camera at all.
    """
    color = {index: place for index, place in enumerate(places) if place.config.type == CAMERA}
    known = sorted({place.config.name for place in color.values()})
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"parameter detection_sensors names '{name}'; allowed: {', '.join(known) or 'none'}, "
                f"the scenario's sensors of type {CAMERA}"
            )
    if not color:
        raise ConfigurationError(
            f"parameter detection_model is set, but the scenario has no sensor of type {CAMERA}: add one to its sensors"
        )
    chosen: dict[int, Camera] = {}
    seen: set[int] = set()
    for index, place in color.items():
        if place.config.name in names or (not names and place.agent not in seen):
            chosen[index] = Camera(place.agent, place.config.name)
            seen.add(place.agent)
    return chosen


class DetectionStage:
    """Looks at the newest picture of every camera, one after the other, in one thread.

    `offer` is on the tick thread and costs it a lock and an assignment: the picture stays the buffer of the client
    library and is not copied.

    Attributes:
        counters: since the start.
        error: what the last failure said; empty while all is well.
    """

    def __init__(
        self,
        detector: Detector,
        publish: Callable[[Camera, float, Detections], None],
        wanted: Callable[[Camera], bool],
        rate_hz: float,
        log: logging.Logger,
    ) -> None:
        """Start the thread.

        Args:
            detector: used by the thread alone.
            publish: takes camera, simulated time (s) and what was found.
            wanted: whether somebody wants to know what a camera sees; pictures that nobody wants are not looked at.
            rate_hz: pictures of a camera per second of wall time, at most; 0: any.
            log: for failures.
        """
        self.counters = DetectionCounters()
        self.error = ""
        self._detector = detector
        self._publish = publish
        self._wanted = wanted
        self._period_s = 1.0 / rate_hz if rate_hz > 0.0 else 0.0
        self._log = log
        self._changed = threading.Condition()
        self._slots: dict[int, _Slot] = {}
        self._order: list[int] = []
        self._stopping = False
        self._spent_ns = self._longest_ns = self._timed = 0
        self._thread = threading.Thread(target=self._work, name="detection", daemon=True)
        self._thread.start()

    def attach(self, cameras: Mapping[int, Camera]) -> None:
        """Begin with the cameras of a new world; pictures of the old one are forgotten."""
        with self._changed:
            self._slots = {index: _Slot(camera) for index, camera in cameras.items()}
            self._order = list(self._slots)

    def offer(self, index: int, picture: Any, sim_time_s: float) -> None:
        """Hand a picture of the sensor with that index over; ignored when it is none that is looked through.

        Args:
            index: of the sensor, as given to `attach`.
            picture: with `raw_data`, `height` and `width`, as CARLA's client gives it.
            sim_time_s: of its frame, s.
        """
        slot = self._slots.get(index)
        if slot is None:
            return
        with self._changed:
            if slot.picture is not None:
                self.counters.dropped += 1
            slot.picture, slot.sim_time_s = picture, sim_time_s
            self._changed.notify()

    @property
    def waiting(self) -> int:
        """Pictures that wait to be looked at; at most one per camera."""
        return sum(slot.picture is not None for slot in list(self._slots.values()))

    def take_times_ms(self) -> tuple[float, float]:
        """Return mean and longest time of a picture since the last call, ms."""
        with self._changed:
            mean, longest = self._spent_ns / max(self._timed, 1), self._longest_ns
            self._spent_ns = self._longest_ns = self._timed = 0
        return mean / 1e6, longest / 1e6

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(_JOIN_S)

    def _take(self) -> tuple[_Slot, Any, float] | None:
        """Wait for a picture that is due and take it; None at the end."""
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                full = [index for index in self._order if self._slots[index].picture is not None]
                for index in full:
                    slot = self._slots[index]
                    if slot.due_s <= now:
                        # Next time it is the others' turn first.
                        self._order.remove(index)
                        self._order.append(index)
                        picture, slot.picture = slot.picture, None
                        slot.due_s = now + self._period_s
                        return slot, picture, slot.sim_time_s
                due = min((self._slots[index].due_s for index in full), default=None)
                self._changed.wait(None if due is None else due - now)
        return None

    def _work(self) -> None:
        # A thread's own priority on Linux; it may be refused, and is no loss then.
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:
            self._log.debug("the detection thread keeps its priority")
        while (taken := self._take()) is not None:
            try:
                self._look(*taken)
                self.error = ""
            except Exception as error:  # of the runtime or a picture; the loop does not depend on it
                self.counters.failed += 1
                if str(error) != self.error:
                    self._log.error("detection failed on %s: %s", taken[0].camera.sensor, error)
                self.error = str(error)

    def _look(self, slot: _Slot, picture: Any, sim_time_s: float) -> None:
        if not self._wanted(slot.camera):
            return
        started = time.monotonic_ns()
        pixels = np.frombuffer(picture.raw_data, np.uint8).reshape(picture.height, picture.width, 4)
        found = self._detector.detect(pixels)
        self._publish(slot.camera, sim_time_s, found)
        spent = time.monotonic_ns() - started
        with self._changed:
            self.counters.pictures += 1
            self.counters.detections += len(found)
            self._spent_ns += spent
            self._longest_ns = max(self._longest_ns, spent)
            self._timed += 1
