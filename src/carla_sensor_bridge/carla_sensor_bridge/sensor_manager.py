"""The sensors of the egos: spawned from the scenario, their data of each frame collected into the ring."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.client_session import ClientSession
from carla_sensor_bridge.client_world import ClientWorld
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.sensor_blueprints import find_sensor_blueprint, numbers_of
from carla_sensor_bridge.sensor_config import Mounting
from carla_sensor_bridge.sensor_payloads import WRITERS, Written, event_rows, write_event_rows
from carla_sensor_bridge.sensor_schedule import SensorSchedule, SensorState
from carla_sensor_bridge.sensor_table import (
    BLOCK,
    EVENT_KINDS,
    FLAG_DATA,
    FLAG_MISSING,
    FLAG_TRUNCATED,
    SensorTable,
)

# How long to wait before looking whether a sensor is still there, s.
_SLICE_S: Final = 0.05
# Ticks that a sensor has to begin to send in, besides its period.
_START_TICKS: Final = 10


@dataclass
class SensorCounters:
    """What happened to the sensors' data since the start."""

    measurements: int = 0
    late: int = 0
    """Data that came after their frame, and were dropped."""
    duplicate: int = 0
    """Data that came a second time in their frame, and were dropped."""
    missing: int = 0
    """Data that were due and did not come in time."""
    truncated: int = 0
    """Measurements that had more points or events than there is room for."""


class SensorManager:
    """All sensors of a fleet. `collect` is on the tick thread; data arrive on a thread of the client library.

    A picture goes out with the frame that it was taken in or not at all.

    Attributes:
        table: the sensors and their places in the ring.
        counters: since the start.
    """

    def __init__(
        self,
        session: ClientSession,
        world: ClientWorld,
        scenario: Scenario,
        num_agents: int,
        timeout_s: float,
        log: logging.Logger,
    ) -> None:
        """Check the sensors; `spawn` makes them.

        Args:
            session: with a world.
            world: of the egos.
            scenario: with the sensors.
            num_agents: N.
            timeout_s: how long a frame waits for data that are due, s.
            log: for what goes wrong.

        Raises:
            ConfigurationError: naming the sensor's field, its value and what is allowed.
        """
        self.counters = SensorCounters()
        self._client = session.client
        self._world = world
        self._timeout_s = timeout_s
        self._log = log
        self._role_prefix = scenario.fleet.role_prefix
        self._blueprints = {}
        library = session.world.get_blueprint_library()
        for sensor in scenario.sensors:
            if sensor.agents != "all" and max(sensor.agents) >= num_agents:
                raise ConfigurationError(
                    f"scenario field sensors.{sensor.name}.agents is {list(sensor.agents)}; allowed with "
                    f"{num_agents} egos: 0 to {num_agents - 1}"
                )
            self._blueprints[sensor.name] = find_sensor_blueprint(library, sensor, scenario.step_s)
        attributes = {name: numbers_of(blueprint) for name, blueprint in self._blueprints.items()}
        self.table = SensorTable(scenario.sensors, num_agents, scenario.step_s, attributes)
        self._carla_world = session.world
        self._sensors: list[Any] = []
        self._queue: SimpleQueue[tuple[int, Any]] = SimpleQueue()
        self._schedules = [
            None if place.kind in EVENT_KINDS else SensorSchedule(place.period) for place in self.table.places
        ]
        # Events of the frame under way, by sensor: they come before the snapshot, and none is lost when late.
        self._events: dict[int, list[tuple[Any, ...]]] = {}
        self._watch: Callable[[int, Any, float], None] | None = None

    def watch_pictures(self, watch: Callable[[int, Any, float], None]) -> None:
        """Have `watch` called on the tick thread with index, measurement and simulated time (s) of all that comes."""
        self._watch = watch

    def __len__(self) -> int:
        return len(self.table.places)

    def spawn(self) -> None:
        """Spawn the sensors and wait until each has sent; advances the world by some ticks.

        Raises:
            ConfigurationError: when the simulator refuses a sensor.
        """
        if not self.table.places:
            return
        batch = [
            carla.command.SpawnActor(
                self._blueprints[place.config.name],
                _mounting(place.config.transform),
                self._world.actor_ids[place.agent],
            )
            for place in self.table.places
        ]
        ids = []
        for place, response in zip(
            self.table.places, self._client.apply_batch_sync(batch, False), strict=True
        ):
            if response.error:
                raise ConfigurationError(
                    f"the simulator refuses scenario field sensors.{place.config.name} ({place.config.type}): "
                    f"{response.error}"
                )
            ids.append(response.actor_id)
        self._world.tick()
        sensors = {actor.id: actor for actor in self._carla_world.get_actors(ids)}
        self._sensors = [sensors[sensor_id] for sensor_id in ids]
        for index, sensor in enumerate(self._sensors):
            sensor.listen(self._listener(index))
        self._wait_for_first_data()

    def _listener(self, index: int) -> Callable[[Any], None]:
        put = self._queue.put

        def on_data(data: Any) -> None:
            put((index, data))

        return on_data

    def _wait_for_first_data(self) -> None:
        """Tick until each sensor has sent. The last tick becomes frame 1 of the ring; its data stay in the queue."""
        waiting = {index for index, schedule in enumerate(self._schedules) if schedule is not None}
        longest = max(place.period for place in self.table.places)
        came: list[tuple[int, Any]] = []
        for _ in range(_START_TICKS + longest):
            self._world.tick()
            deadline = time.monotonic() + self._timeout_s / _START_TICKS
            while waiting:
                try:
                    came.append(self._queue.get(timeout=max(deadline - time.monotonic(), 0.0)))
                except Empty:
                    break
                waiting.discard(came[-1][0])
            if not waiting:
                break
        for index in sorted(waiting):
            self._log.warning("sensor %s has not sent anything yet", self._name(index))
        last = self._carla_world.get_snapshot().frame
        for index, data in came:
            schedule = self._schedules[index]
            if schedule is None:
                continue
            if data.frame == last:
                self._queue.put((index, data))
            else:
                schedule.arrived(1 + data.frame - last)

    def collect(self, frame: int, sim_time_s: float, room: npt.NDArray[np.uint8]) -> None:
        """Wait for the data that are due in the frame of the last tick and copy what there is into the ring.

        Args:
            frame: of the ring.
            sim_time_s: simulated time of the frame, s.
            room: u8 [B], the array "sensors" of the slot.
        """
        blocks = room[: len(self) * BLOCK.itemsize].view(BLOCK)
        blocks["flags"] = 0
        blocks["bytes"] = 0
        blocks["count"] = 0
        blocks["frame"] = frame
        blocks["sim_time_s"] = sim_time_s
        waiting = {
            index
            for index, schedule in enumerate(self._schedules)
            if schedule is not None and schedule.is_due(frame)
        }
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                # The last argument matters only where data are due.
                index, data = self._queue.get(bool(waiting), min(_SLICE_S, deadline - time.monotonic()))
            except Empty:
                self._drop_gone(waiting, blocks)
                if not waiting or time.monotonic() >= deadline:
                    break
                continue
            except ValueError:  # no time left
                break
            if self._take(index, data, frame, room, blocks):
                waiting.discard(index)
        for index in waiting:
            self._miss(index, blocks, gone=False)
        self._write_events(room, blocks)

    def _drop_gone(self, waiting: set[int], blocks: npt.NDArray[Any]) -> None:
        """Wait no longer for sensors that are not in the simulator any more."""
        for index in [index for index in waiting if self._is_gone(index)]:
            waiting.discard(index)
            self._miss(index, blocks, gone=True)

    def _is_gone(self, index: int) -> bool:
        return self._world.snapshot.find(self._sensors[index].id) is None

    def _miss(self, index: int, blocks: npt.NDArray[Any], *, gone: bool) -> None:
        schedule = self._schedules[index]
        assert schedule is not None
        schedule.missed(gone)
        blocks[index]["flags"] = FLAG_MISSING
        self.counters.missing += 1
        if schedule.state is SensorState.GONE:
            self._log.error("sensor %s is gone from the simulator", self._name(index))
        elif schedule.state is SensorState.SILENT:
            self._log.error("sensor %s sends no more: frames do not wait for it", self._name(index))

    def _take(
        self,
        index: int,
        data: Any,
        frame: int,
        room: npt.NDArray[np.uint8],
        blocks: npt.NDArray[Any],
    ) -> bool:
        """Write one measurement into the ring; return whether it was of this frame."""
        place, schedule = self.table.places[index], self._schedules[index]
        if schedule is None:
            self._events.setdefault(index, []).extend(event_rows(place.kind, data))
            return False
        if data.frame != self._world.snapshot.frame:
            self.counters.late += 1
            schedule.spoke()
            return False
        if schedule.last_frame == frame:
            self.counters.duplicate += 1
            return False
        if schedule.state is not SensorState.SENDING:
            self._log.info("sensor %s sends again", self._name(index))
        schedule.arrived(frame)
        written = WRITERS[place.kind](data, room[place.offset : place.offset + place.capacity])
        self._note(index, written, blocks)
        if self._watch is not None:
            self._watch(index, data, float(blocks[index]["sim_time_s"]))
        return True

    def _note(self, index: int, written: Written, blocks: npt.NDArray[Any]) -> None:
        place, block = self.table.places[index], blocks[index]
        block["bytes"] = written.size
        block["width"] = place.width
        block["height"] = place.height
        block["count"] = written.points
        block["flags"] = FLAG_DATA | (FLAG_TRUNCATED if written.truncated else 0)
        self.counters.measurements += 1
        self.counters.truncated += written.truncated

    def _write_events(self, room: npt.NDArray[np.uint8], blocks: npt.NDArray[Any]) -> None:
        for index, rows in self._events.items():
            place = self.table.places[index]
            written = write_event_rows(rows, room[place.offset : place.offset + place.capacity])
            self._note(index, written, blocks)
        self._events.clear()

    def faults(self) -> dict[str, str]:
        """Return the sensors that do not send, by name: silent or gone. Any thread may ask."""
        faults = {}
        for index, schedule in enumerate(self._schedules):
            if index < len(self._sensors) and self._is_gone(index):
                faults[self._name(index)] = SensorState.GONE.value
            elif schedule is not None and schedule.state is not SensorState.SENDING:
                faults[self._name(index)] = schedule.state.value
        return faults

    def _name(self, index: int) -> str:
        place = self.table.places[index]
        return f"{self._role_prefix}{place.agent}/{place.config.name}"

    def destroy(self) -> None:
        """Remove the sensors from the simulator."""
        for sensor in self._sensors:
            sensor.stop()
        if self._sensors:
            batch = [carla.command.DestroyActor(sensor.id) for sensor in self._sensors]
            self._client.apply_batch_sync(batch, False)
        self._sensors = []


def _mounting(at: Mounting) -> Any:
    """Return a REP-103 mounting as CARLA's transform."""
    return carla.Transform(
        carla.Location(at.x_m, -at.y_m, at.z_m), carla.Rotation(-at.pitch_deg, -at.yaw_deg, at.roll_deg)
    )
