"""The ego vehicles in the simulator: spawning, controlling, placing, reading, destroying."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.client_session import ClientSession
from carla_sensor_bridge.collisions import CollisionLog
from carla_sensor_bridge.conversion import (
    CARLA_STATE_COLUMNS,
    controls_to_carla,
    controls_to_rep103,
    pose_to_carla,
    state_to_rep103,
)
from carla_sensor_bridge.errors import ConfigurationError, SimulatorLostError
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.scenario import Fleet as FleetConfig

Array = npt.NDArray[np.float64]
Redraw = Callable[[int, Sequence[Route]], Route]

COLLISION_SENSOR: Final = "sensor.other.collision"
# Vehicles are spawned above the road and fall onto their wheels, m.
_SPAWN_HEIGHT_M: Final = 0.5
# Ticks until a spawned vehicle stands still; simulated time, s.
_SETTLE_S: Final = 1.5
_SPAWN_ROUNDS: Final = 10
_STANDING: Final = carla.Vector3D(0.0, 0.0, 0.0)


def find_blueprint(library: Any, config: FleetConfig, role_name: str) -> Any:
    """Return the blueprint of an ego with its role name and colour set.

    Raises:
        ConfigurationError: when the simulator has no such vehicle, or it has no colour to set.
    """
    known = sorted(blueprint.id for blueprint in library.filter("vehicle.*"))
    if config.blueprint not in known:
        close = difflib.get_close_matches(config.blueprint, known, n=3, cutoff=0.4) or known[:5]
        raise ConfigurationError(
            f"scenario field fleet.blueprint is '{config.blueprint}'; allowed: one of this simulator's {len(known)} "
            f"vehicles, e.g. {', '.join(close)}"
        )
    blueprint = library.find(config.blueprint)
    blueprint.set_attribute("role_name", role_name)
    if config.color is not None:
        if not blueprint.has_attribute("color"):
            raise ConfigurationError(
                f"scenario field fleet.color is '{config.color}'; allowed: none, as {config.blueprint} has no colour"
            )
        blueprint.set_attribute("color", config.color)
    return blueprint


class Fleet:
    """N ego vehicles with a collision sensor each. `apply`, `advance` and `read` are the hot path.

    Attributes:
        ego: f64 [N, NUM_EGO] of the last tick, REP-103.
        collision_ns: f64 [N] strongest collision impulse since the tick before, N s.
        sim_time_s: simulated time of the last tick, s.
    """

    def __init__(
        self, session: ClientSession, config: FleetConfig, num_agents: int, log: logging.Logger
    ) -> None:
        """Remove what a former run of the same roles left behind; `spawn` makes the fleet."""
        self.ego = np.zeros((num_agents, col.NUM_EGO))
        self.collision_ns = np.zeros(num_agents)
        self.sim_time_s = 0.0
        self._client = session.client
        self._world = session.world
        self._config = config
        self._num_agents = num_agents
        self._log = log
        self._ids: list[int] = []
        self._sensors: list[Any] = []
        self._collisions = CollisionLog(num_agents)
        self._commands: list[Any] = []
        self._controls: list[Any] = []
        self._ride_height = np.zeros(num_agents)
        self._carla_state = np.zeros((num_agents, CARLA_STATE_COLUMNS))
        self._carla_controls = np.zeros((num_agents, 3))
        self._destroy_leftovers()

    def _destroy_leftovers(self) -> None:
        # In synchronous mode the client knows the actors only after a tick.
        self._world.tick()
        role = re.compile(re.escape(self._config.role_prefix) + r"\d+")
        left = [a for a in self._world.get_actors() if role.fullmatch(a.attributes.get("role_name", ""))]
        if not left:
            return
        # Children first: a sensor without its vehicle is an error in some servers.
        left.sort(key=lambda actor: actor.parent is None)
        self._log.info("removing %d actors that a former run left behind", len(left))
        self._client.apply_batch_sync([carla.command.DestroyActor(actor.id) for actor in left], False)
        self._world.tick()

    def spawn(self, routes: list[Route], redraw: Redraw, step_s: float) -> None:
        """Spawn every ego at the start of its route and let it settle on its wheels.

        Args:
            routes: N routes; those whose start the simulator refuses are replaced.
            redraw: draws another route for an agent.
            step_s: simulated time per tick, s.

        Raises:
            ConfigurationError: when some egos find no place.
        """
        library = self._world.get_blueprint_library()
        blueprints = [
            find_blueprint(library, self._config, f"{self._config.role_prefix}{agent}")
            for agent in range(self._num_agents)
        ]
        ids = dict.fromkeys(range(self._num_agents), 0)
        for _ in range(_SPAWN_ROUNDS):
            waiting = [agent for agent, actor in ids.items() if not actor]
            batch = [
                carla.command.SpawnActor(blueprints[agent], _transform(routes[agent], _SPAWN_HEIGHT_M))
                for agent in waiting
            ]
            for agent, response in zip(waiting, self._client.apply_batch_sync(batch, False), strict=True):
                if not response.error:
                    ids[agent] = response.actor_id
                    self._ids.append(response.actor_id)
                    continue
                self._log.warning("ego %d cannot be spawned at its start: %s", agent, response.error)
                routes[agent] = redraw(agent, routes)
            if all(ids.values()):
                break
        else:
            raise ConfigurationError(
                f"parameter num_agents is {self._num_agents}; the simulator had room for "
                f"{sum(1 for actor in ids.values() if actor)} in {_SPAWN_ROUNDS} rounds"
            )
        self._ids = [ids[agent] for agent in range(self._num_agents)]
        self._commands = [
            carla.command.ApplyVehicleControl(actor, carla.VehicleControl(brake=1.0)) for actor in self._ids
        ]
        # References into the commands: setting their fields is all that a tick has to do.
        self._controls = [command.control for command in self._commands]
        self._client.apply_batch(self._commands)
        self._spawn_collision_sensors(library)
        for _ in range(max(round(_SETTLE_S / step_s), 2)):
            self._world.tick()
        self.read()
        self._ride_height = self.ego[:, col.EGO_Z] - [route.start_z for route in routes]
        self._read_boxes()
        # Once more onto the very start: settling may have moved a vehicle.
        self.apply(np.zeros((self._num_agents, 3), np.float32), list(enumerate(routes)))
        self.advance()
        self.read()

    def _spawn_collision_sensors(self, library: Any) -> None:
        blueprint = library.find(COLLISION_SENSOR)
        batch = []
        for agent, actor in enumerate(self._ids):
            if blueprint.has_attribute("role_name"):
                blueprint.set_attribute("role_name", f"{self._config.role_prefix}{agent}")
            batch.append(carla.command.SpawnActor(blueprint, carla.Transform(), actor))
        ids = []
        for response in self._client.apply_batch_sync(batch, False):
            if response.error:
                raise SimulatorLostError(f"the simulator refuses a collision sensor: {response.error}")
            ids.append(response.actor_id)
        self._world.tick()
        sensors = {actor.id: actor for actor in self._world.get_actors(ids)}
        for agent, sensor_id in enumerate(ids):
            sensor = sensors[sensor_id]
            sensor.listen(self._collisions.listener(agent))
            self._sensors.append(sensor)

    def _read_boxes(self) -> None:
        vehicles = {actor.id: actor for actor in self._world.get_actors(self._ids)}
        for agent, actor in enumerate(self._ids):
            extent = vehicles[actor].bounding_box.extent
            self.ego[agent, [col.EGO_LENGTH, col.EGO_WIDTH]] = 2.0 * extent.x, 2.0 * extent.y

    def apply(self, controls: npt.NDArray[np.float32], placed: Sequence[tuple[int, Route]]) -> None:
        """Send one batch: the controls of all egos, and new places of some.

        Args:
            controls: [N, 3] throttle, brake, steer (left positive).
            placed: agents that start a new route; their controls are ignored, they stand with the brake on.
        """
        controls_to_carla(controls, self._carla_controls)
        for agent, _ in placed:
            self._carla_controls[agent] = 0.0, 1.0, 0.0
        for control, (throttle, brake, steer) in zip(
            self._controls, self._carla_controls.tolist(), strict=True
        ):
            control.throttle = throttle
            control.brake = brake
            control.steer = steer
        batch = self._commands
        if placed:
            batch = batch.copy()
            for agent, route in placed:
                actor = self._ids[agent]
                batch.append(carla.command.ApplyTransform(actor, _transform(route, self._ride_height[agent])))
                batch.append(carla.command.ApplyTargetVelocity(actor, _STANDING))
                batch.append(carla.command.ApplyTargetAngularVelocity(actor, _STANDING))
        self._client.apply_batch(batch)
        controls_to_rep103(self._carla_controls, self.ego)

    def advance(self) -> None:
        """Simulate one step."""
        self._world.tick()

    def read(self) -> None:
        """Read the state after the step into `ego`, `collision_ns` and `sim_time_s`."""
        snapshot = self._world.get_snapshot()
        read_state(snapshot, self._ids, self._carla_state)
        state_to_rep103(self._carla_state, self.ego)
        self.sim_time_s = snapshot.timestamp.elapsed_seconds
        self._collisions.take(self.collision_ns)

    def destroy(self) -> None:
        """Remove sensors and vehicles from the simulator."""
        for sensor in self._sensors:
            sensor.stop()
        actors = [sensor.id for sensor in self._sensors] + self._ids
        self._sensors, self._ids = [], []
        if actors:
            self._client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in actors], False)


def _transform(route: Route, above: float) -> Any:
    x, y, z, pitch, yaw, roll = pose_to_carla(
        float(route.x[0]), float(route.y[0]), route.start_z + above, float(route.yaw[0]), route.start_pitch
    )
    return carla.Transform(carla.Location(x, y, z), carla.Rotation(pitch, yaw, roll))


def read_state(snapshot: Any, ids: Sequence[int], out: Array) -> None:
    """Read the state of some actors out of a snapshot, in CARLA's axes.

    Every attribute is a call into the client library, 0.1 to 0.3 us each: about 3.5 us per actor in all. Plain
    attributes in one tuple measured fastest, before `attrgetter`, `map` and `Transform.get_matrix`.

    Args:
        snapshot: of the world.
        ids: N actors.
        out: [N, CARLA_STATE_COLUMNS].

    Raises:
        SimulatorLostError: when an actor is not in the simulator any more.
    """
    find = snapshot.find
    values: list[float] = []
    extend = values.extend
    for actor_id in ids:
        actor = find(actor_id)
        if actor is None:
            raise SimulatorLostError(f"ego vehicle with actor id {actor_id} is not in the simulator any more")
        transform = actor.get_transform()
        at, turn = transform.location, transform.rotation
        v, w, a = actor.get_velocity(), actor.get_angular_velocity(), actor.get_acceleration()
        extend(
            (at.x, at.y, at.z, turn.roll, turn.pitch, turn.yaw, v.x, v.y, v.z, w.x, w.y, w.z, a.x, a.y, a.z)
        )
    # Twice as fast as assigning the list.
    out.reshape(-1)[:] = np.fromiter(values, np.float64, len(values))
