import numpy as np
import pytest

from drl_agent_node.env.normalization import RewardScaler, RunningMeanStd


def test_batches_merge_to_the_statistics_of_the_whole():
    random = np.random.default_rng(0)
    data = random.normal([3.0, -100.0, 0.0], [2.0, 0.5, 1e3], (1000, 3)).astype(np.float32)
    stats = RunningMeanStd(3)
    for part in np.split(data, [1, 2, 50, 400, 400]):
        stats.update(part)
    assert stats.count == 1000
    np.testing.assert_allclose(stats.mean, data.astype(np.float64).mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(stats.var, data.astype(np.float64).var(axis=0), rtol=1e-9)


def test_normalized_data_has_unit_scale_and_is_clipped():
    data = np.random.default_rng(1).normal(7.0, 3.0, (5000, 2)).astype(np.float32)
    stats = RunningMeanStd(2)
    stats.update(data)
    scaled = stats.normalize(data)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, atol=1e-3)
    assert stats.normalize(np.array([[1e6, -1e6]], np.float32), clip=5.0).tolist() == [[5.0, -5.0]]


def test_before_the_first_update_values_pass():
    values = np.array([[1.5, -2.5]], np.float32)
    np.testing.assert_array_equal(RunningMeanStd(2).normalize(values), values)


def test_a_constant_column_becomes_zero():
    stats = RunningMeanStd(1)
    stats.update(np.full((10, 1), 8.33, np.float32))
    assert np.abs(stats.normalize(np.array([[8.33]], np.float32))).max() < 1e-3


def test_state_survives_and_misfits_are_refused():
    stats = RunningMeanStd(2)
    stats.update(np.array([[1.0, 2.0], [3.0, 5.0]]))
    copy = RunningMeanStd(2)
    copy.load_state_dict(stats.state_dict())
    values = np.array([[4.0, 4.0]], np.float32)
    np.testing.assert_array_equal(copy.normalize(values), stats.normalize(values))
    assert copy.count == 2
    with pytest.raises(ValueError, match="2 columns do not fit 3"):
        RunningMeanStd(3).load_state_dict(stats.state_dict())


def test_reward_scale_is_the_std_of_discounted_returns():
    rewards = np.array([[1.0], [2.0], [4.0], [1.0]], np.float32)
    dones = np.array([[False], [True], [False], [False]])
    scaler = RewardScaler(1, gamma=0.5)
    assert scaler.scale == 1.0
    scaler.update(rewards[:2], dones[:2])
    scaler.update(rewards[2:], dones[2:])
    # 1; 2 + 0.5 * 1; then anew: 4; 1 + 0.5 * 4
    assert scaler.scale == pytest.approx(np.std([1.0, 2.5, 4.0, 3.0]))
    copy = RewardScaler(1, gamma=0.5)
    copy.load_state_dict(scaler.state_dict())
    assert copy.scale == scaler.scale
