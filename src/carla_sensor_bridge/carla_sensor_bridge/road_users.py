"""Road users that are no egos: vehicles of the Traffic Manager and walkers with AI controllers."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.client_session import ClientSession
from carla_sensor_bridge.conversion import points_to_rep103, yaw_to_rep103
from carla_sensor_bridge.errors import ConfigurationError, SimulatorLostError
from carla_sensor_bridge.fleet_world import OTHER_ROLES
from carla_sensor_bridge.scenario import Pedestrians, Scenario, Traffic

Array = npt.NDArray[np.float64]

_TRAFFIC_ROLE, _PEDESTRIAN_ROLE, _ = OTHER_ROLES
_CLEARANCE_M: Final = 12.0
"""Least distance of a new traffic vehicle from every ego, m."""
_PLACES_PER_WALKER: Final = 4
"""Places that are tried for each walker: some are taken, or too close to others."""
_SETTLE_S: Final = 0.02
"""How long the Traffic Manager's thread may take from a tick until it sleeps."""
_WALK_MPS: Final = 1.4
_RUN_MPS: Final = 3.0


def _free_port() -> int:
    """Return a TCP port that is free now; the Traffic Manager listens on one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RoadUsers:
    """All road users of a scenario besides the fleet; none when the scenario asks for none.

    The Traffic Manager and the walkers' crowd are parts of the client library and run in this process. Their cars and
    walkers follow the seed as far as that library does, which is not bit by bit.

    Attributes:
        xy: f64 [M, 2] places at the last `read`, REP-103, m; far away for those that are gone.
    """

    def __init__(self, session: ClientSession, scenario: Scenario, seed: int, log: logging.Logger) -> None:
        """Prepare; `spawn` makes them."""
        self.xy = np.empty((0, 2))
        self._session = session
        self._client = session.client
        self._world = session.world
        self._scenario = scenario
        self._seed = seed
        self._log = log
        self._manager: Any = None
        self._vehicles: list[int] = []
        self._walkers: list[int] = []
        self._controllers: list[Any] = []
        self._sizes = np.zeros((0, 2), dtype=np.float32)
        self._kinds = np.zeros(0, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._kinds)

    def spawn(self, egos: Array) -> None:
        """Make traffic and walkers.

        Args:
            egos: [N, 2] x, y of the egos, REP-103, m; traffic keeps clear of them.

        Raises:
            ConfigurationError: when the simulator has nothing that the scenario asks for.
        """
        traffic, pedestrians = self._scenario.traffic, self._scenario.pedestrians
        if traffic.vehicles:
            self._spawn_vehicles(traffic, egos)
        if pedestrians.walkers:
            self._spawn_walkers(pedestrians)
        ids = self._vehicles + self._walkers
        if not ids:
            return
        self._session.tick()
        boxes = {actor.id: actor.bounding_box.extent for actor in self._world.get_actors(ids)}
        self._sizes = np.array([(2.0 * boxes[i].x, 2.0 * boxes[i].y) for i in ids], dtype=np.float32)
        self._kinds = np.array(
            [col.OBJECT_VEHICLE] * len(self._vehicles) + [col.OBJECT_WALKER] * len(self._walkers),
            dtype=np.float32,
        )
        self.xy = np.full((len(ids), 2), np.inf)
        self._log.info(
            "%d of %d traffic vehicles and %d of %d walkers are there",
            len(self._vehicles),
            traffic.vehicles,
            len(self._walkers),
            pedestrians.walkers,
        )

    def _spawn_vehicles(self, config: Traffic, egos: Array) -> None:
        seed = config.seed if config.seed is not None else self._seed
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0x7AF,))))
        blueprints = sorted(
            (
                blueprint
                for blueprint in self._world.get_blueprint_library().filter(config.blueprints)
                if not config.four_wheels_only or blueprint.get_attribute("number_of_wheels").as_int() == 4
            ),
            key=lambda blueprint: blueprint.id,
        )
        if not blueprints:
            raise ConfigurationError(
                f"scenario field traffic.blueprints is '{config.blueprints}'; allowed: a pattern that fits some of "
                "this simulator's vehicles"
            )
        manager = self._manager = self._client.get_trafficmanager(_free_port())
        manager.set_synchronous_mode(True)
        self._session.watch_traffic_manager(manager.get_port())
        manager.set_random_device_seed(seed)
        manager.set_global_distance_to_leading_vehicle(config.distance_m)
        points = self._world.get_map().get_spawn_points()
        places = np.array([(point.location.x, -point.location.y) for point in points]).reshape(-1, 2)
        away = np.square(places[:, None] - egos[None]).sum(axis=2).min(axis=1, initial=np.inf)
        free = rng.permutation(np.flatnonzero(away >= _CLEARANCE_M**2))[: config.vehicles]
        batch = []
        for number, place in enumerate(free.tolist()):
            blueprint = blueprints[int(rng.integers(len(blueprints)))]
            blueprint.set_attribute("role_name", f"{_TRAFFIC_ROLE}{number}")
            if blueprint.has_attribute("color"):
                colors = blueprint.get_attribute("color").recommended_values
                blueprint.set_attribute("color", colors[int(rng.integers(len(colors)))])
            autopilot = carla.command.SetAutopilot(carla.command.FutureActor, True, manager.get_port())
            batch.append(carla.command.SpawnActor(blueprint, points[place]).then(autopilot))
        self._vehicles = self._spawned(batch)
        self._session.tick()
        vehicles = {actor.id: actor for actor in self._world.get_actors(self._vehicles)}
        for actor_id in self._vehicles:
            vehicle = vehicles[actor_id]
            manager.vehicle_percentage_speed_difference(vehicle, float(rng.uniform(*config.slower_percent)))
            manager.ignore_lights_percentage(vehicle, config.ignore_lights_percent)
            manager.update_vehicle_lights(vehicle, True)

    def _spawn_walkers(self, config: Pedestrians) -> None:
        seed = config.seed if config.seed is not None else self._seed
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(0x9ED,))))
        world = self._world
        world.set_pedestrians_seed(seed)
        world.set_pedestrians_cross_factor(config.crossing_share)
        blueprints = sorted(
            world.get_blueprint_library().filter("walker.pedestrian.*"), key=lambda blueprint: blueprint.id
        )
        if not blueprints or world.get_random_location_from_navigation() is None:
            raise ConfigurationError(
                f"scenario field pedestrians.walkers is {config.walkers}; allowed: 0, as this simulator has no "
                f"walkers or no navigation mesh for {self._scenario.town}"
            )
        batch = []
        for number in range(config.walkers * _PLACES_PER_WALKER):
            blueprint = blueprints[int(rng.integers(len(blueprints)))]
            blueprint.set_attribute("role_name", f"{_PEDESTRIAN_ROLE}{number}")
            if blueprint.has_attribute("is_invincible"):
                blueprint.set_attribute("is_invincible", "false")
            place = world.get_random_location_from_navigation()
            place.z += 1.0
            batch.append(carla.command.SpawnActor(blueprint, carla.Transform(place)))
        while batch and len(self._walkers) < config.walkers:
            missing = config.walkers - len(self._walkers)
            self._walkers += self._spawned(batch[:missing])
            batch = batch[missing:]
        controller = world.get_blueprint_library().find("controller.ai.walker")
        controllers = self._spawned(
            [carla.command.SpawnActor(controller, carla.Transform(), walker) for walker in self._walkers]
        )
        self._session.tick()
        self._controllers = list(world.get_actors(controllers))
        for walker in self._controllers:
            walker.start()
            target = world.get_random_location_from_navigation()
            if target is not None:
                walker.go_to_location(target)
            running = rng.random() < config.running_share
            walker.set_max_speed((_RUN_MPS if running else _WALK_MPS) * float(rng.uniform(0.8, 1.2)))

    def _spawned(self, batch: Sequence[Any]) -> list[int]:
        """Spawn what there is room for; return the ids."""
        ids = []
        for response in self._client.apply_batch_sync(list(batch), False):
            if response.error:
                self._log.debug("a road user finds no place: %s", response.error)
            else:
                ids.append(response.actor_id)
        return ids

    def read(self, out: npt.NDArray[np.float32]) -> None:
        """Read where all are after the last tick.

        Args:
            out: f32 [M, NUM_OBJECT]; rows of those that are gone get OBJECT_NONE.
        """
        if not len(self):
            return
        rows = []
        snapshot = self._world.get_snapshot()
        for actor_id in self._vehicles + self._walkers:
            actor = snapshot.find(actor_id)
            if actor is None:
                rows.append((0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
                continue
            transform, v = actor.get_transform(), actor.get_velocity()
            at = transform.location
            rows.append((1.0, at.x, at.y, at.z, transform.rotation.yaw, v.x, v.y))
        values = np.array(rows)
        there = values[:, 0] > 0.0
        out[:, col.OBJECT_KIND] = np.where(there, self._kinds, col.OBJECT_NONE)
        out[:, [col.OBJECT_X, col.OBJECT_Y, col.OBJECT_Z]] = points_to_rep103(values[:, 1:4])
        out[:, col.OBJECT_YAW] = yaw_to_rep103(values[:, 4])
        out[:, col.OBJECT_VX] = values[:, 5]
        out[:, col.OBJECT_VY] = -values[:, 6]
        out[:, [col.OBJECT_LENGTH, col.OBJECT_WIDTH]] = self._sizes
        self.xy[:] = np.where(there[:, None], out[:, [col.OBJECT_X, col.OBJECT_Y]], np.inf)

    def destroy(self) -> None:
        """Remove everybody from the simulator, and end the Traffic Manager.

        Raises:
            SimulatorLostError: when the simulator answers no longer.
        """
        try:
            for controller in self._controllers:
                controller.stop()
            actors = [controller.id for controller in self._controllers] + self._walkers + self._vehicles
            self._controllers, self._walkers, self._vehicles = [], [], []
            if actors:
                self._client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in actors], False)
        except RuntimeError as error:
            raise SimulatorLostError(f"road users cannot be removed: {error}") from error
        finally:
            if self._manager is not None:
                self._session.watch_traffic_manager(None)
                # Its thread must sleep by then, or it may miss that it is to end, which the call waits for.
                time.sleep(_SETTLE_S)
                self._manager.shut_down()
                self._manager = None
