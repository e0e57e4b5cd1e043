import math

import pytest
import torch

from drl_agent_node.algorithms.losses import policy_loss, value_loss
from drl_agent_node.algorithms.schedules import LearningRate, linear


def test_policy_loss_by_hand():
    ratios = torch.tensor([1.0, 1.5, 0.5, 1.5, 0.5])
    advantages = torch.tensor([2.0, 1.0, 1.0, -1.0, -1.0])
    loss, kl, clipped = policy_loss(ratios.log(), torch.zeros(5), advantages, 0.2)
    # min(2, 2); min(1.5, 1.2); min(.5, .8); min(-1.5, -1.2); min(-.5, -.8)
    assert float(loss) == pytest.approx(-(2.0 + 1.2 + 0.5 - 1.5 - 0.8) / 5)
    assert float(kl) == pytest.approx(sum(r - 1 - math.log(r) for r in ratios.tolist()) / 5)
    assert float(clipped) == pytest.approx(0.8)


def test_gradients_stop_where_the_ratio_has_moved_far_enough():
    log_ratio = torch.tensor([0.5, -0.5, 0.5, -0.5], requires_grad=True)
    loss, _, _ = policy_loss(log_ratio, torch.zeros(4), torch.tensor([1.0, 1.0, -1.0, -1.0]), 0.2)
    loss.backward()
    assert (log_ratio.grad != 0).tolist() == [False, True, True, False]


def test_value_losses_by_hand():
    values, returns = torch.tensor([1.0, 3.0, 0.0]), torch.tensor([0.0, 0.0, 0.2])
    old = torch.tensor([0.0, 3.0, 0.0])
    assert float(value_loss(values, returns, old, "mse", 0.5)) == pytest.approx(0.5 * (1 + 9 + 0.04) / 3)
    # Errors of the clipped values: 0.5, 3, -0.2; the larger of both counts.
    assert float(value_loss(values, returns, old, "clipped", 0.5)) == pytest.approx(0.5 * (1 + 9 + 0.04) / 3)
    better = torch.tensor([1.0, 3.0, 0.2])
    returns = torch.tensor([1.0, 0.0, 0.2])
    assert float(value_loss(better, returns, old, "clipped", 0.5)) == pytest.approx(0.5 * (0.25 + 9) / 3)
    # 0.5 e^2 up to 0.5, then 0.5 (|e| - 0.25): 0, 0.5 * 2.75, 0
    assert float(value_loss(better, returns, old, "huber", 0.5)) == pytest.approx(0.5 * 2.75 / 3)


def test_learning_rates():
    assert linear(2.0, 1.0, 0.25) == 1.75
    falling = LearningRate("linear", 1e-3, 0.03)
    assert [falling.at(p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1e-3, 5e-4, 5e-5])
    assert LearningRate("constant", 1e-3, 0.03).at(0.9) == 1e-3
    adaptive = LearningRate("kl", 1e-3, 0.02)
    adaptive.heard(0.02)
    assert adaptive.at(0.5) == 1e-3
    adaptive.heard(0.05)
    assert adaptive.at(0.5) == pytest.approx(1e-3 / 1.5)
    adaptive.heard(0.005)
    assert adaptive.at(0.5) == pytest.approx(1e-3)
    for _ in range(50):
        adaptive.heard(0.0)
    assert adaptive.at(0.5) == 1e-2
