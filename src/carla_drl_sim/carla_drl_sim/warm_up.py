"""Runs once what ticks and sensors run, so that no client waits for a compiler.

Numba keeps what it has compiled on disk: only the first time on a machine takes long.
"""

from __future__ import annotations

import numpy as np

from carla_drl_sim.actors import Actor
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.control_requests import ControlRequests
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.sensors import blueprints
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub
from carla_drl_sim.town_library import TownLibrary
from carla_drl_sim.world import scenery_collision, traffic_lights, walkers
from carla_drl_sim.world.vehicles import VEHICLE_MODELS


def _world(town: str, towns: TownLibrary | None = None) -> tuple[Simulator, Actor]:
    """A world of its own, and one of two vehicles in it that have just collided."""
    hub = StreamHub(lambda *_: None)
    simulator = Simulator(town, 0, 20.0, synchronous=True, hub=hub, clock=lambda: 0.0, towns=towns)
    episode = simulator.episode
    model = next(iter(VEHICLE_MODELS))
    first, second = (Pose(*point) for point in episode.town.spawn_points[:2].tolist())
    for point in (first, second):
        vehicle = episode.spawn(Description(0, model, []), point)
        episode.spawn(Description(0, "sensor.other.collision", []), Pose(0.1), vehicle.id)
    episode.set_pose(vehicle, first._replace(x=first.x + 1.0))
    for _ in range(3):
        simulator.tick()
    return simulator, vehicle


def warm_up(town: str, towns: TownLibrary | None = None) -> None:
    """Run what every tick runs, and read out of a town what a first vehicle would otherwise wait for.

    Args:
        town: name of a town.
        towns: where it comes from, one of seed 0 where None.
    """
    simulator, _ = _world(town, towns)
    episode = simulator.episode
    ControlRequests().apply(
        np.zeros(16, dtype=np.uint8),
        16,
        episode.actors.slot_of,
        episode.dynamics.table,
        episode.actors.walker_slot_of,
        episode.walkers.walkers.table,
    )
    traffic_lights.warm_up()
    walkers.warm_up()
    scenery_collision.warm_up()


def warm_up_sensors(town: str, *, cameras: bool) -> None:
    """Let one sensor of each kind measure: the cameras, or all others."""
    simulator, vehicle = _world(town)
    for type_id in blueprints.ATTRIBUTES:
        if type_id.startswith("sensor.camera.") is cameras:
            noisy = [("noise_accel_stddev_x", 3, "1")] if type_id == "sensor.other.imu" else []
            simulator.episode.spawn(Description(0, type_id, noisy), Pose(z=2.0), vehicle.id)
    simulator.episode.snapshot.refresh()
    simulator.episode.sensors.measure_all(simulator.episode)
