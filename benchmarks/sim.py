"""The embedded simulator alone: its world in this process, and as a server of the real client.

`sim/vehicle_steps_per_s/vehicles=N`: ticks of the world without any client, times N. Baseline: one vehicle.

`sim/client_ticks_per_s/vehicles=N`: `world.tick()` of the real client. Baseline: the same client against a server that
only sends a prepared snapshot of the same size (`benchmarks.idle_server`), in turns with it.

`sim/camera_fps/WxH`: pictures/s of rgb cameras on vehicles in the streets, on one core, in this process. Baseline: depth
cameras of the same size.

`sim/lidar_scans_per_s`: scans/s of lidars with 32 channels and 56,000 points/s, likewise. Baseline: semantic lidars.

`sim/rss_growth_mb/...`: what 1,000 world reloads or 1,000 clients that come and go leave behind in the server's
memory. Baseline: its memory before.
"""

from __future__ import annotations

import contextlib
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import carla
import psutil

from benchmarks.results import report
from benchmarks.stack import wait_for_port
from carla_drl_bringup.arguments import first_free_port
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.sensors.blueprints import ATTRIBUTES
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub

FLEETS = (1, 16, 64, 256)
MODEL = "vehicle.tesla.model3"
# Engines that work against the brakes: all of the dynamics runs, and nobody ends up in a wall, whose contacts would be
# what is measured.
CONTROL = {"throttle": 0.3, "steer": 0.35, "brake": 1.0}
TOWN = "Town01"
WINDOWS = 5
WINDOW_S = 1.0
WARM_UP_TICKS = 200
REPETITIONS = 1000
SETTLING = 100
MIB = 2.0**20


class EagerHub(StreamHub):
    """Streams that all have a subscriber, which takes messages as they are and drops them."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None)

    def has_subscribers(self, stream_id: int) -> bool:
        """Say that there is one."""
        return True


def embedded(num_vehicles: int, hub: StreamHub | None = None) -> Simulator:
    """Return a world in this process with vehicles on its streets."""
    simulator = Simulator(
        TOWN,
        0,
        20.0,
        synchronous=True,
        hub=hub or StreamHub(lambda *_: None),
        clock=time.monotonic,
        workers=Workers(1),
    )
    episode = simulator.episode
    for point in episode.town.spawn_points[:num_vehicles].tolist():
        actor = episode.spawn(Description(0, MODEL, []), Pose(*point))
        episode.dynamics.control[actor.slot, :3] = tuple(CONTROL.values())
    return simulator


def rate(tick: Callable[[], Any], window_s: float = WINDOW_S, calls: int = 10) -> float:
    """Return how often `tick` can be called per second; the clock is read every `calls`."""
    count, started = 0, time.perf_counter()
    while (now := time.perf_counter()) - started < window_s:
        for _ in range(calls):
            tick()
        count += calls
    return count / (now - started)


def measure_world() -> None:
    """Report the speed of the world without a client."""
    one = 0.0
    for num_vehicles in FLEETS:
        simulator = embedded(num_vehicles)
        for _ in range(WARM_UP_TICKS):
            simulator.tick()
        runs = [num_vehicles * rate(simulator.tick) for _ in range(WINDOWS)]
        one = one or statistics.median(runs)
        report(f"sim/vehicle_steps_per_s/vehicles={num_vehicles}", runs, "1/s", "one vehicle", one)


def measure_sensors() -> None:
    """Report the speed of cameras and lidars."""
    for width, height, count in ((84, 84, 16), (800, 600, 2)):
        size = [("image_size_x", str(width)), ("image_size_y", str(height))]
        depth = sensor_rate("sensor.camera.depth", size, count)
        report(
            f"sim/camera_fps/{width}x{height}",
            sensor_rate("sensor.camera.rgb", size, count),
            "1/s",
            "depth cameras of the same size",
            statistics.median(depth),
        )
    points = [
        ("channels", "32"),
        ("points_per_second", "56000"),
        ("range", "50.0"),
        ("rotation_frequency", "20"),
    ]
    semantic = sensor_rate("sensor.lidar.ray_cast_semantic", points, 8)
    report(
        "sim/lidar_scans_per_s",
        sensor_rate("sensor.lidar.ray_cast", points, 8),
        "1/s",
        "semantic lidars",
        statistics.median(semantic),
    )


def sensor_rate(type_id: str, settings: list[tuple[str, str]], count: int) -> list[float]:
    """Return how many measurements per second `count` sensors on vehicles make, tick by tick, of each window."""
    simulator = embedded(64, EagerHub())
    episode = simulator.episode
    kinds = {attribute.name: int(attribute.kind) for attribute in ATTRIBUTES[type_id]}
    values = [(name, kinds[name], value) for name, value in settings]
    for vehicle in episode.actors.vehicles()[:count]:
        episode.spawn(Description(0, type_id, values), Pose(0.5, 0.0, 2.0), vehicle.id)
    for _ in range(20):
        simulator.tick()
    return [count * rate(simulator.tick, calls=1) for _ in range(WINDOWS)]


@contextlib.contextmanager
def server(*command: str) -> Iterator[tuple[psutil.Process, int]]:
    """Run a server on a free port as a process, until the end of the block."""
    port = first_free_port(21000, 22000)
    process = subprocess.Popen([sys.executable, "-m", *(part.format(port=port) for part in command)])
    try:
        wait_for_port(port)
        yield psutil.Process(process.pid), port
    finally:
        process.kill()
        process.wait()


def drive(port: int, num_vehicles: int) -> tuple[carla.Client, carla.World]:
    """Connect the real client and let it spawn vehicles; returns client and world."""
    client = carla.Client("127.0.0.1", port, worker_threads=1)
    client.set_timeout(20.0)
    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    blueprint = world.get_blueprint_library().find(MODEL)
    points = world.get_map().get_spawn_points()[:num_vehicles]
    command = carla.command
    control = carla.VehicleControl(**CONTROL)
    batch = [
        command.SpawnActor(blueprint, point).then(command.ApplyVehicleControl(command.FutureActor, control))
        for point in points
    ]
    failed = [answer.error for answer in client.apply_batch_sync(batch, True) if answer.error]
    if failed or len(points) < num_vehicles:
        raise RuntimeError(f"{num_vehicles} vehicles cannot be spawned: {failed[:1]}")
    for _ in range(WARM_UP_TICKS):
        world.tick()
    return client, world


def measure_client() -> None:
    """Report the speed of the real client."""
    for num_vehicles in FLEETS:
        with (
            server("carla_drl_sim", "--port", "{port}", "--log-level", "error") as (_, port),
            server("benchmarks.idle_server", "{port}") as (idle, idle_port),
        ):
            client, world = drive(port, num_vehicles)
            idle_client, idle_world = drive(idle_port, num_vehicles)
            idle.send_signal(signal.SIGUSR1)
            for _ in range(WARM_UP_TICKS):
                idle_world.tick()
            runs, baseline = [], []
            for _ in range(WINDOWS):
                runs.append(rate(world.tick))
                baseline.append(rate(idle_world.tick))
            del client, idle_client
        report(
            f"sim/client_ticks_per_s/vehicles={num_vehicles}",
            runs,
            "1/s",
            "server that sends a prepared snapshot",
            statistics.median(baseline),
        )


def measure_memory() -> None:
    """Report what stays in memory after reloads and after clients that came and went."""
    simulator, here = embedded(64), psutil.Process()

    def reload() -> None:
        simulator.load(TOWN, reset_settings=False)
        for point in simulator.episode.town.spawn_points[:64].tolist():
            simulator.episode.spawn(Description(0, MODEL, []), Pose(*point))
        simulator.tick()

    grown("reloads", here, reload)
    with server("carla_drl_sim", "--port", "{port}", "--log-level", "error") as (process, port):

        def connect() -> None:
            client = carla.Client("127.0.0.1", port, worker_threads=1)
            client.set_timeout(20.0)
            client.get_world().wait_for_tick()

        grown("connects", process, connect)


def grown(what: str, process: psutil.Process, action: Callable[[], Any]) -> None:
    """Repeat an action and report how much the memory of `process` has grown since the first times."""
    for _ in range(SETTLING):
        action()
    before = process.memory_info().rss / MIB
    for _ in range(REPETITIONS):
        action()
    after = process.memory_info().rss / MIB
    report(f"sim/rss_growth_mb/{what}={REPETITIONS}", [after - before], "MiB", "memory before", before)


def main() -> None:
    """Measure everything."""
    measure_world()
    measure_client()
    measure_sensors()
    measure_memory()


if __name__ == "__main__":
    main()
