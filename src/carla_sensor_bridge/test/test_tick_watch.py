"""A tick that waits for a sleeping Traffic Manager goes on, and one that waits for the simulator is left alone."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from threading import Event, Thread
from types import SimpleNamespace

import msgpack
import pytest

from carla_sensor_bridge.tick_watch import TickWatch

LIMIT_S = 20.0
SLOW_S = 3.5
"""Longer than the watch takes a tick to last."""


class World:
    """A world whose next tick returns when it is told to, before or after the simulator has done it."""

    def __init__(self) -> None:
        self.frame = 7
        self.done = Event()
        self.is_slow = False

    def get_snapshot(self) -> SimpleNamespace:
        return SimpleNamespace(frame=self.frame)

    def tick(self) -> int:
        if not self.is_slow:
            self.frame += 1
        assert self.done.wait(LIMIT_S)
        if self.is_slow:
            self.frame += 1
        return self.frame


class SleepingManager:
    """Listens where a Traffic Manager does; leaving synchronous mode lets the tick return."""

    def __init__(self, world: World) -> None:
        self.modes: list[bool] = []
        self._world = world
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        unpacker = msgpack.Unpacker()
        with connection:
            while data := connection.recv(4096):
                unpacker.feed(data)
                for _, number, name, (mode,) in unpacker:
                    assert name == "set_synchronous_mode"
                    self.modes.append(mode)
                    if not mode:
                        self._world.done.set()
                    connection.sendall(msgpack.packb([1, number, None, None]))

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manager(world: World) -> Iterator[SleepingManager]:
    made = SleepingManager(world)
    yield made
    made.close()


@pytest.fixture
def watch(world: World, manager: SleepingManager) -> Iterator[TickWatch]:
    made = TickWatch(world, manager.port, logging.getLogger("test"))
    yield made
    made.close()


def test_a_traffic_manager_that_misses_a_tick_is_woken(
    world: World, manager: SleepingManager, watch: TickWatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        watch.tick()
    watch.close()  # it asks to the end
    assert manager.modes == [True, False, True]
    assert watch.missed == 1
    assert "has missed a tick and is woken" in caplog.text


def test_a_slow_simulator_is_waited_for(world: World, manager: SleepingManager, watch: TickWatch) -> None:
    world.is_slow = True
    Thread(target=lambda: world.done.wait(SLOW_S) or world.done.set(), daemon=True).start()
    watch.tick()
    assert manager.modes == []
    assert watch.missed == 0
    assert world.frame == 8


def test_a_pause_between_ticks_is_no_missed_tick(
    world: World, manager: SleepingManager, watch: TickWatch
) -> None:
    world.done.set()
    watch.tick()
    world.frame += 1  # someone else's
    assert not Event().wait(SLOW_S)
    assert manager.modes == []


def test_one_that_cannot_be_reached_is_reported(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        watch = TickWatch(world, closed.getsockname()[1], logging.getLogger("test"))
        with caplog.at_level(logging.ERROR):
            ticking = Thread(target=watch.tick, daemon=True)
            ticking.start()
            while "cannot be woken: " not in caplog.text:
                assert not world.done.wait(0.05)
            world.done.set()
            ticking.join(LIMIT_S)
        watch.close()
