import numpy as np
import pytest

from drl_agent_node.env import columns
from drl_agent_node.env.reward import RewardConfig, RewardFunction, reward
from drl_agent_node.errors import ConfigurationError

CONFIG = RewardConfig(
    overspeed_free=0.0,
    overspeed_worst=0.5,
    overspeed_floor=0.0,
    lane_offset_free=0.5,
    lane_offset_worst=2.5,
    lane_offset_floor=0.2,
    lateral_acceleration_free=4.0,
    lateral_acceleration_worst=8.0,
    lateral_acceleration_floor=0.5,
    success_bonus=3.0,
    collision_penalty=20.0,
    off_road_penalty=10.0,
    deviation_penalty=7.0,
    blocked_penalty=5.0,
)


def one(**values: float) -> np.ndarray:
    """One agent that does everything right: 1 m of a 200 m route at 8 m/s, limit 10 m/s."""
    row = np.zeros((1, columns.NUM_METRICS), np.float32)
    row[0, columns.PROGRESS_M] = 1.0
    row[0, columns.SPEED_MPS] = 8.0
    row[0, columns.SPEED_LIMIT_MPS] = 10.0
    row[0, columns.ROUTE_LENGTH_M] = 200.0
    for name, value in values.items():
        row[0, getattr(columns, name)] = value
    return row


def rewarded(status: int = 0, **values: float) -> float:
    result = reward(one(**values), np.array([status], np.uint8), CONFIG)
    assert result.dtype == np.float32
    assert result.shape == (1,)
    return float(result[0])


def test_progress_is_worth_its_share_of_the_route():
    assert rewarded() == pytest.approx(0.5)
    assert rewarded(ROUTE_LENGTH_M=100.0) == pytest.approx(1.0)
    assert rewarded(PROGRESS_M=0.0) == 0.0


def test_a_faultless_route_sums_to_route_reward():
    metrics = np.repeat(one(), 200, axis=0)
    assert reward(metrics, np.zeros(200, np.uint8), CONFIG).sum() == pytest.approx(100.0, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ({"SPEED_MPS": 10.0}, 1.0),
        ({"SPEED_MPS": 12.5}, 0.5),
        ({"SPEED_MPS": 15.0}, 0.0),
        ({"SPEED_MPS": 30.0}, 0.0),
        ({"LANE_OFFSET_M": 0.5}, 1.0),
        ({"LANE_OFFSET_M": -1.5}, 0.6),
        ({"LANE_OFFSET_M": 9.0}, 0.2),
        ({"LATERAL_ACCELERATION_MPS2": -6.0}, 0.75),
        ({"LANE_OFFSET_M": 1.5, "SPEED_MPS": 12.5, "LATERAL_ACCELERATION_MPS2": 8.0}, 0.6 * 0.5 * 0.5),
    ],
)
def test_soft_penalties_multiply_progress(values: dict[str, float], factor: float):
    assert rewarded(**values) == pytest.approx(0.5 * factor, abs=1e-6)
    assert float(RewardFunction(CONFIG).factors(one(**values))[0]) == pytest.approx(factor, abs=1e-6)


def test_lost_ground_counts_in_full():
    assert rewarded(PROGRESS_M=-1.0, LANE_OFFSET_M=9.0) == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        (columns.END_NONE, 0.0),
        (columns.END_ROUTE_DONE, 3.0),
        (columns.END_COLLISION, -20.0),
        (columns.END_OFF_ROAD, -10.0),
        (columns.END_ROUTE_DEVIATION, -7.0),
        (columns.END_BLOCKED, -5.0),
        (columns.END_TIME_LIMIT, 0.0),
        (columns.END_EXTERNAL, 0.0),
        (columns.END_RED_LIGHT, 0.0),
    ],
)
def test_ends_have_their_price(reason: int, change: float):
    assert rewarded(END_REASON=reason) == pytest.approx(0.5 + change)


def test_running_lights_and_signs_is_free_unless_it_has_a_price():
    broken = one(RED_LIGHT=1.0, STOP_SIGN=1.0)
    status = np.zeros(1, np.uint8)
    assert reward(broken, status, CONFIG)[0] == reward(one(), status, CONFIG)[0]
    priced = CONFIG.model_copy(update={"red_light_penalty": 4.0, "stop_sign_penalty": 1.5})
    assert reward(broken, status, priced)[0] == pytest.approx(0.5 - 5.5)
    assert reward(one(STOP_SIGN=1.0), status, priced)[0] == pytest.approx(0.5 - 1.5)
    assert reward(broken, np.array([columns.RESET], np.uint8), priced)[0] == 0.0


def test_first_observation_of_an_episode_earns_nothing():
    assert rewarded(status=columns.RESET) == 0.0


def test_going_faster_than_the_limit_never_pays():
    limit, speeds = 10.0, np.linspace(1.0, 20.0, 200)
    metrics = np.repeat(one(), len(speeds), axis=0)
    metrics[:, columns.SPEED_MPS] = speeds
    metrics[:, columns.PROGRESS_M] = 0.1 * speeds
    rates = reward(metrics, np.zeros(len(speeds), np.uint8), RewardConfig())
    best = speeds[np.argmax(rates)]
    assert limit * 0.98 < best < limit * 1.1


def test_each_agent_is_rewarded_on_its_own():
    metrics = np.concatenate([one(), one(LANE_OFFSET_M=9.0), one(END_REASON=columns.END_COLLISION)])
    expected = [0.5, 0.1, -19.5]
    assert reward(metrics, np.zeros(3, np.uint8), CONFIG) == pytest.approx(expected, abs=1e-6)


def test_bad_configuration_names_the_field():
    with pytest.raises(ConfigurationError, match="lane_offset_free"):
        RewardConfig.from_mapping({"lane_offset_free": 5.0}, "test")
    with pytest.raises(ConfigurationError, match=r"unknown field 'speeed'.*allowed fields: .*route_reward"):
        RewardConfig.from_mapping({"speeed": 1}, "test")
    with pytest.raises(ConfigurationError, match=r"jerk_floor.*1\.5"):
        RewardConfig.from_mapping({"jerk_floor": 1.5}, "test")
