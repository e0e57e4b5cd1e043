"""Several real clients at once, each in a process of its own: one ticks, others watch; some are killed in the middle."""

from __future__ import annotations

import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from carla_world import Scene, scene
from raw_client import SYNCHRONOUS, RawClient, RawStream
from server_process import ServerProcess, environment

LIMIT_S = 60.0
FRAMES = 150

_PREAMBLE = """
import os, sys
import carla
port = int(sys.argv[1])
client = carla.Client("127.0.0.1", port)
client.set_timeout(20.0)
world = client.get_world()
library, points = world.get_blueprint_library(), world.get_map().get_spawn_points()
blueprint = library.find("vehicle.tesla.model3")

def say(text):
    print(text, flush=True)

def state(snapshot):
    vehicle = next((found for found in snapshot if found.id == int(sys.argv[2])), None)
    place = vehicle.get_transform().location if vehicle else carla.Location()
    return f"{snapshot.frame} {place.x!r} {place.y!r} {vehicle.get_velocity().x!r}"
"""

_WAITS = """
say("ready")
while True:
    say(state(world.wait_for_tick(30.0)))
"""

_IS_CALLED = """
world.on_tick(lambda snapshot: say(state(snapshot)))
say("ready")
import time
while True:
    time.sleep(1.0)
"""

_BATCHES = """
say("ready")
while True:
    answers = client.apply_batch_sync([carla.command.SpawnActor(blueprint, point) for point in points[:20]], False)
    ids = [answer.actor_id for answer in answers]
    client.apply_batch([carla.command.ApplyVehicleControl(i, carla.VehicleControl(throttle=1.0)) for i in ids])
    client.apply_batch_sync([carla.command.DestroyActor(i) for i in ids], False)
    say("turn")
"""

_SENSES = """
car = world.spawn_actor(blueprint, points[0])
say("ready")
while True:
    sensors = []
    for name in ("gnss", "imu", "collision"):
        sensor = world.spawn_actor(library.find("sensor.other." + name), carla.Transform(), attach_to=car)
        sensor.listen(lambda data: None)
        sensors.append(sensor)
    world.wait_for_tick()
    for sensor in sensors:
        sensor.stop()
        sensor.destroy()
    say("turn")
"""

_TICKS = """
settings = world.get_settings()
settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
world.apply_settings(settings)
say("ready")
while True:
    world.tick()
    say("turn")
"""

_LOADS = """
say("ready")
while True:
    world = client.load_world("Town02" if world.get_map().name.endswith("Town01") else "Town01")
    say("turn")
"""


class _Client:
    """A client process that says lines."""

    def __init__(self, source: str, server: ServerProcess, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PREAMBLE + source, str(server.rpc_port), *arguments],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._text = b""
        self.line()  # ready

    def line(self) -> str:
        """The next line, in time."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + LIMIT_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._text:
                assert selector.select(deadline - time.monotonic()), "the client says nothing"
                part = self.process.stdout.read1(65536)
                assert part, f"the client ended: {self._text.decode()}"
                self._text += part
        line, _, self._text = self._text.partition(b"\n")
        return line.decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


Clients = Callable[..., _Client]


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Starts client processes, which are killed when the test ends."""
    running: list[_Client] = []

    def start(source: str, server: ServerProcess, *arguments: str) -> _Client:
        running.append(_Client(source, server, *arguments))
        return running[-1]

    yield start
    for client in running:
        if client.process.poll() is None:
            client.kill()


def test_watchers_see_every_frame_of_who_ticks(server: ServerProcess, clients: Clients) -> None:
    with RawClient(server.rpc_port) as raw:
        raw.value("set_episode_settings", SYNCHRONOUS)
        car = raw.spawn_vehicle(raw.spawn_points()[0])
        raw.tick()
        raw.void("apply_control_to_vehicle", car, [1.0, 0.1, 0.0, False, False, False, 0])
        # A client in a synchronous world waits for nothing when it connects; the world stands still until now.
        watching = [clients(source, server, str(car)) for source in (_IS_CALLED, _IS_CALLED, _WAITS)]
        first = raw.tick() + 1
        for _ in range(FRAMES):
            raw.tick()
        for _ in range(20):  # whoever waits sees the frames that come while it waits
            raw.tick()
        called = [[client.line() for _ in range(FRAMES)] for client in watching[:2]]
        assert called[0] == called[1]
        frames = [int(line.split()[0]) for line in called[0]]
        assert frames == list(range(frames[0], frames[0] + FRAMES))
        assert frames[0] <= first
        seen = dict(line.split(maxsplit=1) for line in called[0])
        assert len(set(seen.values())) > FRAMES // 2  # the car drives
        line = watching[2].line()
        assert seen.get(line.split()[0], line.split(maxsplit=1)[1]) == line.split(maxsplit=1)[1]
        raw.void("load_new_episode", "", True, 0)


@pytest.mark.parametrize(
    "source", [_BATCHES, _SENSES, _TICKS, _LOADS], ids=["batch", "sensor", "tick", "load"]
)
def test_a_client_killed_in_the_middle_leaves_a_working_server(
    server: ServerProcess, clients: Clients, source: str
) -> None:
    for turns in (1, 3):
        client = clients(source, server)
        for _ in range(turns):
            client.line()
        client.kill()
        with RawClient(server.rpc_port) as raw:
            raw.value("set_episode_settings", SYNCHRONOUS)
            frame = raw.tick()
            assert raw.tick() == frame + 1
            raw.void("load_new_episode", "Town01", True, 0xFFFF)
    assert "Traceback" not in server.log.read_text()


def test_asynchronous_worlds_keep_the_pace_of_their_step(server: ServerProcess) -> None:
    with scene(server.rpc_port) as made:
        settings = made.world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = False, 0.02
        made.world.apply_settings(settings)
        _check_pace(made, 0.02, 40)
        settings.fixed_delta_seconds = None
        made.world.apply_settings(settings)
        _check_pace(made, 0.05, 16)


def _check_pace(made: Scene, step_s: float, count: int) -> None:
    first = made.world.wait_for_tick(10.0)
    start = time.monotonic()
    last = first
    while last.frame < first.frame + count:
        last = made.world.wait_for_tick(10.0)
    real_s = time.monotonic() - start
    assert last.timestamp.delta_seconds == pytest.approx(step_s)
    simulated_s = last.timestamp.elapsed_seconds - first.timestamp.elapsed_seconds
    assert simulated_s == pytest.approx(step_s * (last.frame - first.frame))
    # Never faster than real time, give or take when the first frame was noticed; how slow depends on the machine.
    assert real_s > simulated_s - 3.0 * step_s


def test_memory_stays_flat_over_reloads_and_connects(server: ServerProcess) -> None:
    def reload(count: int) -> None:
        for _ in range(count):
            # The new subscription is what ends the silence after a reload.
            with RawClient(server.rpc_port) as raw, RawStream(server.stream_port, 1) as stream:
                raw.value("set_episode_settings", SYNCHRONOUS)
                for point in raw.spawn_points()[:10]:
                    vehicle = raw.spawn_vehicle(point)
                    raw.value(
                        "spawn_actor_with_parent", [0, "sensor.other.imu", []], [[0.0] * 3] * 2, vehicle
                    )
                raw.tick()
                stream.message()
                raw.send(
                    "load_new_episode", "", True, 0xFFFF
                )  # its answer takes a quarter of a second, not needed
            deadline = time.monotonic() + LIMIT_S
            with RawClient(server.rpc_port) as raw:
                while len(raw.value("get_actors_by_id", [vehicle])) and time.monotonic() < deadline:
                    pass

    reload(20)
    before = server.resident_bytes()
    reload(100)
    assert server.resident_bytes() < before + (16 << 20)
