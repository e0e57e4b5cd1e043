"""Episodes of the fleet: who drives which route, whose episode ended, who is placed anew (next-step autoreset)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.ego_metrics import FleetMetrics
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.frame_ring import Slot
from carla_sensor_bridge.gateway_packets import ResetRequest
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.route_suite import RouteSuite
from carla_sensor_bridge.routes import NoClearStartError, Route, RouteGenerator
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.scenario_change import EpisodeTerms, random_routes
from carla_sensor_bridge.stop_lines import StopLines

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# An ego that was placed stands somewhere else than all other egos; far outside every map.
_NOWHERE: Final = 1e9


class FleetEpisodes:
    """The state machine of N episodes, without a simulator.

    Frame k says which episodes ended. Before the next tick `restart_ended` draws their new routes; after it `observe`
    writes frame k + 1, which begins them with STATUS_RESET.
    """

    def __init__(
        self,
        scenario: Scenario,
        graph: LaneGraph,
        area: DrivableArea,
        stop_lines: StopLines,
        num_agents: int,
        seed: int,
        listed: Sequence[Route] = (),
    ) -> None:
        """Prepare; `first_routes` starts the first episodes.

        `listed` are the routes to choose from; random ones where there are none.

        Raises:
            ConfigurationError: when the town has no route of the scenario's length.
        """
        self._scenario = scenario
        self._num_agents = num_agents
        generator: RouteGenerator | RouteSuite
        if listed:
            generator = RouteSuite(listed, scenario.routes, num_agents, seed)
        else:
            generator = random_routes(scenario, graph, seed)
        self._generators = [generator] * num_agents
        self._routes: list[Route | None] = [None] * num_agents
        self.metrics = FleetMetrics(
            num_agents, scenario.routes.preview_m, scenario.limits, scenario.step_s, area, stop_lines
        )
        self._external = np.zeros(num_agents, dtype=np.bool_)

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        """bool [N]: the episode ended with the last observed frame."""
        return self.metrics.ended

    def first_routes(self) -> list[Route]:
        """Draw the routes of the first episodes, clear of each other.

        Raises:
            ConfigurationError: when the town is too small for the fleet.
        """
        taken = np.full((self._num_agents, 2), _NOWHERE)
        routes = []
        for agent in range(self._num_agents):
            try:
                route = self._generators[agent].draw(agent, taken, strict=True)
            except NoClearStartError:
                raise self.too_small(agent) from None
            taken[agent] = route.x[0], route.y[0]
            routes.append(route)
            self._start(agent, route)
        return routes

    def _start(self, agent: int, route: Route) -> None:
        self._routes[agent] = route
        self.metrics.start_episode(agent, route)

    def too_small(self, possible: int) -> ConfigurationError:
        """Return the error that the town has room for `possible` egos only."""
        return ConfigurationError(
            f"parameter num_agents is {self._num_agents}; allowed: up to {possible} in town {self._scenario.town} "
            f"with routes.start_clearance_m {self._scenario.routes.start_clearance_m:g}"
        )

    def redraw(self, agent: int, routes: Sequence[Route]) -> Route:
        """Draw another first route for an agent whose start the simulator refused; `routes` are those of the fleet."""
        others = np.array([(route.x[0], route.y[0]) for i, route in enumerate(routes) if i != agent])
        try:
            route = self._generators[agent].draw(agent, others.reshape(-1, 2), strict=True)
        except NoClearStartError:
            raise self.too_small(self._num_agents - 1) from None
        self._start(agent, route)
        return route

    def restart_ended(self, ego: Array, others: Array | None = None) -> list[tuple[int, Route]]:
        """Draw a new route for every agent whose episode ended with the last frame.

        Args:
            ego: [N, NUM_EGO] of that frame.
            others: [M, 2] x, y of other road users, m, that starts keep clear of like of egos.

        Returns:
            Agent and route of those that are to be placed anew.
        """
        if not self.ended.any():
            return []
        agents = np.flatnonzero(self.ended).tolist()
        taken = ego[:, [col.EGO_X, col.EGO_Y]].copy()
        if others is not None and len(others):
            taken = np.concatenate((taken, others))
        taken[agents] = _NOWHERE
        placed = []
        for agent in agents:
            route = self._generators[agent].draw(agent, taken)
            taken[agent] = route.x[0], route.y[0]
            placed.append((agent, route))
            self._start(agent, route)
        return placed

    def route_weather(self) -> Array | None:
        """Return the weather that ego 0's route wants at present, [P]; None when it wants none."""
        route = self._routes[0]
        if route is None or route.weather is None:
            return None
        return route.weather.at(float(np.floor(100.0 * self.metrics.completion(0))))

    def request_reset(self, request: ResetRequest) -> None:
        """End the running episodes of some agents with the next frame.

        An agent whose episode ended with the last frame has none running: its next one, which begins with the next
        frame, is not cut off, but follows the request's seed.
        """
        agents = request.agents or range(self._num_agents)
        for agent in agents:
            if not self.ended[agent]:
                self._external[agent] = True
            if request.seed is not None:
                self._generators[agent].reseed(agent, request.seed)

    def change_terms(self, terms: EpisodeTerms, agents: Iterable[int]) -> None:
        """Let the next episodes of some agents follow other terms; running ones end as they began."""
        for agent in agents:
            if terms.generator is not None:
                self._generators[agent] = terms.generator
            self.metrics.limits[agent] = terms.limits

    def observe(self, ego: Array, collision: Array, light_state: IntArray, slot: Slot) -> None:
        """Write a frame into `slot`; arrays as in `FleetMetrics.update`."""
        self.metrics.update(ego, collision, light_state, self._external, slot)
        self._external[:] = False
