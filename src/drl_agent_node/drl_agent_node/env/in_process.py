"""The loop in one process as a Gymnasium vector environment: no server, client, sockets, topics or nodes.

    from drl_agent_node.env.in_process import InProcessVectorEnv

    env = InProcessVectorEnv("town01_basic.yaml", num_agents=64)
    observations, infos = env.reset(seed=1)
    for _ in range(1000):
        observations, rewards, terminated, truncated, infos = env.step(env.action_space.sample())

World, routes, metrics, observations, action checks and rewards are the code of the loop: `carla_drl_sim` as a library,
`carla_sensor_bridge`'s fleet, `carla_gateway`'s C library, and `FleetVectorEnv`. So observations and rewards are those
of the loop with the same seeds and actions, bit by bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from carla_sensor_bridge.errors import ConfigurationError as BridgeConfigurationError
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import Scenario, load_scenario
from carla_sensor_bridge.scenario_change import parse_scenario
from drl_agent_node.env import columns
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewayCore, GatewaySettings, RasterSettings
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.env.observations import RASTER, STATE, Observations, parse_observed
from drl_agent_node.env.reward import RewardConfig
from drl_agent_node.env.wire import Header, Observation, Stamp
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.safety.config import SafetyConfig

SIMULATOR: Final = "in_process"
_NEVER_S: Final = 1e9


class InProcessTransport:
    """A `Transport` that has simulator, bridge and gateway behind it, as libraries."""

    def __init__(
        self, bridge: InProcessBridge, gateway: GatewayCore, raster: RasterSettings | None = None
    ) -> None:
        self._bridge = bridge
        self._gateway = gateway
        self._raster = raster
        self._take_town()
        self._session = 1
        self._frame = 0
        self._actions: NDArray[np.float32] | None = None
        self._group = LockStep(SIMULATOR, self._take, retry_s=_NEVER_S)
        self.groups = [self._group]
        self._group.on_layout(
            SimpleNamespace(
                simulator=SIMULATOR,
                session=self._session,
                num_agents=bridge.num_agents,
                step_s=bridge.scenario.step_s,
                state_names=gateway.state_names,
                metric_names=[f"metric_{column}" for column in range(columns.NUM_METRICS)],
                action_names=("acceleration", "steer"),
                raster_names=gateway.raster_names,
                raster_resolution_m=gateway.raster_resolution_m,
                raster_ahead_m=gateway.raster_ahead_m,
                images=(),
            )
        )
        self._publish()

    def restart(self, seed: int) -> None:
        """Make the world anew, with another seed of routes."""
        self._bridge.restart(seed)
        self._begin_session()

    def load(self, scenario: Scenario, agents: Sequence[int]) -> bool:
        """Give agents another scenario; True when the world was made anew for it."""
        if not self._bridge.load(scenario, agents):
            return False
        self._begin_session()
        return True

    def _begin_session(self) -> None:
        self._actions = None
        self._session += 1
        self._frame = 0
        self._take_town()
        self._publish()

    def _take_town(self) -> None:
        """Give the gateway what a session's ring would give it; its rasters remember nothing from before."""
        if self._bridge.town is not None:
            self._gateway.add_rasters(self._bridge.town.static_arrays(), self._raster)

    def wait(self, timeout_s: float) -> None:
        """Simulate the step that was answered last."""
        if self._actions is not None:
            controls = self._gateway.answer(self._actions)
            self._actions = None
            self._bridge.step(controls)
            self._publish()

    def describe_peers(self, group: LockStep) -> str:
        """Say what is behind the group."""
        return f"{group.simulator} runs in this process"

    def close(self) -> None:
        """Release the gateway's memory."""
        self._gateway.close()

    def _take(self, session: int, frame: int, actions: NDArray[np.float32]) -> None:
        self._actions = actions

    def _publish(self) -> None:
        self._frame += 1
        slot = self._bridge.frame
        state, raster = self._gateway.observe(
            self._frame,
            slot.ego,
            slot.route,
            slot.metrics,
            slot.status,
            slot.route_line,
            slot.light_states,
        )
        # As the gateway stamps its messages.
        sec, nanosec = divmod(round(self._bridge.sim_time_s * 1e9), 1_000_000_000)
        self._group.on_observation(
            Observation(
                Header(Stamp(sec, nanosec)),
                self._session,
                self._frame,
                self._bridge.scenario.step_s,
                self._bridge.num_agents,
                state.shape[1],
                state,
                slot.metrics,
                slot.status,
                raster.shape[1],
                raster.shape[2],
                raster.shape[3],
                raster,
            ),
            0.0,
        )


class InProcessVectorEnv(FleetVectorEnv):
    """N agents in one world in this process. Spaces, next-step autoreset and `infos` are those of `FleetVectorEnv`."""

    def __init__(
        self,
        scenario: Scenario | Path | str,
        num_agents: int,
        *,
        seed: int = 0,
        town_seed: int = 0,
        reward_config: RewardConfig | None = None,
        gateway: GatewaySettings | None = None,
        safety: str = "off",
        safety_config: SafetyConfig | None = None,
        observation: str = "state",
        raster: RasterSettings | None = None,
    ) -> None:
        """Make the world and its first frame.

        Args:
            scenario: or the path of its YAML file.
            num_agents: N ego vehicles.
            seed: of the routes; `reset` may give another one.
            town_seed: of the town, as the simulator's `--seed`.
            reward_config: weights of the reward.
            gateway: parameters of the gateway that are not at their defaults.
            safety, safety_config: as in `FleetVectorEnv`.
            observation: what is observed, see `FleetVectorEnv`; sensors are not simulated here.
            raster: parameters of the gateway's rasters that are not at their defaults.

        Raises:
            ConfigurationError: when the scenario cannot be driven by that many agents, or the gateway is not built.
        """
        if num_agents < 1:
            raise ConfigurationError(f"num_agents is {num_agents}; at least 1 is needed")
        observed = parse_observed(observation)
        if set(observed) - {STATE, RASTER}:
            raise ConfigurationError(
                f"observation is '{observation}', but a loop in one process has no cameras and lidars; allowed: "
                "state, raster, both"
            )
        try:
            if not isinstance(scenario, Scenario):
                scenario = load_scenario(scenario)
            bridge = InProcessBridge(
                scenario, num_agents, seed, town_seed=town_seed, raster=RASTER in observed
            )
        except BridgeConfigurationError as error:
            raise ConfigurationError(str(error)) from None
        core = GatewayCore(num_agents, len(scenario.routes.preview_m), scenario.step_s, gateway)
        self._in_process = InProcessTransport(bridge, core, raster)
        super().__init__(
            self._in_process,
            reward_config,
            safety=safety,
            safety_config=safety_config,
            observation=observation,
        )
        self._seed = seed
        self._moved = False
        self._connect()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Make the world anew and return its first observations.

        Args:
            seed: of the routes; None draws one from `np_random`, but leaves a world that has not moved yet as it is.
            options: not used.
        """
        if seed is None and self._moved:
            world_seed = int(self.np_random.integers(2**31))
        else:
            world_seed = self._seed if seed is None else seed
        if self._moved or world_seed != self._seed:
            self._in_process.restart(world_seed)
            self._seed, self._moved = world_seed, False
        return super().reset(seed=seed, options=options)

    def load_scenario(self, scenario: str, agents: Sequence[int] = ()) -> bool:
        """Give agents (all, where none is named) another scenario, YAML text; see `LoadScenario.srv`.

        Returns:
            Whether the world was made anew, which the next step tells as a new session.

        Raises:
            ConfigurationError: when it cannot be driven here.
        """
        try:
            return self._in_process.load(parse_scenario(scenario), agents)
        except BridgeConfigurationError as error:
            raise ConfigurationError(str(error)) from None

    def send(self, actions: NDArray[np.float32]) -> None:
        """Take `actions` [N, NUM_ACTIONS]; `receive` simulates."""
        self._moved = True
        super().send(actions)
