"""The critic that sees all agents of a world: what it must not depend on, and what it is good for."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch

from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.worlds import Worlds
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.networks.central_critic import CentralCritic

SIZES = (5, 3)
ENVS = sum(SIZES)
FIELDS: dict[str, Any] = {
    "rollout_steps": 32,
    "minibatch_size": 64,
    "hidden_sizes": (32,),
    "attention_size": 16,
    "attention_heads": 2,
    "gamma": 0.5,
    "learning_rate": 3e-3,
    "initial_mean": (0.0,),
    "initial_log_std": (-1.0,),
}
MEMORY: dict[str, Any] = {"memory_size": 8, "sequence_length": 8}


class Team:
    """Agents are paid for their own action, and for what all others of their world show: that they cannot see.

    An episode ends with a chance of 1 in 16; the step after it only resets, and shows noise that nobody is paid for.
    """

    def __init__(self, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.shown = self.random.standard_normal(ENVS)
        self.done = np.zeros(ENVS, bool)

    def observe(self) -> np.ndarray:
        return np.where(self.done, 50.0, self.shown)[:, None].astype(np.float32)

    def step(self, actions: np.ndarray) -> Transition:
        rewards = np.zeros(ENVS, np.float32)
        start = 0
        for size in SIZES:
            rows = slice(start, start + size)
            driving = self.shown[rows] * ~self.done[rows]
            rewards[rows] = driving.sum() - driving
            start += size
        rewards -= np.square(actions[:, 0] - 0.5 * self.shown).astype(np.float32)
        rewards[self.done] = 0.0
        ends = (self.random.random(ENVS) < 1 / 16) & ~self.done
        self.done = ends
        self.shown = 0.7 * self.shown + 0.7 * self.random.standard_normal(ENVS)
        no = np.zeros(ENVS, bool)
        return Transition(self.observe(), rewards, ends, no, ~no)


def make(seed: int = 0, **fields: Any) -> PPO:
    return PPO(PPOConfig(**(FIELDS | fields)), ENVS, 1, 1, seed, world_sizes=SIZES)


def drive(algorithm: PPO, team: Team, updates: int) -> list[dict[str, float]]:
    logs = []
    no = np.zeros(ENVS, bool)
    algorithm.begin(no, ~no)
    for _ in range(updates):
        rewards = []
        while not algorithm.ready:
            observations = team.observe()
            actions = algorithm.act(observations)
            transition = team.step(actions)
            algorithm.record(observations, actions, transition)
            rewards.append(transition.rewards.mean())
        logs.append(algorithm.update(0.0) | {"reward": float(np.mean(rewards))})
    return logs


def test_others_count_in_any_order_and_only_those_who_are_there():
    torch.manual_seed(0)
    critic = CentralCritic(3, (8,), "tanh", 8, 2)
    features = torch.randn(2, 4, 3)
    present = torch.tensor([[True, True, True, False], [True, False, False, False]])
    values = critic(features, present)
    order = torch.tensor([0, 2, 1, 3])
    torch.testing.assert_close(critic(features[:, order], present[:, order])[:, 0], values[:, 0])
    # Whoever is absent, or oneself, is not among the others.
    changed = features.clone()
    changed[:, 3] += 9.0
    torch.testing.assert_close(critic(changed, present)[:, :3], values[:, :3])
    alone = torch.cat((features[1, :1], torch.randn(3, 3)))[None]
    torch.testing.assert_close(critic(alone, present[1:])[0, 0], values[1, 0])
    # Who is there does count, and so does one's own observation.
    changed = features.clone()
    changed[0, 1] += 9.0
    assert (critic(changed, present)[0, :3] - values[0, :3]).abs().min() > 1e-3


def test_attention_by_hand():
    critic = CentralCritic(1, (), "tanh", 1, 1)
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.fill_(0.0)
        # Encodings and values are the features; keys are 0, so that all who are there weigh the same.
        critic.encode[0].weight.fill_(1.0)
        critic.attention.key_value.weight.copy_(torch.tensor([[0.0], [1.0]]))
        critic.attention.output.weight.fill_(1.0)
        critic.head[0].weight.copy_(torch.tensor([[10.0, 1.0]]))
    features = torch.tensor([[[1.0], [2.0], [4.0], [8.0]]])
    values = critic(features, torch.tensor([[True, True, True, False]]))
    torch.testing.assert_close(values, torch.tensor([[10.0 + 3.0, 20.0 + 2.5, 40.0 + 1.5, 80.0 + 7.0 / 3.0]]))


def test_rows_and_worlds_fit_together():
    worlds = Worlds(SIZES, ENVS)
    values = torch.arange(2 * ENVS).view(2, ENVS)
    split = worlds.split(values)
    assert split.shape == (2, 2, 5)
    assert split[1, 1, :3].tolist() == [13, 14, 15]
    assert worlds.there.sum(1).tolist() == [5, 3]
    assert torch.equal(worlds.join(split), values)
    with pytest.raises(ValueError, match="are not 9 rows"):
        Worlds(SIZES, 9)


def test_values_of_a_rollout_do_not_depend_on_another_simulator():
    """What an update starts from: the other world's agents, and those whose episode is over, change nothing."""
    batches = []
    for change in (None, slice(5, 8), slice(2, 3)):
        algorithm, team = make(critic="central", normalize_observations=False), Team()
        no = np.zeros(ENVS, bool)
        algorithm.begin(no, ~no)
        while not algorithm.ready:
            observations = team.observe()
            algorithm.record(observations, algorithm.act(observations), team.step(np.zeros((ENVS, 1))))
        if change is not None:
            algorithm.rollout.observations[:, change] += 3.0
        if change == slice(2, 3):
            algorithm.rollout.present[:, change] = False
        batches.append(algorithm._prepare())
    base, other, absent = batches
    of_first = base.valid.clone()
    of_first[1::2] = False
    torch.testing.assert_close(other.values[of_first], base.values[of_first])
    assert not torch.allclose(other.values[1::2, :3], base.values[1::2, :3])
    # With agent 2 taken out, the others of its world see something else than with it, whatever it shows.
    assert not torch.allclose(absent.values[::2, :2], base.values[::2, :2])
    torch.testing.assert_close(absent.values[1::2, :3], base.values[1::2, :3])


def test_it_explains_what_an_agent_cannot_see_and_the_policy_learns_as_well():
    own, central = (drive(make(critic=critic), Team(), 25) for critic in ("own", "central"))
    explained = [np.mean([log["explained_variance"] for log in logs[-5:]]) for logs in (own, central)]
    assert explained[0] < 0.2
    assert explained[1] > 0.5
    for logs in (own, central):
        assert logs[-1]["action_std_0"] < logs[0]["action_std_0"]
        assert np.mean([log["policy_loss"] for log in logs]) < 0.0
    # What is lost on actions goes from 0.25 E[x^2] + std^2 towards 0; the others' part has mean 0.
    seen = np.linspace(-2.0, 2.0, 9, dtype=np.float32)[:, None]
    algorithm = make(critic="central")
    drive(algorithm, Team(), 25)
    off = np.abs(algorithm.act(np.resize(seen, (ENVS, 1)), deterministic=True)[:, 0] - 0.5 * seen[:ENVS, 0])
    assert off.mean() < 0.2


@pytest.mark.parametrize(("fields", "width"), [({}, 1), (MEMORY, 8)], ids=["moments", "pieces"])
def test_a_restored_state_continues_exactly(fields: dict[str, Any], width: int):
    algorithm = make(critic="central", **fields)
    drive(algorithm, Team(), 2)
    state = deepcopy(algorithm.state_dict())
    copy = make(seed=9, critic="central", **fields)
    copy.load_state_dict(state)
    for each in (algorithm, copy):
        torch.set_rng_state(state["torch_random"])
        drive(each, Team(seed=4), 2)
    for one, other in zip(algorithm.network.parameters(), copy.network.parameters(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ConfigurationError, match=rf"critic\.encode\.0\.weight: \(16, {width}\) became None"):
        make(critic="own", **fields).load_state_dict(state)


def test_a_lost_world_is_left_out():
    algorithm = make(critic="central")
    no = np.zeros(ENVS, bool)
    valid = np.arange(ENVS) < SIZES[0]
    algorithm.begin(no, ~no)
    team = Team()
    while not algorithm.ready:
        observations = team.observe()
        step = team.step(np.zeros((ENVS, 1), np.float32))
        algorithm.record(
            observations,
            algorithm.act(observations),
            Transition(step.next_observations, step.rewards, step.terminated, no, valid),
        )
    batch = algorithm._prepare()
    assert len(batch) == algorithm.config.rollout_steps
    assert not batch.present[1:, SIZES[0] :].any()
    assert np.isfinite(list(algorithm.update(0.0).values())).all()


@pytest.mark.parametrize("fields", [{}, MEMORY], ids=["moments", "pieces"])
def test_learning_begins_where_the_old_policy_was(fields: dict[str, Any]):
    algorithm = make(critic="central", **fields)
    drive(algorithm, Team(), 1)
    team, no = Team(seed=3), np.zeros(ENVS, bool)
    algorithm.begin(no, ~no)
    while not algorithm.ready:
        observations = team.observe()
        actions = algorithm.act(observations)
        algorithm.record(observations, actions, team.step(actions))
    batch = algorithm._prepare()
    length = fields.get("sequence_length", 1)
    assert batch.valid.shape[:-1].numel() == len(SIZES) * algorithm.config.rollout_steps
    assert len(batch) == len(SIZES) * algorithm.config.rollout_steps // length
    assert int(batch.valid.sum()) == algorithm.rollout.valid.sum()
    with torch.no_grad():
        features, values = algorithm._judge(batch)
        log_probs, _ = algorithm.network.log_prob_entropy(features, batch.actions[batch.valid])
    torch.testing.assert_close(values, batch.values[batch.valid], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(log_probs, batch.log_probs[batch.valid], rtol=1e-4, atol=1e-5)


def test_beside_memory_it_explains_as_much():
    logs = drive(make(critic="central", **MEMORY), Team(), 25)
    assert np.mean([log["explained_variance"] for log in logs[-5:]]) > 0.5
    assert logs[-1]["action_std_0"] < logs[0]["action_std_0"]
