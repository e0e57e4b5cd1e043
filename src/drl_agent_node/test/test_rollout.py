import numpy as np
import pytest

from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.rollout import Rollout, compute_gae


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def flags(*values: int) -> np.ndarray:
    return np.array(values, np.bool_)[:, None]


def test_gae_without_ends():
    # gamma 0.5, lambda 0.5: deltas 1 + .5*2 - 1 = 1 and 2 + .5*4 - 2 = 2; advantages 1 + .25 * 2 and 2.
    advantages = compute_gae(column(1, 2), column(1, 2, 4), flags(0, 0), flags(0, 0), flags(1, 1), 0.5, 0.5)
    assert advantages[:, 0] == pytest.approx([1.5, 2.0])


def test_gae_stops_at_a_terminal_step_and_skips_the_reset():
    # Step 1 terminates; step 2 only resets; step 3 is the new episode's first.
    advantages = compute_gae(
        column(1, 2, 100, 3),
        column(1, 2, 50, 6, 8),
        flags(0, 1, 0, 0),
        flags(0, 0, 0, 0),
        flags(1, 1, 0, 1),
        0.5,
        0.5,
    )
    # Deltas: 1 + .5*2 - 1 = 1; 2 - 2 = 0 (no bootstrap); masked; 3 + .5*8 - 6 = 1.
    assert advantages[:, 0] == pytest.approx([1.0 + 0.25 * 0.0, 0.0, 0.0, 1.0])


def test_gae_bootstraps_a_truncated_step_with_its_final_observation():
    advantages = compute_gae(
        column(1, 2, 100, 3),
        column(1, 2, 50, 6, 8),
        flags(0, 0, 0, 0),
        flags(0, 1, 0, 0),
        flags(1, 1, 0, 1),
        0.5,
        0.5,
    )
    # Step 1: 2 + .5*50 - 2 = 25, V(final observation) being 50; step 0: 1 + .25 * 25.
    assert advantages[:, 0] == pytest.approx([7.25, 25.0, 0.0, 1.0])


def test_gae_does_not_trust_a_lost_transition():
    # The world was lost in step 1: step 0 bootstraps, step 1 counts for nothing.
    advantages = compute_gae(column(1, 0), column(1, 2, 2), flags(0, 0), flags(0, 1), flags(1, 0), 0.5, 0.5)
    assert advantages[:, 0] == pytest.approx([1.0, 0.0])


def test_gae_keeps_environments_apart():
    first = compute_gae(column(1, 2), column(1, 2, 4), flags(0, 0), flags(0, 0), flags(1, 1), 0.9, 0.8)
    second = compute_gae(column(5, 1), column(0, 3, 1), flags(1, 0), flags(0, 0), flags(1, 0), 0.9, 0.8)
    both = compute_gae(
        np.hstack([column(1, 2), column(5, 1)]),
        np.hstack([column(1, 2, 4), column(0, 3, 1)]),
        np.hstack([flags(0, 0), flags(1, 0)]),
        np.zeros((2, 2), np.bool_),
        np.hstack([flags(1, 1), flags(1, 0)]),
        0.9,
        0.8,
    )
    np.testing.assert_allclose(both, np.hstack([first, second]), rtol=1e-6)


def transition(
    value: float, *, terminated: bool = False, truncated: bool = False, valid: bool = True
) -> Transition:
    return Transition(
        np.full((1, 2), value, np.float32),
        np.array([value], np.float32),
        np.array([terminated]),
        np.array([truncated]),
        np.array([valid]),
    )


def test_rollout_masks_the_step_after_a_done_one_across_rollouts_too():
    rollout = Rollout(2, 1, 2, 1)
    action = np.zeros((1, 1), np.float32)
    rollout.add(np.zeros((1, 2), np.float32), action, transition(1.0))
    rollout.add(np.full((1, 2), 1.0, np.float32), action, transition(2.0, terminated=True))
    assert rollout.full
    assert rollout.valid[:, 0].tolist() == [True, True]
    assert rollout.observations[:, 0, 0].tolist() == [0.0, 1.0, 2.0]
    rollout.clear()
    rollout.add(np.full((1, 2), 2.0, np.float32), action, transition(3.0))
    rollout.add(np.full((1, 2), 3.0, np.float32), action, transition(4.0, valid=False, truncated=True))
    assert rollout.valid[:, 0].tolist() == [False, False]


@pytest.mark.parametrize("done", [False, True])
def test_rollout_that_begins_with_a_last_observation_masks_the_reset(done: bool):
    rollout = Rollout(2, 1, 2, 1)
    rollout.add(np.zeros((1, 2), np.float32), np.zeros((1, 1), np.float32), transition(1.0, terminated=True))
    rollout.begin(np.array([done]))
    for _ in range(2):
        rollout.add(np.zeros((1, 2), np.float32), np.zeros((1, 1), np.float32), transition(1.0))
    assert rollout.valid[:, 0].tolist() == [not done, True]
