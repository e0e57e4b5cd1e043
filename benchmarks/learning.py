"""Learning without simulation: our algorithms beside Stable-Baselines3's, same network, same batches, in turns.

`sac/gradient_steps_per_s`: critics, policy and temperature, uniform replay; with prioritised replay and with bfloat16
beside it. Baseline: SB3's SAC.

`ppo/vs_sb3/agents=N`: agent steps/s of collecting and learning on one environment that is batched from end to end.
Baseline: SB3's PPO, to which the environment is a `VecEnv`, batched likewise.

`ppo/learner_share/agents=N`: share of our time that goes into updates; baseline: the whole.

`attention/minibatches_per_s`: features of 1024 states among 12 neighbours, half of them present, and their gradient;
baseline: the same in torch.

All times are those of the processor, in one thread: others on the machine matter less.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import stable_baselines3
import torch
from numpy.typing import NDArray
from stable_baselines3.common.logger import configure
from stable_baselines3.common.vec_env import VecEnv

from benchmarks.results import report
from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.sac import SAC, SACConfig
from drl_agent_node.networks.attention import NeighbourEncoder
from drl_agent_node.networks.state_layout import read_layout

OBSERVATIONS, ACTIONS = 64, 2
SAC_HIDDEN, SAC_BATCH = (256, 256), 256
GRADIENT_STEPS = 60
ROUNDS = 7
PPO_HIDDEN, ROLLOUT_STEPS, MINIBATCH, EPOCHS = (64, 64), 128, 512, 4
FLEETS = (16, 64)


class Noise:
    """E environments whose observations are noise: costs next to nothing, so that what is measured is the learner."""

    def __init__(self, num_envs: int) -> None:
        self.num_envs = num_envs
        random = np.random.default_rng(0)
        self._observations = random.standard_normal((64, num_envs, OBSERVATIONS), np.float32)
        self._ends = random.random((64, num_envs)) < 0.005
        self.time = 0

    def observe(self) -> NDArray[np.float32]:
        """Return observations [E, D]."""
        observations: NDArray[np.float32] = self._observations[self.time % 64]
        return observations

    def step(self, actions: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return rewards and ends, each [E]."""
        self.time += 1
        return 1.0 - np.square(actions).sum(-1), self._ends[self.time % 64]


class TheirNoise(VecEnv):
    """`Noise` as Stable-Baselines3 wants it."""

    def __init__(self, num_envs: int) -> None:
        self._noise = Noise(num_envs)
        self._actions = np.zeros((num_envs, ACTIONS), np.float32)
        self._infos: list[dict[str, Any]] = [{} for _ in range(num_envs)]
        box = gym.spaces.Box
        super().__init__(num_envs, box(-9.0, 9.0, (OBSERVATIONS,)), box(-1.0, 1.0, (ACTIONS,)))

    def reset(self) -> Any:
        """Return observations."""
        return self._noise.observe()

    def step_async(self, actions: Any) -> None:
        """Keep the actions."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Return observations, rewards, ends and infos."""
        rewards, ends = self._noise.step(self._actions)
        return self._noise.observe(), rewards, ends, self._infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return nothing: there are no environments apart from each other."""
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Do nothing."""

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Do nothing."""
        return [None] * self.num_envs

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return False for each."""
        return [False] * self.num_envs


def in_turns(work: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Return the rates of `ROUNDS` rounds, after one that warms up; `work` does a window each and says how much."""
    rates: dict[str, list[float]] = {name: [] for name in work}
    for round_number in range(ROUNDS + 1):
        for name, do in work.items():
            before = time.process_time()
            amount = do()
            if round_number:
                rates[name].append(amount / (time.process_time() - before))
    return rates


def collect(algorithm: PPO | SAC, noise: Noise, enough: Callable[[], bool]) -> None:
    """Act and record until there is enough."""
    no = np.zeros(noise.num_envs, np.bool_)
    while not enough():
        observations = noise.observe()
        actions = algorithm.act(observations)
        rewards, ends = noise.step(actions)
        algorithm.record(observations, actions, Transition(noise.observe(), rewards, ends, no, ~no))


def our_sac(**fields: Any) -> Callable[[], float]:
    """Return a window of gradient steps of our SAC."""
    config = SACConfig(
        hidden_sizes=SAC_HIDDEN,
        batch_size=SAC_BATCH,
        learning_starts=2000,
        buffer_capacity=100_000,
        update_to_data=GRADIENT_STEPS / 4,
        gradient_steps=GRADIENT_STEPS,
        n_step=1,
        **fields,
    )
    algorithm, noise = SAC(config, 4, OBSERVATIONS, ACTIONS, 0), Noise(4)

    def window() -> float:
        collect(algorithm, noise, lambda: algorithm.ready)
        before = algorithm.steps
        algorithm.update(0.5)
        return algorithm.steps - before

    window()
    return window


def their_sac() -> Callable[[], float]:
    """Return a window of gradient steps of SB3's SAC."""
    policy = {"net_arch": list(SAC_HIDDEN)}
    learner = stable_baselines3.SAC(
        "MlpPolicy",
        TheirNoise(4),
        learning_starts=2000,
        batch_size=SAC_BATCH,
        buffer_size=100_000,
        policy_kwargs=policy,
        device="cpu",
    )
    learner.learn(2000)
    learner.set_logger(configure(None, []))

    def window() -> float:
        learner.train(GRADIENT_STEPS, SAC_BATCH)
        return GRADIENT_STEPS

    return window


def our_ppo(num_envs: int) -> tuple[Callable[[], float], list[float]]:
    """Return a window of collecting and learning, and a list that gets the learner's share of each."""
    config = PPOConfig(
        rollout_steps=ROLLOUT_STEPS,
        minibatch_size=MINIBATCH,
        epochs=EPOCHS,
        hidden_sizes=PPO_HIDDEN,
        target_kl=0.0,
    )
    algorithm, noise = PPO(config, num_envs, OBSERVATIONS, ACTIONS, 0), Noise(num_envs)
    shares: list[float] = []

    def window() -> float:
        before = time.process_time()
        collect(algorithm, noise, lambda: algorithm.ready)
        collected = time.process_time()
        algorithm.update(0.0)
        after = time.process_time()
        shares.append((after - collected) / (after - before))
        return ROLLOUT_STEPS * num_envs

    return window, shares


def their_ppo(num_envs: int) -> Callable[[], float]:
    """Return a window of collecting and learning of SB3's PPO."""
    learner = stable_baselines3.PPO(
        "MlpPolicy",
        TheirNoise(num_envs),
        n_steps=ROLLOUT_STEPS,
        batch_size=MINIBATCH,
        n_epochs=EPOCHS,
        gamma=0.98,
        policy_kwargs={"net_arch": list(PPO_HIDDEN)},
        device="cpu",
    )
    learner.set_logger(configure(None, []))

    def window() -> float:
        learner.learn(ROLLOUT_STEPS * num_envs, reset_num_timesteps=False)
        return ROLLOUT_STEPS * num_envs

    return window


def attention(*, in_torch: bool) -> Callable[[], float]:
    """Return a window of minibatches through the attention among neighbours and back."""
    features = ("present", *(f"feature_{k}" for k in range(7)))
    names = [
        *(f"ego_{k}" for k in range(20)),
        *(f"neighbour_{k}_{name}" for k in range(12) for name in features),
    ]
    network = NeighbourEncoder(read_layout(names))
    states = torch.rand(1024, len(names))
    # Who could want the gradient of the states gets it from torch.
    states.requires_grad_(in_torch)
    parameters = list(network.parameters())

    def window() -> float:
        for _ in range(10):
            torch.autograd.grad(network(states).sum(), parameters)
        return 10.0

    return window


def main() -> None:
    """Measure both algorithms, and attention."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    rates = in_turns(
        {
            "sb3": their_sac(),
            "": our_sac(priority_alpha=0.0),
            "/prioritised": our_sac(),
            "/bfloat16": our_sac(priority_alpha=0.0, mixed_precision=True),
        }
    )
    baseline = float(np.median(rates.pop("sb3")))
    for name, runs in rates.items():
        report(f"sac/gradient_steps_per_s{name}", runs, "1/s", "SB3's SAC", baseline)
    for num_envs in FLEETS:
        ours, shares = our_ppo(num_envs)
        rates = in_turns({"sb3": their_ppo(num_envs), "ours": ours})
        baseline = float(np.median(rates["sb3"]))
        report(f"ppo/vs_sb3/agents={num_envs}", rates["ours"], "1/s", "SB3's PPO", baseline)
        report(f"ppo/learner_share/agents={num_envs}", shares[1:], "1", "all of it", 1.0)
    rates = in_turns({"torch": attention(in_torch=True), "ours": attention(in_torch=False)})
    report("attention/minibatches_per_s", rates["ours"], "1/s", "torch", float(np.median(rates["torch"])))
