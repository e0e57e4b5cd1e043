import numpy as np
import pytest
import torch

from drl_agent_node.networks.actor_critic import ActorCritic, FastActor


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
def test_fast_actor_computes_what_the_network_computes(activation: str):
    torch.manual_seed(0)
    network = ActorCritic(5, 2, (16, 8), activation)
    fast = FastActor(network)
    observations = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    optimizer = torch.optim.Adam(network.parameters(), 0.1, fused=True)
    for _ in range(3):
        with torch.inference_mode():
            expected = network.actor(torch.from_numpy(observations)).numpy()
        np.testing.assert_allclose(fast.mean(observations), expected, rtol=1e-4, atol=1e-5)
        # What an optimiser step changes must show at once.
        network.actor(torch.from_numpy(observations)).sum().backward()
        optimizer.step()


def test_first_actions_are_near_the_initial_mean():
    torch.manual_seed(0)
    network = ActorCritic(5, 2, initial_mean=(0.4, 0.0), initial_log_std=(-0.7, -1.2))
    observations = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    np.testing.assert_allclose(FastActor(network).mean(observations), [[0.4, 0.0]] * 100, atol=0.1)


def test_samples_have_the_policys_mean_and_std():
    network = ActorCritic(3, 2, initial_mean=(0.4, -0.2), initial_log_std=(-0.7, -1.2))
    observations = np.zeros((20000, 3), np.float32)
    samples = FastActor(network).sample(observations, np.random.default_rng(0))
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples.mean(axis=0), [0.4, -0.2], atol=0.02)
    np.testing.assert_allclose(samples.std(axis=0), np.exp([-0.7, -1.2]), rtol=0.02)


def test_log_prob_and_entropy_agree_with_torch():
    torch.manual_seed(1)
    network = ActorCritic(4, 2, initial_log_std=(-0.3, 0.2))
    observations, actions = torch.randn(9, 4), torch.randn(9, 2)
    reference = torch.distributions.Normal(network.actor(observations), network.log_std.exp())
    log_prob, entropy = network.log_prob_entropy(observations, actions)
    torch.testing.assert_close(log_prob, reference.log_prob(actions).sum(-1))
    torch.testing.assert_close(entropy, reference.entropy().sum(-1)[0])


def test_values_have_one_entry_per_observation():
    assert ActorCritic(4, 2).value(torch.zeros(6, 3, 4)).shape == (6, 3)


def test_wrong_number_of_means_is_refused():
    with pytest.raises(ValueError, match="initial_mean has 3 values; the action has 2"):
        ActorCritic(4, 2, initial_mean=(0.0, 0.0, 0.0))
