from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from carla_world import Scene
from carla_world import scene as scene_of
from server_process import ServerProcess


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of the API."""
    process = ServerProcess(tmp_path_factory.mktemp("server") / "server.log")
    yield process
    assert process.stop() == 0


@pytest.fixture(scope="module")
def module_scene(server: ServerProcess) -> Iterator[Scene]:
    with scene_of(server.rpc_port) as made:
        yield made


@pytest.fixture
def scene(module_scene: Scene) -> Iterator[Scene]:
    """A synchronous world of 0.05 s steps, empty again after each test."""
    yield module_scene
    module_scene.destroy_actors()
    module_scene.ticks(1)
