"""What the trainer and the node expect of every algorithm, and checks that they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from drl_agent_node.algorithms.compiling import compile_networks
from drl_agent_node.algorithms.learner_config import LearnerConfig
from drl_agent_node.algorithms.observing import ObservationScaler
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.env.normalization import RewardScaler
from drl_agent_node.env.observations import Observations
from drl_agent_node.errors import ConfigurationError

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Transition:
    """What one step of E environments gave, as `VectorEnv.step` returns it.

    `valid` [E] is False where the outcome of the action is unknown. `costs` [E] is None where the environment has none.
    `memory` is what `Algorithm.follow` returned, where another process acted.
    """

    next_observations: Observations
    rewards: Floats
    terminated: Bools
    truncated: Bools
    valid: Bools
    costs: Floats | None = None
    memory: tuple[Bools, Floats] | None = None


class Algorithm(ABC):
    """Acts for E environments that reset on the next step (Gymnasium 1.x), and learns from what happened."""

    name: ClassVar[str]
    updates: int
    config: LearnerConfig
    ranks: Ranks = Ranks()
    """Who else learns from parts of the same batches."""
    scaler: ObservationScaler
    reward_scaler: RewardScaler
    _networks: dict[str, nn.Module]
    _compiled: bool = False

    @abstractmethod
    def begin(self, done: Bools, fresh: Bools) -> None:
        """Start with the first observations after a reset of the environments.

        `done` [E] is True where that observation ends an episode, so that the next action is ignored; `fresh` [E]
        where it begins one. Elsewhere an episode is under way.
        """

    @abstractmethod
    def act(self, observations: Observations, *, deterministic: bool = False) -> Floats:
        """Return actions [E, A] for raw observations, not clipped; the mode when `deterministic`."""

    @abstractmethod
    def record(self, observations: Observations, actions: Floats, transition: Transition) -> None:
        """Keep a step for learning; `actions` as `act` returned them."""

    def follow(self, done: Bools) -> tuple[Bools, Floats] | None:
        """Take in which episodes ended, [E], with the oldest step that has no outcome yet, when nothing is recorded.

        Only policies with memory need it: they forget at the end of an episode. `record` does it itself. Returns where
        episodes began with the observation of that step, [E], and what was remembered before it, [E, H].
        """
        return None

    @property
    @abstractmethod
    def ready(self) -> bool:
        """True when `update` is due."""

    @property
    @abstractmethod
    def nearly_ready(self) -> bool:
        """True when `update` will be due after one more step."""

    @abstractmethod
    def update(self, progress: float, should_stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """Learn; returns scalars for the log.

        `progress` is the share of training that is over. `should_stop` is asked after each gradient step.

        Raises:
            DivergenceError: saying what was not finite; parameters are those before the offending gradient step.
        """

    def _compile(self, *networks: nn.Module | None) -> None:
        """Compile networks once, before the first gradient step; those who only drive need not wait for that."""
        if self.config.compile and not self._compiled:
            compile_networks([network for network in networks if network is not None], self.name)
            self._compiled = True

    def join(self, ranks: Ranks) -> None:
        """Learn together with others from now on; their networks and statistics are the same by then."""
        self.ranks = ranks
        for stats in (self.scaler.stats, self.reward_scaler.stats):
            stats.pool = ranks.moments

    def policy_state(self) -> dict[str, Any]:
        """Return what acting depends on, as tensors and plain data, for another process that acts."""
        # Parameters share their memory, all of which would go with each of them.
        networks = {
            name: {key: value.clone() for key, value in network.state_dict().items()}
            for name, network in self._networks.items()
        }
        return {"networks": networks, "observation_stats": self.scaler.state_dict()}

    def load_policy_state(self, state: Mapping[str, Any]) -> None:
        """Act from now on as the algorithm of `policy_state`, which has the same configuration."""
        for name, network in self._networks.items():
            network.load_state_dict(state["networks"][name])
        self.scaler.load_state_dict(state["observation_stats"])

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return everything that a resumed run needs, as tensors and plain data."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of `state_dict`.

        Raises:
            ConfigurationError: when its network has other sizes than this one's.
        """


def check_same_shapes(here: Mapping[str, Tensor], there: Mapping[str, Tensor]) -> None:
    """Refuse a checkpoint's parameters `there` that do not fit the network's parameters `here`.

    Raises:
        ConfigurationError: naming what differs.
    """
    now = {name: tuple(value.shape) for name, value in here.items()}
    before = {name: tuple(value.shape) for name, value in there.items()}
    if now != before:
        changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
        detail = ", ".join(f"{name}: {before.get(name)} became {now.get(name)}" for name in changed)
        raise ConfigurationError(f"the checkpoint's network does not fit this configuration: {detail}")
