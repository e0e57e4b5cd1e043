from copy import deepcopy

import numpy as np
import pytest
import torch
from lane_training import train
from lane_world import LaneWorldEnv

from drl_agent_node.algorithms.sac import SAC, SACConfig
from drl_agent_node.errors import ConfigurationError, DivergenceError

SMALL = {"hidden_sizes": (16, 16), "batch_size": 32, "learning_starts": 64, "buffer_capacity": 4000}


def make(env: LaneWorldEnv, seed: int = 0, **fields: object) -> SAC:
    return SAC(SACConfig(**fields), env.num_envs, env.single_observation_space.shape[0], 2, seed)


def parameters(algorithm: SAC) -> torch.Tensor:
    networks = (algorithm.actor, algorithm.critic, algorithm.target)
    flat = [p.detach().flatten() for network in networks for p in network.parameters()]
    return torch.cat([*flat, algorithm.log_temperature.detach()[None]])


def test_learns_to_drive():
    env = LaneWorldEnv(16, seed=3)
    rates = {"learning_rate": 2e-3, "actor_learning_rate": 2e-3}
    learner = make(
        env, hidden_sizes=(64, 64), batch_size=128, update_to_data=0.125, learning_starts=1500, **rates
    )
    # Untrained cars get a return of 2.
    assert train(env, learner, 14_000).stats().mean_return >= 10.0


def test_same_seed_same_run_another_seed_another():
    results = []
    for seed in (0, 0, 1):
        env = LaneWorldEnv(4, seed=3)
        algorithm = make(env, seed, **SMALL)
        train(env, algorithm, 600)
        assert algorithm.steps > 10
        results.append(parameters(algorithm))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_gradient_steps_are_what_the_environments_steps_earn():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, **SMALL, update_to_data=0.5, gradient_steps=6)
    tracker = train(env, algorithm, 1000)
    # Since the buffer holds learning_starts; steps that only reset earn, too.
    earned = 0.5 * (tracker.steps - 64)
    assert earned - 16 <= algorithm.steps <= earned + 2
    assert algorithm.steps % 6 == 0


def filled(**fields: object) -> SAC:
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, **(SMALL | {"gradient_steps": 10_000, "priority_alpha": 0.0} | fields))
    train(env, algorithm, 600)
    return algorithm


def test_targets_and_critic_loss_by_hand():
    algorithm = filled(normalize_observations=False, normalize_rewards=False, n_step=2, gamma=0.9)
    batch = algorithm.replay.sample(8, 0.4, np.random.default_rng(0))
    following = torch.from_numpy(batch.next_observations["state"])
    returns, discounts = torch.from_numpy(batch.returns), torch.from_numpy(batch.discounts)
    torch.manual_seed(5)
    targets = algorithm._targets(following, returns, discounts)
    torch.manual_seed(5)
    with torch.no_grad():
        mean, log_std = algorithm.actor.layers(following).chunk(2, -1)
        normal = torch.distributions.Normal(mean, log_std.clamp(-5, 2).exp())
        before = mean + normal.scale * torch.randn_like(mean)
        actions = torch.tanh(before)
        log_probs = (normal.log_prob(before) - torch.log(1 - actions**2 + 1e-9)).sum(-1)
        inputs = torch.cat([following, actions], -1)
        values = torch.minimum(algorithm.target.first(inputs), algorithm.target.second(inputs))[:, 0]
        expected = returns + discounts * (values - 0.1 * log_probs)
    torch.testing.assert_close(targets, expected, rtol=1e-4, atol=1e-4)
    observations, taken = torch.from_numpy(batch.observations["state"]), torch.from_numpy(batch.actions)
    weights = torch.linspace(0.2, 1.0, 8)
    with torch.no_grad():
        inputs = torch.cat([observations, taken], -1)
        first = algorithm.critic.first(inputs)[:, 0] - targets
        second = algorithm.critic.second(inputs)[:, 0] - targets
    logs, errors = algorithm._step_critics(observations, taken, targets, weights)
    loss = float((0.5 * weights * (first**2 + second**2)).mean())
    assert logs["critic_loss"] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(errors, 0.5 * (first.abs() + second.abs()), rtol=1e-4)


def test_the_temperature_falls_while_entropy_is_above_its_target_and_rises_below():
    for target, sign in ((-50.0, -1.0), (50.0, 1.0)):
        algorithm = filled(target_entropy=target)
        before = float(algorithm.log_temperature.detach())
        algorithm.update(0.5)
        assert sign * (float(algorithm.log_temperature.detach()) - before) > 0.01


def test_targets_follow_by_tau_and_the_critics_learn_nothing_from_the_policys_loss():
    algorithm = filled(tau=0.25, learning_rate=1e-12, actor_learning_rate=0.1)
    algorithm.config = algorithm.config.model_copy(update={"gradient_steps": 1})
    with torch.no_grad():
        for parameter in algorithm.target.parameters():
            parameter.add_(1.0)
    before = [p.detach().clone() for p in algorithm.critic.parameters()]
    algorithm._owed = 1.0
    algorithm.update(0.5)
    for old, critic, target in zip(
        before, algorithm.critic.parameters(), algorithm.target.parameters(), strict=True
    ):
        torch.testing.assert_close(critic, old, rtol=0, atol=1e-9)
        torch.testing.assert_close(target, old + 0.75, rtol=1e-4, atol=1e-4)


def test_errors_become_priorities():
    algorithm = filled(priority_alpha=0.6)
    before = algorithm.replay.tree.priorities.copy()
    algorithm._owed = 1.0
    algorithm.update(0.0)
    assert 8 <= (algorithm.replay.tree.priorities != before).sum() <= 32


def test_restored_state_continues_exactly_with_and_without_a_buffer_that_fits():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, **SMALL)
    train(env, algorithm, 600)
    state = deepcopy(algorithm.state_dict())
    copy = make(env, seed=99, **SMALL)
    copy.load_state_dict(state)
    results = []
    for each in (algorithm, copy):
        torch.set_rng_state(state["torch_random"])
        train(LaneWorldEnv(4, seed=8), each, 300)
        results.append(parameters(each))
    assert torch.equal(results[0], results[1])
    other = make(env, **SMALL | {"buffer_capacity": 2000})
    other.load_state_dict(state)
    assert len(other.replay) == 0
    assert other.steps == state["steps"]


@pytest.mark.parametrize("broken", ["critic", "actor"])
def test_numbers_that_are_not_finite_are_diagnosed_before_they_do_harm(broken: str):
    algorithm = filled()
    name, parameter = next(getattr(algorithm, broken).named_parameters())
    with torch.no_grad():
        parameter[0, 0] = float("nan")
    other = algorithm.actor if broken == "critic" else algorithm.critic
    before = [p.detach().clone() for p in other.parameters()]
    algorithm._owed = 1.0
    expected = rf"gradient step 0: not finite: critic_loss.*parameters that are not finite: {broken}\.{name};"
    with pytest.raises(DivergenceError, match=expected):
        algorithm.update(0.5)
    assert all(torch.equal(a, b) for a, b in zip(before, other.parameters(), strict=True))


def test_another_network_is_refused_with_the_difference():
    env = LaneWorldEnv(2, seed=3)
    with pytest.raises(ConfigurationError, match=r"layers\.0\.weight: \(128, 36\) became \(32, 36\)"):
        make(env, hidden_sizes=(32, 32)).load_state_dict(make(env).state_dict())
    with pytest.raises(ConfigurationError, match="sac: initial_mean has 1 values; the action has 2"):
        make(env, initial_mean=(0.0,))
