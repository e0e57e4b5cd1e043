"""Where every ego is on its route and how it drives, frame by frame, for the whole fleet at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import route_kernel as kernel
from carla_sensor_bridge import route_line
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.frame_ring import Slot
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.scenario import Limits
from carla_sensor_bridge.stop_lines import StopLines

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_ROUTE_ROWS: Final = 6


class FleetMetrics:
    """Metrics of N egos; see `route_kernel.advance` for the formulas.

    An episode ends for the first of these that holds: collision, red light, off road, too far from the route, route
    done (all terminated), reset by service, blocked, time limit (truncated).

    Attributes:
        limits: of each agent's next episode; of other fields than the time limit the first ones hold for all.
        ended: bool [N], the episode ended with the last frame.
        next_light: i64 [N] index into the stop lines' `light_ids` of the light that the ego drives towards; -1: none
            within `route_kernel.LINE_RANGE_M`.
        lost_rows: how often a row of the simulator was not finite; such a row never reaches the ring: the last good
            one stands in for it and the episode is truncated.
    """

    def __init__(
        self,
        num_agents: int,
        preview_m: tuple[float, ...],
        limits: Limits,
        step_s: float,
        area: DrivableArea,
        stop_lines: StopLines,
    ) -> None:
        """Every agent needs `start_episode` before the first `update`."""
        self.ended = np.zeros(num_agents, dtype=np.bool_)
        self.next_light = np.full(num_agents, -1, dtype=np.int64)
        self.lost_rows = 0
        self.limits = [limits] * num_agents
        self._route = np.zeros((num_agents, _ROUTE_ROWS, 2))
        self._stop_lines = stop_lines
        self._lines = np.full((num_agents, 1, 2), np.inf)
        self._counts = np.zeros(num_agents, dtype=np.int64)
        self._index = np.zeros(num_agents, dtype=np.int64)
        self._state = np.zeros((num_agents, kernel.NUM_STATE))
        self._steps = np.zeros(num_agents, dtype=np.int64)
        self._fresh = np.zeros(num_agents, dtype=np.bool_)
        self._last_ego = np.zeros((num_agents, col.NUM_EGO))
        self._area = (area.low_x, area.low_y, area.index, area.tiles)
        self._limit_values = (
            limits.blocked_s,
            limits.max_lane_offset_m,
            limits.off_road,
            limits.red_light,
        )
        self._preview = np.array(preview_m, dtype=np.float64)
        self._step_s = step_s

    def start_episode(self, agent: int, route: Route) -> None:
        """Give an agent a route; the next `update` is the first frame of its episode, with STATUS_RESET."""
        count = len(route.x)
        capacity = self._route.shape[2]
        if count > capacity:
            grown = np.zeros((self._route.shape[0], _ROUTE_ROWS, max(count, 2 * capacity)))
            grown[:, :, :capacity] = self._route
            self._route = grown
        rows = (route.x, route.y, route.yaw, route.s, route.speed_limit, route.half_width)
        for row, values in enumerate(rows):
            self._route[agent, row, :count] = values
        self._set_lines(agent, self._stop_lines.along(route))
        self._counts[agent] = count
        self._index[agent] = 0
        self._state[agent, kernel.STATE_TIME_LIMIT] = self.limits[agent].episode_time_s(route.length_m)
        self._fresh[agent] = True
        # Stands in should the simulator's very first row be unusable.
        self._last_ego[agent] = 0.0
        self._last_ego[agent, [col.EGO_X, col.EGO_Y, col.EGO_Z]] = route.x[0], route.y[0], route.start_z
        self._last_ego[agent, col.EGO_YAW] = route.yaw[0]

    def places(self) -> Array:
        """Return [N] where each ego is along its route, m; 0 for those whose episode begins with the next frame."""
        return np.where(self._fresh, 0.0, self._state[:, kernel.STATE_S])

    def completion(self, agent: int) -> float:
        """Return the share of its route that an agent has driven, 0 to 1."""
        if self._fresh[agent]:
            return 0.0
        return float(self._state[agent, kernel.STATE_BEST_S] / self._route[agent, 3, self._counts[agent] - 1])

    def _set_lines(self, agent: int, lines: Array) -> None:
        # There is always a line at infinity after the last one.
        missing = len(lines) + 1 - self._lines.shape[1]
        if missing > 0:
            self._lines = np.pad(self._lines, ((0, 0), (0, missing), (0, 0)), constant_values=np.inf)
        self._lines[agent] = np.inf
        self._lines[agent, : len(lines)] = lines

    def update(
        self,
        ego: Array,
        collision: Array,
        light_state: IntArray,
        external: npt.NDArray[np.bool_],
        slot: Slot,
    ) -> None:
        """Compute one frame and write it into `slot`.

        Args:
            ego: [N, NUM_EGO] in REP-103; rows that are not finite are overwritten with the last good ones.
            collision: [N, NUM_COLLISION] of the frame.
            light_state: [N] of the lights `next_light` that the last frame told, LIGHT_*.
            external: [N] episodes to truncate with END_EXTERNAL. One that ends by itself keeps its own reason.
            slot: where ego, route, metrics and status go; its objects are those of this frame already.
        """
        self.lost_rows += kernel.advance(
            ego,
            collision,
            light_state,
            slot.objects,
            external,
            self._route,
            self._lines,
            self._counts,
            self._index,
            self._state,
            self._steps,
            self._fresh,
            self._last_ego,
            *self._area,
            self._preview,
            self._step_s,
            *self._limit_values,
            slot.ego,
            slot.route,
            slot.metrics,
            slot.status,
            self.ended,
            self.next_light,
        )
        if slot.route_line.size:
            here = self._state[:, kernel.STATE_S]
            route_line.sample(self._route, self._counts, self._index, here, slot.route_line)
