"""The bridge's loop in this process, on an embedded simulator: the same fleet, routes and metrics, frame by frame."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.embedded_world import EmbeddedWorld
from carla_sensor_bridge.episodes import FleetEpisodes
from carla_sensor_bridge.fleet import Fleet
from carla_sensor_bridge.frame_ring import Slot
from carla_sensor_bridge.lane_graph import build_lane_graph
from carla_sensor_bridge.route_suite import listed_routes
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.scenario_change import check_agents, check_exchange, same_world, terms_of
from carla_sensor_bridge.stop_lines import build_stop_lines
from carla_sensor_bridge.town_raster import TownRaster, build_town_raster
from carla_sensor_bridge.weather import WeatherSchedule

_log = logging.getLogger(__name__)


class InProcessBridge:
    """N agents in a world of their own, without server, client, sockets or ROS nodes.

    With the same scenario, seeds and controls its frames are those that the bridge writes into its ring, bit by bit.

    Attributes:
        frame: the current frame, in memory of its own: it stays as it is when the next one comes.
        sim_time_s: simulated time of that frame, s.
        town: what rasters show of the town; None without rasters.
    """

    def __init__(
        self, scenario: Scenario, num_agents: int, seed: int, *, town_seed: int = 0, raster: bool = False
    ) -> None:
        """Make the world and its first frame.

        Args:
            scenario: town, fleet, routes, limits.
            num_agents: N.
            seed: of the routes, the bridge's parameter `seed`.
            town_seed: of the town, the simulator's option `--seed`.
            raster: whether frames have what rasters need, the bridge's parameter `raster`.

        Raises:
            ConfigurationError: when the scenario cannot be driven by that many agents.
        """
        self.num_agents = num_agents
        self._town_seed = town_seed
        self._raster = raster
        self._make_world(scenario)
        self._begin(seed)

    def _make_world(self, scenario: Scenario) -> None:
        self._world = EmbeddedWorld(scenario, self.num_agents, town_seed=self._town_seed)
        self.scenario = scenario
        self._graph = build_lane_graph(self._world.map)
        self._area = DrivableArea(self._graph)
        self._stop_lines = build_stop_lines(self._world.map, self._graph)
        self._listed = listed_routes(scenario, self._world.map, self._graph)
        self.town: TownRaster | None = None
        if self._raster:
            self.town = build_town_raster(self._world.map, self._graph, self._area, self._stop_lines, _log)

    def restart(self, seed: int) -> None:
        """Begin anew, as a new object with that seed of routes would."""
        self._world.restart()
        self._begin(seed)

    def load(self, scenario: Scenario, agents: Sequence[int]) -> bool:
        """Give agents another scenario; see `LockStep.load`. A new world begins at once."""
        rows = check_agents(agents, self.num_agents)
        check_exchange(self.scenario, scenario)
        if not same_world(self.scenario, scenario):
            self._make_world(scenario)
            self._begin(self._seed)
            return True
        self._episodes.change_terms(terms_of(scenario, self._graph, self._seed), rows)
        if not agents and scenario.weather != self.scenario.weather:
            self.scenario = scenario
            self._weather = WeatherSchedule(scenario.weather, self._seed)
        return False

    def step(self, controls: npt.NDArray[np.float32]) -> None:
        """Simulate one step; afterwards `frame` is the next one.

        Args:
            controls: [N, 3] throttle, brake, steer (left positive).
        """
        fleet = self._fleet
        placed = self._episodes.restart_ended(fleet.ego)
        self._change_weather(fleet.sim_time_s - self._start_s)
        fleet.apply(controls, placed)
        fleet.advance()
        fleet.read(self._episodes.metrics.next_light)
        self._observe()

    @property
    def sim_time_s(self) -> float:
        """Simulated time of the current frame, s."""
        return self._fleet.sim_time_s

    def _begin(self, seed: int) -> None:
        self._seed = seed
        self._episodes = FleetEpisodes(
            self.scenario,
            self._graph,
            self._area,
            self._stop_lines,
            self.num_agents,
            seed,
            self._listed,
        )
        self._fleet = Fleet(self._world, self.num_agents, _log)
        self._fleet.watch_lights(self._stop_lines.light_ids)
        self._weather = WeatherSchedule(self.scenario.weather, seed)
        routes = self._episodes.first_routes()
        self._change_weather(0.0)
        self._fleet.spawn(routes, self._episodes.redraw, self.scenario.step_s)
        self._start_s = self._fleet.sim_time_s
        self._observe()

    def _change_weather(self, elapsed_s: float) -> None:
        weather = self._weather.due(elapsed_s, self._episodes.route_weather())
        if weather is not None:
            self._world.set_weather(weather)

    def _observe(self) -> None:
        lights = None if self.town is None else self.town.num_lights
        self.frame = Slot.alone(self.num_agents, len(self.scenario.routes.preview_m), lights)
        fleet = self._fleet
        self._episodes.observe(fleet.ego, fleet.collision, fleet.light_state, self.frame)
        if self.town is not None:
            fleet.read_lights(self.town.lights, self.frame.light_states)
