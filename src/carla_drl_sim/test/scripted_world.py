"""A busy world under scripted control in one process, and the hashes of all that it sends.

`python scripted_world.py <threads> <ticks>` prints them as JSON.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from carla_drl_sim.actors import Actor
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.streams import WORLD_STREAM_ID
from carla_drl_sim.protocol.structs import AttributeType, Pose
from carla_drl_sim.sensors import blueprints
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

VEHICLES = 16
"""Vehicles where nothing else is asked for."""
WALKERS = 12
CARRIERS = 3
COLLISION = "sensor.other.collision"
RAIN_AT_TICK = 2000
WANTED = {
    "sensor_tick": "5.0",
    "image_size_x": "40",
    "image_size_y": "32",
    "points_per_second": "400",
    "channels": "16",
    "distance": "20.0",
    "noise_seed": "11",
}
"""Settings of sensors that have them; all noise is switched on besides."""


class HashingHub(StreamHub):
    """Streams that are all subscribed to; messages are hashed instead of sent."""

    def __init__(self) -> None:
        super().__init__(lambda *_: None)
        self.hashes: dict[int, hashlib._Hash] = {}
        self.counts: Counter[int] = Counter()

    def has_subscribers(self, stream_id: int) -> bool:
        return True

    def send(self, stream_id: int, message: bytes | memoryview) -> None:
        self.send_parts(stream_id, b"", message)

    def send_parts(self, stream_id: int, header: bytes, payload: bytes | memoryview) -> None:
        found = self.hashes.setdefault(stream_id, hashlib.blake2b(digest_size=16))
        found.update(header)
        found.update(payload)
        self.counts[stream_id] += 1


def sensor_description(type_id: str) -> Description:
    values = []
    for attribute in blueprints.ATTRIBUTES[type_id]:
        if attribute.name in WANTED:
            values.append((attribute.name, int(attribute.kind), WANTED[attribute.name]))
        elif "noise" in attribute.name and attribute.kind is AttributeType.FLOAT:
            values.append((attribute.name, int(attribute.kind), "0.02"))
    return Description(0, type_id, values)


class ScriptedWorld:
    """Vehicles that drive as a script says, walkers, traffic lights, and every kind of sensor."""

    def __init__(
        self, threads: int, vehicles: int = VEHICLES, *, town: str = "Town02", seed: int = 3
    ) -> None:
        self.hub = HashingHub()
        self.simulator = Simulator(
            town, seed, 20.0, synchronous=True, hub=self.hub, clock=lambda: 0.0, workers=Workers(threads)
        )
        self.types = {WORLD_STREAM_ID: "world"}
        self.rng = np.random.Generator(np.random.PCG64(seed))
        episode = self.simulator.episode
        models = sorted(VEHICLE_MODELS)
        self.points = episode.town.spawn_points[: max(vehicles, WALKERS)].tolist()
        self.vehicles = [
            episode.spawn(Description(0, models[5 * index % len(models)], []), Pose(*point))
            for index, point in enumerate(self.points[:vehicles])
        ]
        self.walkers = [self._walker(index) for index in range(WALKERS)]
        for vehicle in self.vehicles:
            self._attach(vehicle, COLLISION)
        for carrier in self.vehicles[:CARRIERS]:
            for type_id in sorted(blueprints.ATTRIBUTES):
                if blueprints.is_served(type_id) and type_id != COLLISION:
                    self._attach(carrier, type_id)

    def _walker(self, index: int) -> Actor:
        x, y, z, *_ = self.points[index]
        for side in range(4, 12):
            try:
                return self.simulator.episode.spawn(
                    Description(0, "walker.pedestrian.0001", []), Pose(x, y + side, z + 1.0)
                )
            except RpcError:
                continue
        raise AssertionError(f"no room for walker {index}")

    def _attach(self, parent: Actor, type_id: str) -> None:
        sensor = self.simulator.episode.spawn(sensor_description(type_id), Pose(0.5, 0.0, 2.0), parent.id)
        self.types[sensor.stream_id] = type_id

    def run(self, ticks: int) -> None:
        episode = self.simulator.episode
        dynamics, walkers = episode.dynamics, episode.walkers.walkers
        for tick in range(ticks):
            if tick % 15 == 0:
                slots = [vehicle.slot for vehicle in self.vehicles]
                low, high = (-0.2, -0.5, -1.5), (1.0, 0.5, 1.0)
                dynamics.control[slots, :3] = np.clip(
                    self.rng.uniform(low, high, (len(slots), 3)), (0.0, -1.0, 0.0), 1.0
                )
                dynamics.control[slots, 4] = self.rng.random(len(slots)) < 0.15
            if tick % 40 == 0:
                for walker in self.walkers:
                    if walker.id in episode.actors and walkers.alive[walker.walker_slot]:
                        angle = self.rng.uniform(0.0, 2.0 * np.pi)
                        walkers.direction[walker.walker_slot] = np.cos(angle), np.sin(angle), 0.0
                        walkers.speed[walker.walker_slot] = 1.5
            if tick % 300 == 299:  # back into the streets, where they meet
                order = self.rng.permutation(len(self.vehicles)).tolist()
                for vehicle, place in zip(self.vehicles, order, strict=True):
                    episode.set_pose(vehicle, Pose(*self.points[place]))
                    dynamics.set_target_velocity(vehicle.slot, (0.0, 0.0, 0.0))
            if tick == RAIN_AT_TICK:
                episode.weather = [80.0, 90.0, 60.0, *episode.weather[3:9], 80.0, *episode.weather[10:]]
            self.simulator.tick()

    def digests(self) -> dict[str, str]:
        """Hash of each kind of stream, all its sensors in order of their ids."""
        kinds: dict[str, hashlib._Hash] = {}
        for stream_id in sorted(self.hub.hashes):
            kind = kinds.setdefault(self.types[stream_id], hashlib.blake2b(digest_size=16))
            kind.update(self.hub.hashes[stream_id].digest())
        return {name: kind.hexdigest() for name, kind in kinds.items()}

    def counts(self) -> dict[str, int]:
        """Messages of each kind of stream."""
        result: Counter[str] = Counter()
        for stream_id, count in self.hub.counts.items():
            result[self.types[stream_id]] += count
        return dict(result)


def main() -> None:
    threads, ticks, vehicles = map(int, sys.argv[1:4])
    world = ScriptedWorld(threads, vehicles)
    world.run(ticks)
    print(json.dumps({"digests": world.digests(), "counts": world.counts()}))


if __name__ == "__main__":
    main()
