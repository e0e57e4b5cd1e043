"""The fleet's vehicles in an embedded simulator in this process: no sockets, no client, no server.

What the client and the wire do to numbers is done here too: poses, states, boxes and impulses are rounded to float32.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_drl_sim.errors import ConfigurationError as SimulatorConfigurationError
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import AttributeType, Pose
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub
from carla_drl_sim.town_library import TownLibrary
from carla_drl_sim.world.vehicles import VEHICLE_MODELS
from carla_sensor_bridge.collisions import (
    IMPULSE_NS,
    LEAST_IMPULSE_NS,
    NUM_COLLISION,
    PARTNER,
    partner_kind,
)
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.fleet_world import LIGHT_OFF, CarlaPose, check_blueprint
from carla_sensor_bridge.scenario import WEATHER_PARAMETERS, Fleet, Scenario

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_COLLISION_SENSOR: Final = Description(0, "sensor.other.collision", [])
# Columns of the simulator's controls: throttle, steer, brake; the fleet's are throttle, brake, steer.
_CONTROL_COLUMNS: Final = np.array([0, 2, 1])
# Fields of a snapshot record in the order of a state; rotation is pitch, yaw, roll there, roll first here.
_ROLL_PITCH_YAW: Final = np.array([2, 0, 1])
_WIRE_ORDER: Final = [
    WEATHER_PARAMETERS.index(name)
    for name in (
        "cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "sun_azimuth_angle",
        "sun_altitude_angle", "fog_density", "fog_distance", "fog_falloff", "wetness", "scattering_intensity",
        "mie_scattering_scale", "rayleigh_scattering_scale", "dust_storm",
    )
]  # fmt: skip
"""Weather parameters in the order in which the client sends them."""


def _towns(town: str, seed: int) -> TownLibrary:
    """The simulator's maps, among which a town has to be."""
    try:
        towns = TownLibrary(seed)
        if town not in towns.bases:
            raise ConfigurationError(f"scenario field town is '{town}'; allowed: {', '.join(towns.bases)}")
        towns.town(town)
    except (SimulatorConfigurationError, RpcError) as error:
        raise ConfigurationError(str(error)) from None
    return towns


class EmbeddedWorld:
    """A `FleetWorld` that owns its simulator.

    The town's road network is read by the `carla` library's own map, `map`, which needs no server: it is what the
    bridge reads from, so routes come out the same.
    """

    def __init__(self, scenario: Scenario, num_agents: int, *, town_seed: int = 0) -> None:
        """Make the scenario's town.

        Args:
            scenario: of the run.
            num_agents: N.
            town_seed: as the simulator's `--seed`.

        Raises:
            ConfigurationError: when the simulator has no such town or vehicle, or the scenario needs a client.
        """
        self._scenario = scenario
        self._num_agents = num_agents
        check_without_client(scenario)
        towns = _towns(scenario.town, town_seed)
        check_blueprint(scenario.fleet, VEHICLE_MODELS)
        self._description = _describe(scenario.fleet)
        self._simulator = Simulator(
            scenario.town,
            town_seed,
            1.0 / scenario.step_s,
            synchronous=True,
            hub=StreamHub(lambda *_: None),
            clock=time.monotonic,
            workers=Workers(1),
            towns=towns,
        )
        town = self._simulator.episode.town
        self.map = carla.Map(town.name, town.opendrive)
        self._begin()

    def restart(self) -> None:
        """Make the world anew, without vehicles."""
        self._simulator.load(self._scenario.town, reset_settings=True)
        self._begin()

    def _begin(self) -> None:
        episode = self._episode = self._simulator.episode
        episode.settings = replace(episode.settings, fixed_delta_seconds=self._scenario.step_s)
        self._actors = [0] * self._num_agents
        self._slots = np.zeros(self._num_agents, dtype=np.intp)
        self._agents: dict[int, int] = {}
        self._lights = np.array([-1])
        self._collision = np.zeros((self._num_agents, NUM_COLLISION))

    def set_weather(self, values: Array) -> None:
        """Change the weather to parameters [P] in the order of `WEATHER_PARAMETERS`."""
        self._episode.weather = values[_WIRE_ORDER].astype(np.float32).astype(np.float64).tolist()

    def spawn(self, poses: Sequence[tuple[int, CarlaPose]]) -> dict[int, str]:
        """Spawn the vehicles of some agents; see `FleetWorld`."""
        refused = {}
        for agent, pose in poses:
            try:
                actor = self._episode.spawn(self._description, _rounded(pose))
            except RpcError as error:
                refused[agent] = str(error)
                continue
            self._actors[agent] = actor.id
            self._slots[agent] = actor.slot
        return refused

    def complete(self) -> None:
        """Put the brakes on and add the collision sensors; advances the world by a tick."""
        braking = np.tile((0.0, 1.0, 0.0), (self._num_agents, 1))
        self.apply(braking, ())
        for agent, actor in enumerate(self._actors):
            self._agents[actor] = agent
            self._episode.spawn(_COLLISION_SENSOR, Pose(), actor)
        self.tick()

    def boxes(self) -> Array:
        """Return [N, 2] length and width of the vehicles, m."""
        extent = self._episode.dynamics.extent[self._slots, :2].astype(np.float32)
        return np.asarray(2.0 * extent.astype(np.float64))

    def apply(self, carla_controls: Array, placed: Sequence[tuple[int, CarlaPose]]) -> None:
        """Set the controls of all vehicles, and new places of some, where they stand."""
        dynamics = self._episode.dynamics
        dynamics.control[self._slots[:, None], _CONTROL_COLUMNS] = carla_controls
        for agent, pose in placed:
            slot = int(self._slots[agent])
            dynamics.set_transform(slot, *_rounded(pose))
            dynamics.velocity[slot] = 0.0
            dynamics.angular_velocity[slot] = 0.0

    def tick(self) -> None:
        """Simulate one step."""
        episode = self._episode
        for event in episode.step():
            agent = self._agents[event.vehicle.id]
            x, y, z = (np.float32(value) for value in event.impulse)
            length = float(np.sqrt(x * x + y * y + z * z))
            row = self._collision[agent]
            row[IMPULSE_NS] = max(row[IMPULSE_NS], length, LEAST_IMPULSE_NS)
            row[PARTNER] = max(row[PARTNER], partner_kind(event.other.type_id))

    def watch_lights(self, ids: Sequence[str]) -> None:
        """Find traffic lights by their ids; see `FleetWorld`."""
        rows = {signal.id: row for row, signal in enumerate(self._episode.traffic.lights.signals)}
        self._lights = np.array([rows.get(light, -1) for light in ids] + [-1], dtype=np.int64)
        self._episode.traffic.lights.reset()

    def read_lights(self, lights: IntArray, out: npt.NDArray[np.integer[Any]]) -> None:
        """Read the states of some lights."""
        rows = self._lights[lights]
        out[:] = LIGHT_OFF
        known = rows >= 0
        out[known] = self._episode.traffic.lights.state[rows[known]]

    def read(self, carla_state: Array, collision: Array) -> float:
        """Read states and collisions of the last tick; return its simulated time, s."""
        dynamics, slots = self._episode.dynamics, self._slots
        state = np.empty((len(slots), carla_state.shape[1]), dtype=np.float32)
        state[:, 0:3] = dynamics.position[slots]
        state[:, 3:6] = dynamics.rotation[slots[:, None], _ROLL_PITCH_YAW]
        state[:, 6:9] = dynamics.velocity[slots]
        state[:, 9:12] = dynamics.angular_velocity[slots]
        state[:, 12:15] = dynamics.acceleration[slots]
        carla_state[:] = state
        collision[:] = self._collision
        self._collision[:] = 0.0
        return float(self._episode.elapsed_s)

    def destroy(self) -> None:
        """Remove the vehicles."""
        self.restart()


def check_without_client(scenario: Scenario) -> None:
    """Refuse what the `carla` library does in the bridge: driving traffic, walkers and hazards, reading sensors.

    Raises:
        ConfigurationError: naming all fields that are in the way.
    """
    needs_client = {
        "traffic.vehicles": scenario.traffic.vehicles,
        "pedestrians.walkers": scenario.pedestrians.walkers,
        "triggers": len(scenario.triggers),
        "sensors": len(scenario.sensors),
    }
    wanted = [f"{field} is {count}" for field, count in needs_client.items() if count]
    if wanted:
        raise ConfigurationError(
            f"scenario field {', '.join(wanted)}; allowed in one process, which has no client to drive other road "
            "users and to read sensors: 0 of each. Leave them out, or use the loop (train.launch.py)"
        )


def _describe(fleet: Fleet) -> Description:
    colour = [] if fleet.color is None else [("color", AttributeType.RGB, fleet.color)]
    return Description(0, fleet.blueprint, [("role_name", AttributeType.STRING, fleet.role_prefix), *colour])


def _rounded(pose: CarlaPose) -> Pose:
    return Pose(*np.array(pose, dtype=np.float32).tolist())
