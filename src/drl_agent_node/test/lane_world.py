"""A kinematic fleet on random curved roads: stands in for simulator, bridge and gateway in tests and measurements.

`LaneWorld` is the simulated world with the fleet's contract: frames, next-step resets, metrics. `LaneWorldEnv` puts
it behind the vector environment's interface without ROS.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from drl_agent_node.env import columns
from drl_agent_node.env.reward import RewardConfig, reward

STEP_S = 0.1
PREVIEW_M = np.array([2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0])
SPEED_LIMIT_MPS = 8.33
COSTLY_SPEED_MPS = 5.0
WHEELBASE_M = 2.9
MAX_STEER_RAD = 0.6
MAX_LANE_OFFSET_M = 3.0
BLOCKED_S = 10.0
STATE_NAMES = (
    "speed_mps",
    "speed_limit_mps",
    "lane_offset_m",
    "heading_error_rad",
    "last_acceleration",
    "last_steer",
    *(f"route_{i}_{axis}_m" for i in range(len(PREVIEW_M)) for axis in "xy"),
    *(f"route_{i}_heading_rad" for i in range(len(PREVIEW_M))),
)
METRIC_NAMES = tuple(f"metric_{index}" for index in range(columns.NUM_METRICS))
ACTION_NAMES = ("acceleration", "steer")


class LaneWorld:
    """N cars, each on its own route of straights and bends; Frenet kinematics of a bicycle."""

    def __init__(self, num_agents: int, seed: int, route_m: tuple[float, float] = (120.0, 200.0)) -> None:
        self.num_agents = num_agents
        self.frame = 0
        self._random = np.random.default_rng(seed)
        self._route_m = route_m
        grid = int(route_m[1] + PREVIEW_M[-1]) + 3
        n = num_agents
        self._curvature = np.zeros((n, grid))
        self._yaw = np.zeros((n, grid))
        self._xy = np.zeros((n, grid, 2))
        self._length = np.ones(n)
        self._s, self._d, self._e, self._v = (np.zeros(n) for _ in range(4))
        self._time, self._stopped, self._acceleration = (np.zeros(n) for _ in range(3))
        self._last_action = np.zeros((n, 2))
        self.metrics = np.zeros((n, columns.NUM_METRICS), np.float32)
        self.status = np.zeros(n, np.uint8)
        self.state = np.zeros((n, len(STATE_NAMES)), np.float32)
        self.done_before = np.zeros(n, bool)
        self._place(np.arange(n))
        self._observe(np.zeros(n), np.zeros(n), np.zeros(n))
        self.status[:] = columns.RESET

    def _place(self, agents: np.ndarray) -> None:
        grid = self._curvature.shape[1]
        for agent in agents:
            curvature = np.zeros(grid)
            position = int(self._random.uniform(10, 25))
            while position < grid:
                radius = self._random.uniform(10.0, 40.0)
                bend = min(int(radius * self._random.uniform(0.5, np.pi / 2)), grid - position)
                curvature[position : position + bend] = self._random.choice([-1.0, 1.0]) / radius
                position += bend + int(self._random.uniform(10, 40))
            yaw = np.concatenate([[0.0], np.cumsum(curvature[:-1])])
            steps = np.stack([np.cos(yaw), np.sin(yaw)], axis=1)
            self._curvature[agent], self._yaw[agent] = curvature, yaw
            self._xy[agent] = np.concatenate([[[0.0, 0.0]], np.cumsum(steps[:-1], axis=0)])
        count = len(agents)
        self._length[agents] = self._random.uniform(*self._route_m, count)
        self._s[agents] = 0.0
        self._d[agents] = self._random.uniform(-0.3, 0.3, count)
        self._e[agents] = self._random.uniform(-0.05, 0.05, count)
        self._v[agents] = 0.0
        for zeroed in (self._time, self._stopped, self._acceleration, self._last_action):
            zeroed[agents] = 0.0

    def step(self, action: np.ndarray) -> None:
        """One frame: `action` [N, 2] in [-1, 1]; agents that were done are placed anew instead."""
        rows = np.arange(self.num_agents)
        resets = self.done_before
        action = np.where(resets[:, None], 0.0, np.clip(action.astype(np.float64), -1.0, 1.0))
        throttle = action[:, 0]
        acceleration = np.where(throttle > 0, 4.0 * throttle, 7.0 * throttle) - 0.05 * self._v
        speed = np.clip(self._v + acceleration * STEP_S, 0.0, 25.0)
        acceleration = (speed - self._v) / STEP_S
        curvature = self._curvature[rows, np.minimum(self._s.astype(int), self._curvature.shape[1] - 1)]
        along = np.clip(speed * np.cos(self._e) / np.maximum(1.0 - self._d * curvature, 0.2) * STEP_S, -3, 3)
        yaw_rate = speed * np.tan(action[:, 1] * MAX_STEER_RAD) / WHEELBASE_M
        # Grip: no more than 8 m/s^2 to the side.
        yaw_rate = np.clip(yaw_rate, -8.0 / np.maximum(speed, 0.5), 8.0 / np.maximum(speed, 0.5))
        progress = np.minimum(along, self._length - self._s)
        self._d += speed * np.sin(self._e) * STEP_S
        self._e = (self._e + yaw_rate * STEP_S - curvature * along + np.pi) % (2 * np.pi) - np.pi
        self._s = np.maximum(self._s + along, 0.0)
        jerk = (acceleration - self._acceleration) / STEP_S
        self._v, self._acceleration, self._last_action = speed, acceleration, action
        self._time += STEP_S
        self._stopped = np.where(speed > 0.1, 0.0, self._stopped + STEP_S)
        if resets.any():
            self._place(np.flatnonzero(resets))
        self.frame += 1
        self._observe(np.where(resets, 0.0, progress), speed * yaw_rate, jerk)
        self.status[resets] = columns.RESET

    def _observe(self, progress: np.ndarray, lateral: np.ndarray, jerk: np.ndarray) -> None:
        done = self._s >= self._length
        deviated = np.abs(self._d) > MAX_LANE_OFFSET_M
        blocked = self._stopped > BLOCKED_S
        late = self._time > self._length / 2.0
        reason = np.select(
            [done, deviated, blocked, late],
            [columns.END_ROUTE_DONE, columns.END_OFF_ROAD, columns.END_BLOCKED, columns.END_TIME_LIMIT],
            columns.END_NONE,
        )
        self.status = np.select(
            [(done | deviated), (blocked | late)], [columns.TERMINATED, columns.TRUNCATED], 0
        ).astype(np.uint8)
        self.done_before = self.status != 0
        metrics = self.metrics = np.zeros_like(self.metrics)
        metrics[:, columns.PROGRESS_M] = progress
        metrics[:, columns.ROUTE_COMPLETION] = np.minimum(self._s / self._length, 1.0)
        metrics[:, columns.LANE_OFFSET_M] = self._d
        metrics[:, columns.HEADING_ERROR_RAD] = self._e
        metrics[:, columns.SPEED_MPS] = self._v
        metrics[:, columns.SPEED_LIMIT_MPS] = SPEED_LIMIT_MPS
        metrics[:, columns.OFF_ROAD] = deviated
        metrics[:, columns.ROUTE_DONE] = done
        metrics[:, columns.ROUTE_LENGTH_M] = self._length
        metrics[:, columns.EPISODE_TIME_S] = self._time
        metrics[:, columns.STOPPED_TIME_S] = self._stopped
        metrics[:, columns.ACCELERATION_MPS2] = self._acceleration
        metrics[:, columns.LATERAL_ACCELERATION_MPS2] = lateral
        metrics[:, columns.JERK_MPS3] = jerk
        metrics[:, columns.END_REASON] = reason
        rows = np.arange(self.num_agents)
        here = np.minimum(self._s.astype(int), self._yaw.shape[1] - 1)
        points = np.minimum((self._s[:, None] + PREVIEW_M).astype(int), self._yaw.shape[1] - 1)
        road_yaw = self._yaw[rows, here]
        yaw = road_yaw + self._e
        ego = self._xy[rows, here] + self._d[:, None] * np.stack([-np.sin(road_yaw), np.cos(road_yaw)], 1)
        relative = self._xy[rows[:, None], points] - ego[:, None]
        cos, sin = np.cos(yaw)[:, None], np.sin(yaw)[:, None]
        preview = np.stack(
            [
                relative[..., 0] * cos + relative[..., 1] * sin,
                relative[..., 1] * cos - relative[..., 0] * sin,
            ],
            -1,
        )
        heading = np.arctan2(*(f(self._yaw[rows[:, None], points] - yaw[:, None]) for f in (np.sin, np.cos)))
        ends = self._s[:, None] + PREVIEW_M > self._length[:, None]
        preview[ends] = 0.0
        limit = np.full(self.num_agents, SPEED_LIMIT_MPS)
        self.state = np.concatenate(
            [
                np.stack([self._v, limit, self._d, self._e], 1),
                self._last_action,
                preview.reshape(self.num_agents, -1),
                heading,
            ],
            axis=1,
        ).astype(np.float32)


class LaneWorldEnv(VectorEnv):
    """`LaneWorld` with what `FleetVectorEnv` returns."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, num_agents: int, seed: int = 0, config: RewardConfig | None = None) -> None:
        self.num_envs = num_agents
        self.world = LaneWorld(num_agents, seed)
        self.state_names = self.observation_names = STATE_NAMES
        self.step_s = STEP_S
        self.single_observation_space = gym.spaces.Box(-np.inf, np.inf, (len(STATE_NAMES),), np.float32)
        self.single_action_space = gym.spaces.Box(-1.0, 1.0, (columns.NUM_ACTIONS,), np.float32)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_agents)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_agents)
        self._config = config or RewardConfig()

    def _infos(self) -> dict[str, Any]:
        world = self.world
        return {
            "metrics": world.metrics,
            "status": world.status,
            "end_reason": world.metrics[:, columns.END_REASON].astype(np.uint8),
            "valid": np.ones(self.num_envs, np.bool_),
            "stamp": np.full(self.num_envs, world.frame * STEP_S),
            "cost": (world.metrics[:, columns.SPEED_MPS] > COSTLY_SPEED_MPS).astype(np.float32),
        }

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        return self.world.state, self._infos()

    def step(self, actions: np.ndarray):
        world = self.world
        world.step(actions)
        rewards = reward(world.metrics, world.status, self._config)
        return (
            world.state,
            rewards,
            (world.status & columns.TERMINATED) != 0,
            (world.status & columns.TRUNCATED) != 0,
            self._infos(),
        )
