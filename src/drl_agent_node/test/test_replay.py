from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from drl_agent_node.algorithms.base import Transition
from drl_agent_node.replay.augmentation import random_shift
from drl_agent_node.replay.replay_buffer import ReplayBuffer
from drl_agent_node.replay.sum_tree import SumTree

STATE = {"state": ((1,), np.float32)}


def test_the_trees_total_is_the_sum_however_it_was_set():
    random = np.random.default_rng(0)
    tree = SumTree(37)
    expected = np.zeros(37)
    for _ in range(50):
        start = int(random.integers(0, 30))
        values = random.random(7)
        tree.set_range(start, values)
        expected[start : start + 7] = values
        leaves = random.integers(0, 37, 5)
        values = random.random(5)
        tree.set(leaves, values)
        expected[leaves] = values
        assert tree.total == pytest.approx(expected.sum())
    np.testing.assert_array_equal(tree.priorities, expected)


def test_the_tree_finds_leaves_by_mass_and_never_one_without_priority():
    tree = SumTree(5)
    tree.set_range(0, np.array([0.0, 2.0, 0.0, 1.0, 0.0]))
    assert [tree.find(mass) for mass in (0.0, 1.99, 2.0, 2.99, 3.0, 99.0)] == [1, 1, 3, 3, 3, 3]


def buffer(num_envs: int = 1, capacity: int = 64, **options: object) -> ReplayBuffer:
    settings = {"n_step": 1, "gamma": 0.5, "alpha": 1.0} | options
    return ReplayBuffer(capacity, num_envs, STATE, 1, **settings)


def add(
    replay: ReplayBuffer,
    value: float,
    reward: float,
    *,
    terminated: bool = False,
    truncated: bool = False,
    valid: bool = True,
    following: float | None = None,
) -> None:
    """One step of one environment that counts its observations up."""
    after = np.full((1, 1), value + 1 if following is None else following, np.float32)
    replay.add(
        {"state": np.full((1, 1), value, np.float32)},
        np.full((1, 1), -value, np.float32),
        Transition(
            after,
            np.array([reward], np.float32),
            np.array([terminated]),
            np.array([truncated]),
            np.array([valid]),
        ),
        {"state": after},
    )


def everything(replay: ReplayBuffer) -> dict[float, tuple[float, float, float]]:
    """Observation -> (next observation, return, discount) of all that can be drawn."""
    batch = replay.sample(2000, 0.5, np.random.default_rng(0))
    assert (batch.actions == -batch.observations["state"]).all()
    rows = zip(
        batch.observations["state"][:, 0].tolist(),
        batch.next_observations["state"][:, 0].tolist(),
        batch.returns.tolist(),
        batch.discounts.tolist(),
        strict=True,
    )
    return {observation: rest for observation, *rest in ((o, n, r, d) for o, n, r, d in rows)}


def test_n_step_returns_up_to_a_terminal_step():
    replay = buffer(n_step=3)
    for value, reward in enumerate((1.0, 2.0, 4.0)):
        add(replay, value, reward)
    add(replay, 3, 8.0, terminated=True)
    add(replay, 4, 99.0)  # only resets
    add(replay, 10, 16.0)
    found = everything(replay)
    # 1 + 2/2 + 4/4, then V(3)/8; 2 + 4/2 + 8/4 and nothing after the end; ...; one step so far in the new episode.
    assert found[0] == [3, 3.0, 0.125]
    assert found[1][1:] == [6.0, 0.0]
    assert found[2][1:] == [8.0, 0.0]
    assert found[3][1:] == [8.0, 0.0]
    assert found[10] == [11, 16.0, 0.5]
    assert sorted(found) == [0, 1, 2, 3, 10]


def test_n_step_returns_bootstrap_a_truncated_step_with_its_final_observation():
    replay = buffer(n_step=3)
    add(replay, 0, 1.0)
    add(replay, 1, 2.0, truncated=True)
    add(replay, 2, 99.0)  # only resets; 2 was the final observation
    add(replay, 10, 4.0)
    found = everything(replay)
    assert found[0] == [2, 2.0, 0.25]
    assert found[1] == [2, 2.0, 0.5]
    assert sorted(found) == [0, 1, 10]


def test_n_step_returns_stop_before_a_lost_step():
    replay = buffer(n_step=3)
    add(replay, 0, 1.0)
    add(replay, 1, 2.0)
    add(replay, 2, 50.0, truncated=True, valid=False)
    found = everything(replay)
    assert found[0] == [2, 2.0, 0.25]
    assert found[1] == [2, 2.0, 0.5]
    assert sorted(found) == [0, 1]


def test_a_reset_from_outside_cuts_unless_the_environment_goes_on():
    replay = buffer(n_step=3)
    add(replay, 0, 1.0)
    add(replay, 1, 2.0)
    replay.begin(np.array([False]))
    add(replay, 2, 4.0)  # what the last step led to: nothing was cut
    assert everything(replay)[0] == [3, 3.0, 0.125]
    replay.begin(np.array([False]))
    add(replay, 70, 8.0)
    found = everything(replay)
    assert found[2] == [3, 4.0, 0.5]
    assert found[70] == [71, 8.0, 0.5]
    replay.begin(np.array([True]))
    add(replay, 80, 8.0)  # an episode's last observation: the step only resets
    assert 80 not in everything(replay)


def test_the_ring_forgets_the_oldest_and_agrees_with_episodes_kept_apart():
    random = np.random.default_rng(1)
    num_envs, n_step, gamma = 3, 4, 0.9
    replay = buffer(num_envs, capacity=60, n_step=n_step, gamma=gamma)
    episodes: list[list[tuple[float, float, float, bool]]] = [[] for _ in range(num_envs)]
    expected: dict[float, tuple[float, float]] = {}
    number = 0.0
    observations = np.arange(num_envs, dtype=np.float32)[:, None] + 1000.0
    resetting = np.zeros(num_envs, bool)
    for step in range(100):
        following = (np.arange(num_envs, dtype=np.float32) + 1000.0 * (step + 2))[:, None]
        rewards = random.random(num_envs).astype(np.float32)
        terminated = (random.random(num_envs) < 0.1) & ~resetting
        truncated = (random.random(num_envs) < 0.1) & ~resetting & ~terminated
        replay.add(
            {"state": observations},
            -observations,
            Transition(following, rewards, terminated, truncated, np.ones(num_envs, bool)),
            {"state": following},
        )
        for env in range(num_envs):
            if not resetting[env]:
                episodes[env].append((observations[env, 0], rewards[env], following[env, 0], terminated[env]))
            ended = terminated[env] or truncated[env] or step == 99
            if ended and episodes[env]:
                for start in range(len(episodes[env])):
                    part = episodes[env][start : start + n_step]
                    value = sum(reward * gamma**k for k, (_, reward, _, _) in enumerate(part))
                    discount = 0.0 if part[-1][3] else gamma ** len(part)
                    expected[part[0][0]] = (part[-1][2], value, discount)
                episodes[env] = []
        resetting = terminated | truncated
        observations = following
        number += 1
    newest_rows = [value for value in expected if value >= 1000.0 * (100 - 18)]
    found = everything(replay)
    assert sorted(found) == sorted(newest_rows)
    assert len(replay) == len(newest_rows)
    for observation, (following, value, discount) in found.items():
        want = expected[observation]
        assert value == pytest.approx(want[1], rel=1e-5)
        assert discount == pytest.approx(want[2], rel=1e-5)
        if discount:
            assert following == want[0]


def test_draws_follow_priorities_and_weights_undo_them():
    replay = buffer(alpha=0.5)
    for value in range(4):
        add(replay, value, 0.0)
    # Priorities 1, 2, 3, 4 after the power of one half; the total is 10.
    replay.set_priorities(np.arange(4), np.array([1, 4, 9, 16], np.float32))
    np.testing.assert_allclose(replay.tree.priorities[:4], [1, 2, 3, 4], rtol=1e-5)
    batch = replay.sample(1000, 1.0, np.random.default_rng(0))
    assert np.bincount(batch.leaves, minlength=4).tolist() == pytest.approx([100, 200, 300, 400], abs=1)
    # (4 P)^-1 is 2.5, 1.25, 0.8333, 0.625; relative to the largest:
    weights = {int(leaf): weight for leaf, weight in zip(batch.leaves, batch.weights, strict=True)}
    assert [weights[leaf] for leaf in range(4)] == pytest.approx([1.0, 0.5, 1 / 3, 0.25], rel=1e-5)
    half = replay.sample(1000, 0.5, np.random.default_rng(0))
    assert half.weights[half.leaves == 3][0] == pytest.approx(0.5, rel=1e-5)
    add(replay, 4, 0.0)
    assert replay.tree.priorities[4] == pytest.approx(4.0, rel=1e-5)


def test_alpha_zero_draws_evenly():
    replay = buffer(alpha=0.0)
    for value in range(4):
        add(replay, value, 0.0)
    replay.set_priorities(np.arange(4), np.array([0, 1, 50, 1000], np.float32))
    batch = replay.sample(400, 1.0, np.random.default_rng(0))
    assert np.bincount(batch.leaves, minlength=4).tolist() == pytest.approx([100] * 4, abs=1)
    assert (batch.weights == 1.0).all()


def test_images_stay_bytes_and_files_leave_nothing_behind(tmp_path: Path):
    spaces = {"state": ((2,), np.float32), "bev": ((3, 4, 4), np.uint8)}
    replay = ReplayBuffer(40, 2, spaces, 1, directory=tmp_path / "replay")
    random = np.random.default_rng(0)
    frames = random.integers(0, 256, (10, 2, 3, 4, 4)).astype(np.uint8)
    no = np.zeros(2, bool)
    for before, after in pairwise(frames):
        state = before[:, :2, 0, 0].astype(np.float32)
        replay.add(
            {"state": state, "bev": before},
            np.zeros((2, 1), np.float32),
            Transition(state, np.zeros(2, np.float32), no, no, ~no),
            {"state": after[:, :2, 0, 0].astype(np.float32), "bev": after},
        )
    assert list((tmp_path / "replay").iterdir()) == []
    batch = replay.sample(30, 0.4, random)
    assert batch.observations["bev"].dtype == np.uint8
    for i, leaf in enumerate(batch.leaves):
        row, env = divmod(int(leaf), 2)
        assert (batch.observations["bev"][i] == frames[row, env]).all()
        assert (batch.next_observations["bev"][i] == frames[row + 1, env]).all()
        assert (batch.observations["state"][i] == frames[row, env, :2, 0, 0]).all()


def test_a_restored_buffer_draws_the_same():
    replay, copy = buffer(n_step=2), buffer(n_step=2)
    for value in range(150):
        add(replay, value, float(value), terminated=value % 7 == 0)
    replay.set_priorities(np.arange(20), np.arange(20, dtype=np.float32))
    assert copy.load_state_dict(replay.state_dict())
    for each in (replay, copy):
        each.begin(np.array([False]))
        add(each, 150, 1.0)
    first, second = (each.sample(50, 0.4, np.random.default_rng(3)) for each in (replay, copy))
    for name in ("leaves", "actions", "returns", "discounts", "weights"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert len(copy) == len(replay)
    assert not buffer(capacity=32).load_state_dict(replay.state_dict())


def test_an_empty_buffer_has_nothing_to_draw():
    with pytest.raises(ValueError, match="no transition"):
        buffer().sample(4, 0.4, np.random.default_rng(0))


def test_random_shifts_move_images_and_repeat_their_edges():
    images = np.arange(2 * 3 * 5 * 6, dtype=np.uint8).reshape(2, 3, 5, 6)
    shifted = random_shift(np.repeat(images, 50, 0), 2, np.random.default_rng(0))
    assert shifted.dtype == np.uint8
    seen = set()
    for number, image in enumerate(shifted):
        source = images[number // 50]
        found = [
            (dy, dx)
            for dy in range(-2, 3)
            for dx in range(-2, 3)
            if (
                image == source[:, np.clip(np.arange(5) + dy, 0, 4)][:, :, np.clip(np.arange(6) + dx, 0, 5)]
            ).all()
        ]
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) >= 20
    assert random_shift(images, 0, np.random.default_rng(0)) is images
