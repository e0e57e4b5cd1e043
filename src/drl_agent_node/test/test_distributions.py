import numpy as np
import pytest
import torch
from scipy import stats
from torch.distributions import Independent, Normal, TanhTransform, TransformedDistribution

from drl_agent_node.networks.distributions import Beta, Gaussian, SquashedGaussian, squash

MEANS = torch.tensor([[0.3, -0.8], [1.5, 0.0], [-2.0, 0.4]])
LOG_STD = torch.tensor([-0.3, -1.0])


def squashed_reference() -> TransformedDistribution:
    return TransformedDistribution(Independent(Normal(MEANS, LOG_STD.exp()), 1), TanhTransform())


def test_gaussian_agrees_with_torch():
    reference = Normal(MEANS, LOG_STD.exp())
    actions = torch.tensor([[0.1, 0.2], [3.0, -1.0], [-2.0, 0.0]])
    torch.testing.assert_close(
        Gaussian.log_prob(MEANS, LOG_STD, actions), reference.log_prob(actions).sum(-1)
    )
    torch.testing.assert_close(Gaussian.entropy(MEANS, LOG_STD), reference.entropy().sum(-1)[0])


def test_squashed_log_probs_agree_with_torch():
    actions = torch.tanh(MEANS + torch.tensor([[0.5, -0.4], [0.2, 0.3], [-0.6, 0.0]]))
    torch.testing.assert_close(
        SquashedGaussian.log_prob(MEANS, LOG_STD, actions),
        squashed_reference().log_prob(actions),
        rtol=1e-4,
        atol=1e-4,
    )


def test_squash_agrees_with_torch_and_stays_finite_far_out():
    torch.manual_seed(0)
    noise = torch.randn(3, 2)
    actions, log_probs = squash(MEANS, LOG_STD.expand(3, 2), noise)
    torch.testing.assert_close(actions, torch.tanh(MEANS + LOG_STD.exp() * noise))
    torch.testing.assert_close(log_probs, squashed_reference().log_prob(actions), rtol=1e-4, atol=1e-4)
    far = torch.full((1, 2), 30.0, requires_grad=True)
    _, log_prob = squash(far, torch.zeros(1, 2), torch.zeros(1, 2))
    log_prob.sum().backward()
    assert torch.isfinite(log_prob).all()
    assert torch.isfinite(far.grad).all()


def test_squashed_entropy_is_the_mean_of_minus_log_prob():
    torch.manual_seed(0)
    means = MEANS[:1].expand(100_000, 2)
    expected = -squashed_reference().log_prob(squashed_reference().sample((100_000,)))[:, 0].mean()
    assert float(SquashedGaussian.entropy(means, LOG_STD).mean()) == pytest.approx(float(expected), abs=0.02)


def test_beta_agrees_with_scipy():
    outputs = torch.tensor([[0.5, -1.0, 2.0, 0.1], [3.0, 0.0, -2.0, 1.0]])
    actions = np.array([[0.4, -0.7], [-0.99, 0.2]])
    parameters = 1.0 + np.log1p(np.exp(outputs.double().numpy()))
    reference = stats.beta(parameters[:, :2], parameters[:, 2:], loc=-1.0, scale=2.0)
    log_probs = Beta.log_prob(outputs, LOG_STD, torch.from_numpy(actions).float())
    np.testing.assert_allclose(log_probs, reference.logpdf(actions).sum(-1), rtol=1e-4)
    np.testing.assert_allclose(Beta.entropy(outputs, LOG_STD), reference.entropy().sum(-1), rtol=1e-4)
    samples = Beta.sample(np.repeat(outputs[:1].numpy(), 50_000, 0), np.zeros(2), np.random.default_rng(0))
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples.mean(0), reference.mean()[0], atol=0.01)
    np.testing.assert_allclose(samples.std(0), reference.std()[0], atol=0.01)
    mode = Beta.mode(outputs.numpy())
    for shift in (-0.01, 0.01):
        assert (reference.logpdf(mode) >= reference.logpdf(np.clip(mode + shift, -1, 1))).all()


@pytest.mark.parametrize("policy", [Gaussian, SquashedGaussian, Beta])
def test_first_actions_have_the_mean_that_is_asked_for(policy):
    bias = np.array([policy.initial_bias((0.3, -0.2), (-1.2, -1.5))], np.float32)
    np.testing.assert_allclose(policy.mode(bias), [[0.3, -0.2]], atol=0.1)
    log_std = np.array([-1.2, -1.5], np.float32)
    samples = policy.sample(np.repeat(bias, 20_000, 0), log_std, np.random.default_rng(0))
    np.testing.assert_allclose(samples.mean(0), [0.3, -0.2], atol=0.05)
    np.testing.assert_allclose(samples.std(0), np.exp(log_std), rtol=0.2)


def test_log_probs_at_the_bounds_are_finite():
    actions = torch.tensor([[1.0, -1.0]])
    assert torch.isfinite(SquashedGaussian.log_prob(MEANS[:1], LOG_STD, actions)).all()
    assert torch.isfinite(Beta.log_prob(torch.zeros(1, 4), LOG_STD, actions)).all()
