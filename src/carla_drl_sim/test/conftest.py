from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "sensors"), str(HERE.parent)]  # this checkout, not an installed copy

_client_home = tempfile.TemporaryDirectory(prefix="carla_client_")
os.environ["HOME"] = (
    _client_home.name
)  # where the client, when it is imported, decides to keep files it fetches

from carla_world import Scene, scene  # noqa: E402
from raw_client import RawClient  # noqa: E402
from server_process import ServerProcess  # noqa: E402


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts servers, each on its own ports; they are stopped when the test ends."""
    running: list[ServerProcess] = []

    def start(*arguments: str, program: Path | None = None) -> ServerProcess:
        running.append(ServerProcess(tmp_path / f"server{len(running)}.log", *arguments, program=program))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="session")
def common_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that use nothing but a client and leave nothing behind."""
    process = ServerProcess(tmp_path_factory.mktemp("common") / "server.log")
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of a module."""
    process = ServerProcess(tmp_path_factory.mktemp("server") / "server.log")
    yield process
    assert process.stop() == 0


@pytest.fixture
def raw(server: ServerProcess) -> Iterator[RawClient]:
    with RawClient(server.rpc_port) as client:
        yield client


@pytest.fixture
def world_of(common_server: ServerProcess) -> Iterator[Scene]:
    """A synchronous world for one test, with the weather of the start afterwards."""
    with scene(common_server.rpc_port) as made:
        weather = made.world.get_weather()
        yield made
        made.world.set_weather(weather)
