"""What was written by hand for speed says the same as torch and autograd: layers, attention, objectives, samples, Adam."""

from __future__ import annotations

from contextlib import nullcontext
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from drl_agent_node.algorithms import gaussian_objective, losses
from drl_agent_node.algorithms.flat_adam import FlatAdam, lay_out
from drl_agent_node.algorithms.gaussian_pass import gaussian_pass
from drl_agent_node.algorithms.losses import VALUE_LOSSES, Outcomes, ValueLoss, Weights
from drl_agent_node.algorithms.soft_passes import AutogradPasses, PlainPasses
from drl_agent_node.networks.actor_critic import ActorCritic
from drl_agent_node.networks.attention import NeighbourEncoder
from drl_agent_node.networks.distributions import Gaussian, squash
from drl_agent_node.networks.mlp import Activation, mlp
from drl_agent_node.networks.soft_actor_critic import SoftActor, TwinCritic
from drl_agent_node.networks.squashed_sample import SquashedSample
from drl_agent_node.networks.state_layout import read_layout


def both_ways(network: nn.Sequential, inputs: Tensor) -> list[list[Tensor]]:
    """Return outputs and all gradients, of the network as it is and of its modules one by one."""
    results = []
    for forward in (network, nn.Sequential(*network)):
        seen = inputs.clone().requires_grad_(True)
        outputs = forward(seen)
        gradients = torch.autograd.grad(
            (outputs * outputs.detach().cos()).sum(), [seen, *network.parameters()]
        )
        results.append([outputs.detach(), *gradients])
    return results


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
@pytest.mark.parametrize("sizes", [(5, 3), (5, 16, 3), (5, 16, 8, 1)])
def test_layers(activation: Activation, sizes: tuple[int, ...]):
    torch.manual_seed(0)
    network = mlp(sizes, activation, 1.0)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5)
    # Twice: the second pass writes into memory that the first one used.
    for _ in range(2):
        own, reference = both_ways(network, torch.randn(7, 2, sizes[0]))
        for one, other in zip(own, reference, strict=True):
            torch.testing.assert_close(one, other)
    with torch.no_grad():
        many = torch.randn(1100, sizes[0])
        torch.testing.assert_close(network(many), nn.Sequential(*network)(many))
        assert network(many[:0]).shape == (0, sizes[-1])


def test_two_passes_before_a_gradient():
    torch.manual_seed(0)
    network = mlp((3, 8, 2), "tanh", 1.0)
    inputs = [torch.randn(4, 3), torch.randn(4, 3)]
    total = sum(network(each).square().sum() for each in inputs)
    plain = sum(nn.Sequential(*network)(each).square().sum() for each in inputs)
    parameters = list(network.parameters())
    for one, other in zip(
        torch.autograd.grad(total, parameters), torch.autograd.grad(plain, parameters), strict=True
    ):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kind", VALUE_LOSSES)
def test_the_objective_of_the_gaussian_policy(kind: ValueLoss):
    torch.manual_seed(0)
    rows, size = 400, 3
    outputs, values = torch.randn(rows, size), torch.randn(rows)
    # One std below its bound, one at it, one free.
    log_std = torch.tensor([-5.0, 1.0, -0.3])
    actions = outputs + torch.randn(rows, size) * torch.tensor([0.02, 2.0, 0.7])
    old = Gaussian.log_prob(outputs + 0.01 * torch.randn(rows, size), log_std, actions)
    told = Outcomes(actions, old, torch.randn(rows), torch.randn(rows), values + 0.3 * torch.randn(rows))
    weights = Weights(0.2, kind, 0.2, 0.7, 0.03)
    results = []
    for way in (gaussian_objective.objective, lambda *more: losses.objective(Gaussian, *more)):
        leaves = [part.clone().requires_grad_(True) for part in (outputs, log_std, values)]
        total, means = way(*leaves, told, weights)
        results.append([total.detach(), means, *torch.autograd.grad(2.0 * total, leaves)])
    assert 0.1 < results[1][1][4] < 0.9, "some ratios have to be clipped and some not"
    for own, reference in zip(*results, strict=True):
        torch.testing.assert_close(own, reference, rtol=1e-4, atol=1e-6)


def test_squashed_samples():
    torch.manual_seed(0)
    outputs = torch.randn(50, 4) * 2.0
    noise = torch.randn(50, 2)
    results = []
    for compiled in (True, False):
        leaf = outputs.clone().requires_grad_(True)
        if compiled:
            actions, log_probs = SquashedSample.apply(leaf, noise, -1.0, 1.0)
        else:
            mean, log_std = leaf.chunk(2, -1)
            actions, log_probs = squash(mean, log_std.clamp(-1.0, 1.0), noise)
        weighed = (actions * torch.tensor([1.0, -2.0])).sum() + (log_probs * log_probs.detach()).sum()
        (gradient,) = torch.autograd.grad(weighed, [leaf])
        results.append((actions.detach(), log_probs.detach(), gradient))
    for own, reference in zip(*results, strict=True):
        torch.testing.assert_close(own, reference, rtol=1e-4, atol=2e-5)


def test_ppos_gradient_without_autograd():
    torch.manual_seed(0)
    network = ActorCritic(5, 2, (16, 8))
    optimizer = FlatAdam(list(network.parameters()), 0.01)
    optimizer.flat.copy_(torch.randn_like(optimizer.flat) * 0.5)
    way = gaussian_pass(network, optimizer)
    assert way is not None
    weights = Weights(0.2, "clipped", 0.2, 0.7, 0.03)
    # Twice: the second pass writes into memory that the first one used.
    for _ in range(2):
        features = torch.randn(300, 5)
        actions = network.actor(features).detach() + torch.randn(300, 2)
        old = network.log_prob_entropy(features, actions)[0].detach() + 0.1 * torch.randn(300)
        told = Outcomes(actions, old, torch.randn(300), torch.randn(300), torch.randn(300))
        means = way(features, told, weights)
        found = optimizer.gradient.clone()
        outputs, values = network.actor(features), network.value(features)
        total, reference = losses.objective(Gaussian, outputs, network.log_std, values, told, weights)
        optimizer.differentiate([total])
        torch.testing.assert_close(means, reference, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(found, optimizer.gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_sacs_gradients_without_autograd(activation: Activation):
    torch.manual_seed(0)
    actor = SoftActor(5, (16, 8), activation, (0.0, 0.2), (-0.5, -0.5))
    critic = TwinCritic(5, 2, (16, 8), activation)
    optimizers = {
        name: FlatAdam(list(part.parameters()), 0.01) for name, part in (("actor", actor), ("critic", critic))
    }
    for optimizer in optimizers.values():
        optimizer.flat.copy_(torch.randn_like(optimizer.flat) * 0.5)
    plain = PlainPasses.of(actor, critic, optimizers)
    assert plain is not None
    features, actions = torch.randn(30, 5), torch.randn(30, 2)
    slopes, densities = torch.randn(2, 30), torch.randn(30)
    results = []
    for passes in (plain, AutogradPasses(actor, critic, optimizers, nullcontext), plain):
        torch.manual_seed(1)
        values, back = passes.judge(features, actions)
        back(slopes)
        proposed, log_probs, back_to_policy = passes.propose(features)
        back_to_policy(slopes, densities)
        gradients = [optimizer.gradient.clone() for optimizer in optimizers.values()]
        results.append([values, proposed, log_probs, *gradients])
    for one, reference, again in zip(*results, strict=True):
        torch.testing.assert_close(one, reference, rtol=1e-4, atol=1e-4)
        assert torch.equal(one, again)


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    torch.manual_seed(0)
    one = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    one[2].bias.requires_grad_(False)
    return one, deepcopy(one)


def test_adam():
    own, reference = networks()
    optimizer = FlatAdam(list(own.parameters()), 0.01, eps=1e-5)
    adam = torch.optim.Adam(reference.parameters(), 0.01, eps=1e-5)
    inputs = torch.randn(20, 16, 3)
    for step, batch in enumerate(inputs):
        optimizer.learning_rate = adam.param_groups[0]["lr"] = 0.01 / (1 + step)
        optimizer.differentiate([own(batch).square().mean()])
        norm = optimizer.clip(0.3)
        adam.zero_grad()
        reference(batch).square().mean().backward()
        free = [each for each in reference.parameters() if each.requires_grad]
        assert norm == pytest.approx(float(nn.utils.clip_grad_norm_(free, 0.3)), rel=1e-5)
        optimizer.step()
        adam.step()
        if step == 10:
            # A checkpoint of either kind goes on; the parameters are those of the network.
            for state in (adam.state_dict(), optimizer.state_dict()):
                optimizer = FlatAdam(list(own.parameters()), 0.01, eps=1e-5)
                optimizer.load_state_dict(deepcopy(state))
    for one, other in zip(own.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_parameters_that_are_laid_out_are_still_those_of_the_network():
    network, _ = networks()
    before = [parameter.clone() for parameter in network.parameters()]
    flat = lay_out(list(network.parameters()))
    flat.mul_(2.0)
    for parameter, value in zip(network.parameters(), before, strict=True):
        torch.testing.assert_close(parameter, 2.0 * value)
    network.load_state_dict({name: torch.zeros_like(value) for name, value in network.state_dict().items()})
    assert not flat.any()


def neighbour_encoder(count: int, size: int, heads: int) -> NeighbourEncoder:
    torch.manual_seed(0)
    names = [f"neighbour_{k}_{feature}" for k in range(count) for feature in ("x_m", "present", "vx_mps")]
    network = NeighbourEncoder(read_layout(["a", *names[:3], "b", *names[3:], "c"]), size, heads)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5)
    return network


def states_with(network: NeighbourEncoder, rows: int, share: float) -> Tensor:
    states = torch.randn(rows, 3 + network._neighbours.numel())
    states[:, network._neighbours[:, 0]] = (torch.rand(rows, len(network._neighbours)) < share).float()
    return states


def attended(network: NeighbourEncoder, states: Tensor) -> list[Tensor]:
    """Return features, attention and the gradients of all parameters."""
    features, weights = network.attend(states)
    total = (features * features.detach().cos()).sum()
    return [features.detach(), weights, *torch.autograd.grad(total, list(network.parameters()))]


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("rows", "count", "size", "heads"), [(1, 12, 64, 4), (33, 3, 8, 1), (20, 1, 6, 3), (50, 12, 64, 4)]
)
def test_attention_to_neighbours(rows: int, count: int, size: int, heads: int, share: float):
    network = neighbour_encoder(count, size, heads)
    # Twice: the second pass writes into memory that the first one used.
    for _ in range(2):
        states = states_with(network, rows, share)
        own, again = attended(network, states), attended(network, states)
        # A gradient that is asked for at the states is left to torch.
        reference = attended(network, states.clone().requires_grad_(True))
        assert all(one.equal(other) for one, other in zip(own, again, strict=True))
        for one, other in zip(own, reference, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
        with torch.no_grad():
            features, weights = network.attend(states)
        assert features.equal(own[0])
        assert weights.equal(own[1])


def test_attention_in_no_states():
    network = neighbour_encoder(4, 8, 2)
    features, weights, *gradients = attended(network, states_with(network, 0, 0.5))
    assert (features.shape, weights.shape) == ((0, network.output_dim), (0, 2, 5))
    assert not any(gradient.any() for gradient in gradients)


def test_two_passes_of_attention_before_a_gradient():
    network = neighbour_encoder(4, 8, 2)
    passes = [states_with(network, 9, 0.5) for _ in range(2)]
    parameters = list(network.parameters())
    together = torch.autograd.grad(sum(network(states).square().sum() for states in passes), parameters)
    apart = [torch.autograd.grad(network(states).square().sum(), parameters) for states in passes]
    for one, *others in zip(together, *apart, strict=True):
        torch.testing.assert_close(one, sum(others))


def test_what_is_not_finite_shows():
    attention = neighbour_encoder(4, 8, 2)
    layers = mlp((5, 16, 3), "relu", 1.0)
    for network, inputs in ((attention, states_with(attention, 5, 1.0)), (layers, torch.randn(7, 5))):
        for parameter in network.parameters():
            before = parameter.detach().clone()
            with torch.no_grad():
                parameter.view(-1)[-1] = float("nan")
                assert network(inputs).isnan().any()
                parameter.copy_(before)
