"""What a fleet did between two updates of an on-policy algorithm, and what it was worth."""

from __future__ import annotations

import numpy as np

from drl_agent_node.algorithms.base import Bools, Floats, Transition
from drl_agent_node.algorithms.observing import ObservationSize
from drl_agent_node.env.observations import IMAGES, Observations, state_of


class Rollout:
    """T steps of E environments, in time order. `observations` has T + 1 rows: the last one follows the last action.

    `present`, bool [T + 1, E], tells whose observation is that of an episode that goes on.
    """

    def __init__(self, steps: int, num_envs: int, observation: ObservationSize, action_dim: int) -> None:
        self.observations = _allocate((steps + 1, num_envs), observation)
        self.actions: Floats = np.zeros((steps, num_envs, action_dim), np.float32)
        self.rewards: Floats = np.zeros((steps, num_envs), np.float32)
        self.terminated: Bools = np.zeros((steps, num_envs), np.bool_)
        self.truncated: Bools = np.zeros((steps, num_envs), np.bool_)
        self.valid: Bools = np.zeros((steps, num_envs), np.bool_)
        self.present: Bools = np.ones((steps + 1, num_envs), np.bool_)
        self.length = 0
        self._done_before: Bools = np.zeros(num_envs, np.bool_)

    @property
    def full(self) -> bool:
        """True when an update is due."""
        return self.length == len(self.actions)

    def add(self, observations: Observations, actions: Floats, transition: Transition) -> None:
        """Append a step: `observations` were answered with `actions` [E, A], which led to `transition`."""
        step = self.length
        if step == 0:
            _put(self.observations, 0, observations)
            self.present[0] = self.present[-1]
        _put(self.observations, step + 1, transition.next_observations)
        self.actions[step] = actions
        self.rewards[step] = transition.rewards
        self.terminated[step] = transition.terminated
        self.truncated[step] = transition.truncated
        # The action after a done step only resets: not a transition of the task.
        self.valid[step] = transition.valid & ~self._done_before
        self._done_before = transition.terminated | transition.truncated
        self.present[step + 1] = transition.valid & ~self._done_before
        self.length += 1

    def clear(self) -> None:
        """Start over; which environments were done in the last step is remembered."""
        self.length = 0

    def begin(self, done: Bools) -> None:
        """Start over; `done` [E] says where the first observation to come ends an episode."""
        self.length = 0
        self._done_before = done.copy()
        self.present[-1] = ~done


def _allocate(leading: tuple[int, int], observation: ObservationSize) -> Observations:
    if isinstance(observation, int):
        return np.zeros((*leading, observation), np.float32)
    # Images stay the bytes that they are: as floats they would take four times the memory.
    return {
        name: np.zeros((*leading, *shape), np.uint8 if name in IMAGES else np.float32)
        for name, shape in observation.items()
    }


def _put(target: Observations, row: int, observations: Observations) -> None:
    if isinstance(target, dict):
        assert isinstance(observations, dict)
        for name, values in target.items():
            values[row] = observations[name]
    else:
        target[row] = state_of(observations)


def compute_gae(
    rewards: Floats,
    values: Floats,
    terminated: Bools,
    truncated: Bools,
    valid: Bools,
    gamma: float,
    gae_lambda: float,
) -> Floats:
    """Generalised advantage estimation (Schulman et al. 2016), eq. 16; float32 [T, E], 0 where not valid.

    `values` [T + 1, E] are V of the observations before each step and after the last; everything else is [T, E] and
    about the outcome of step t. A terminal outcome is worth 0; a truncated one V of the final observation, which with
    next-step autoreset is the observation returned along with it. Nothing flows back across the end of an episode.
    """
    bootstrapped = rewards + gamma * values[1:] * ~terminated
    deltas = (bootstrapped - values[:-1]) * valid
    decay = (gamma * gae_lambda) * (~(terminated | truncated) & valid)
    advantages = np.empty_like(deltas, dtype=np.float32)
    running = np.zeros(deltas.shape[1], np.float32)
    for step in range(len(deltas) - 1, -1, -1):
        running = deltas[step] + decay[step] * running
        advantages[step] = running
    return advantages
