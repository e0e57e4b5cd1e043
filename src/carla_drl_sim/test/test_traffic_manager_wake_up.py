"""The server calls Traffic Managers that miss a tick, as it would be called by the client library."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgpack
import pytest
from raw_client import RawClient
from server_process import ServerProcess

from carla_drl_sim.tick_gate import MISSED_TICK_S
from carla_drl_sim.traffic_manager_wake_up import wake_traffic_manager

LIMIT_S = 10.0


class Manager:
    """What listens at a Traffic Manager's port."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT_S)
        self.port: int = self.listener.getsockname()[1]

    def calls(self, count: int) -> list[tuple[str, list[object]]]:
        """Answer that many calls of the next connection; return them."""
        connection, _ = self.listener.accept()
        received = []
        with connection:
            connection.settimeout(LIMIT_S)
            unpacker = msgpack.Unpacker()
            while len(received) < count:
                unpacker.feed(connection.recv(4096))
                for kind, number, name, arguments in unpacker:
                    assert kind == 0
                    received.append((name, arguments))
                    connection.sendall(msgpack.packb([1, number, None, None]))
        return received


@pytest.fixture
def manager() -> Iterator[Manager]:
    made = Manager()
    yield made
    made.listener.close()


def test_one_that_misses_a_tick_is_woken(
    start_server: Callable[..., ServerProcess], manager: Manager
) -> None:
    server = start_server("--synchronous")
    with RawClient(server.rpc_port) as client:
        assert client.value("add_traffic_manager_running", ["127.0.0.1", manager.port])
        client.value("get_episode_settings")
        client.tick()
        ticked_s = time.monotonic()
        assert manager.calls(3) == [("set_synchronous_mode", [mode]) for mode in (True, False, True)]
        assert time.monotonic() - ticked_s >= MISSED_TICK_S
        client.value("get_episode_settings")
        manager.listener.settimeout(2.0 * MISSED_TICK_S)
        with pytest.raises(TimeoutError):
            manager.listener.accept()
    assert f"the Traffic Manager at port {manager.port} has missed a tick" in server.log.read_text()


def test_one_that_does_not_answer_is_reported(
    start_server: Callable[..., ServerProcess], manager: Manager
) -> None:
    manager.listener.close()
    server = start_server("--synchronous")
    with RawClient(server.rpc_port) as client:
        assert client.value("add_traffic_manager_running", ["127.0.0.1", manager.port])
        client.value("get_episode_settings")
        client.tick()
        until_s = time.monotonic() + LIMIT_S
        while "cannot be woken: " not in server.log.read_text() and time.monotonic() < until_s:
            time.sleep(0.05)
        assert "cannot be woken: " in server.log.read_text()
        client.tick()


def test_one_that_hangs_up_is_an_error(manager: Manager) -> None:
    with ThreadPoolExecutor(1) as pool:
        waking = pool.submit(wake_traffic_manager, "127.0.0.1", manager.port)
        manager.listener.accept()[0].close()
        with pytest.raises(OSError, match=r"closed the connection|reset"):
            waking.result(LIMIT_S)
