"""The ego vehicles: spawning, controlling, placing, reading, in whatever world they are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.collisions import NUM_COLLISION
from carla_sensor_bridge.conversion import (
    CARLA_STATE_COLUMNS,
    controls_to_carla,
    controls_to_rep103,
    pose_to_carla,
    state_to_rep103,
)
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.fleet_world import LIGHT_OFF, CarlaPose, FleetWorld
from carla_sensor_bridge.routes import Route

Redraw = Callable[[int, Sequence[Route]], Route]

# Vehicles are spawned above the road and fall onto their wheels, m.
_SPAWN_HEIGHT_M: Final = 0.5
# Ticks until a spawned vehicle stands still; simulated time, s.
_SETTLE_S: Final = 1.5
_SPAWN_ROUNDS: Final = 10


class Fleet:
    """N ego vehicles with a collision sensor each. `apply`, `advance` and `read` are the hot path.

    Attributes:
        ego: f64 [N, NUM_EGO] of the last tick, REP-103.
        collision: f64 [N, NUM_COLLISION] since the tick before.
        light_state: i64 [N] of the lights that were asked for with the last `read`, LIGHT_*.
        sim_time_s: simulated time of the last tick, s.
    """

    def __init__(self, world: FleetWorld, num_agents: int, log: logging.Logger) -> None:
        """`spawn` makes the vehicles."""
        self.ego = np.zeros((num_agents, col.NUM_EGO))
        self.collision = np.zeros((num_agents, NUM_COLLISION))
        self.light_state = np.full(num_agents, LIGHT_OFF)
        self.sim_time_s = 0.0
        self._world = world
        self._num_agents = num_agents
        self._log = log
        self._ride_height = np.zeros(num_agents)
        self._carla_state = np.zeros((num_agents, CARLA_STATE_COLUMNS))
        self._carla_controls = np.zeros((num_agents, 3))

    def spawn(self, routes: list[Route], redraw: Redraw, step_s: float) -> None:
        """Spawn every ego at the start of its route and let it settle on its wheels.

        Args:
            routes: N routes; those whose start the simulator refuses are replaced.
            redraw: draws another route for an agent.
            step_s: simulated time per tick, s.

        Raises:
            ConfigurationError: when some egos find no place.
        """
        waiting = list(range(self._num_agents))
        for _ in range(_SPAWN_ROUNDS):
            refused = self._world.spawn([(agent, _pose(routes[agent], _SPAWN_HEIGHT_M)) for agent in waiting])
            for agent, reason in refused.items():
                self._log.warning("ego %d cannot be spawned at its start: %s", agent, reason)
                routes[agent] = redraw(agent, routes)
            waiting = list(refused)
            if not waiting:
                break
        else:
            raise ConfigurationError(
                f"parameter num_agents is {self._num_agents}; the simulator had room for "
                f"{self._num_agents - len(waiting)} in {_SPAWN_ROUNDS} rounds"
            )
        self._world.complete()
        for _ in range(max(round(_SETTLE_S / step_s), 2)):
            self.advance()
        self.read()
        self._ride_height = self.ego[:, col.EGO_Z] - [route.start_z for route in routes]
        self.ego[:, [col.EGO_LENGTH, col.EGO_WIDTH]] = self._world.boxes()
        # Once more onto the very start: settling may have moved a vehicle.
        self.apply(np.zeros((self._num_agents, 3), np.float32), list(enumerate(routes)))
        self.advance()
        self.read()

    def apply(self, controls: npt.NDArray[np.float32], placed: Sequence[tuple[int, Route]]) -> None:
        """Send one batch: the controls of all egos, and new places of some.

        Args:
            controls: [N, 3] throttle, brake, steer (left positive).
            placed: agents that start a new route; their controls are ignored, they stand with the brake on.
        """
        controls_to_carla(controls, self._carla_controls)
        for agent, _ in placed:
            self._carla_controls[agent] = 0.0, 1.0, 0.0
        poses = [(agent, _pose(route, self._ride_height[agent])) for agent, route in placed]
        self._world.apply(self._carla_controls, poses)
        controls_to_rep103(self._carla_controls, self.ego)

    def advance(self) -> None:
        """Simulate one step."""
        self._world.tick()

    def watch_lights(self, ids: Sequence[str]) -> None:
        """Find the traffic lights that `read` is asked for, by ids of OpenDRIVE signals."""
        self._world.watch_lights(ids)

    def read(self, lights: npt.NDArray[np.int64] | None = None) -> None:
        """Read the state after the step into `ego`, `collision`, `light_state` and `sim_time_s`.

        Args:
            lights: [N] the light ahead of each ego, an index into the watched ids; negative: none.
        """
        self.sim_time_s = self._world.read(self._carla_state, self.collision)
        state_to_rep103(self._carla_state, self.ego)
        if lights is not None:
            self._world.read_lights(lights, self.light_state)

    def read_lights(self, lights: npt.NDArray[np.int64], out: npt.NDArray[np.uint8]) -> None:
        """Read what some lights showed after the step.

        Args:
            lights: [L] indices into the watched ids.
            out: [L] LIGHT_*.
        """
        self._world.read_lights(lights, out)

    def destroy(self) -> None:
        """Remove sensors and vehicles from the simulator."""
        self._world.destroy()


def _pose(route: Route, above: float) -> CarlaPose:
    return pose_to_carla(
        float(route.x[0]), float(route.y[0]), route.start_z + above, float(route.yaw[0]), route.start_pitch
    )
