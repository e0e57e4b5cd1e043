import math

import numpy as np
import pytest

from drl_agent_node.env import columns
from drl_agent_node.episodes import EpisodeTracker


def infos(status: list[int], speeds: list[float], reasons: list[int] | None = None) -> dict[str, np.ndarray]:
    metrics = np.zeros((len(status), columns.NUM_METRICS), np.float32)
    metrics[:, columns.SPEED_MPS] = speeds
    metrics[:, columns.ROUTE_COMPLETION] = 0.25
    metrics[:, columns.ROUTE_LENGTH_M] = 150.0
    return {
        "metrics": metrics,
        "status": np.array(status, np.uint8),
        "end_reason": np.array(reasons or [0] * len(status), np.uint8),
        "stamp": np.full(len(status), 12.5),
        "valid": np.ones(len(status), np.bool_),
    }


def rewards(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def dones(*values: int) -> np.ndarray:
    return np.array(values, np.bool_)


def test_sums_belong_to_their_episode():
    tracker = EpisodeTracker(2)
    tracker.begin(infos([columns.RESET, columns.RESET], [0.0, 0.0]))
    assert math.isnan(tracker.stats().mean_return)
    assert tracker.step(rewards(1, 10), dones(0, 0), infos([0, 0], [2.0, 0.0])) == []
    (episode,) = tracker.step(
        rewards(2, 10), dones(1, 0), infos([columns.TERMINATED, 0], [4.0, 0.0], [columns.END_ROUTE_DONE, 0])
    )
    assert (episode.env, episode.length, episode.episode_return, episode.mean_speed_mps) == (0, 2, 3.0, 3.0)
    assert (episode.episode, episode.total_steps, episode.stamp) == (0, 4, 12.5)
    assert episode.route_completion == pytest.approx(0.25)
    assert episode.success
    assert episode.whole
    # The step into the next episode's first observation counts for neither.
    tracker.step(rewards(99, 10), dones(0, 0), infos([columns.RESET, 0], [9.0, 0.0]))
    (episode,) = tracker.step(
        rewards(5, 10), dones(1, 0), infos([columns.TERMINATED, 0], [1.0, 0.0], [columns.END_OFF_ROAD, 0])
    )
    assert (episode.length, episode.episode_return, episode.episode) == (1, 5.0, 1)
    stats = tracker.stats()
    assert (stats.size, stats.mean_return, stats.success_rate) == (2, 4.0, 0.5)
    assert stats.end_shares == {"route_done": 0.5, "off_road": 0.5}
    assert (tracker.steps, tracker.episodes) == (8, 2)


def test_episodes_seen_in_part_or_ended_from_outside_stay_out_of_the_window():
    tracker = EpisodeTracker(2)
    tracker.begin(infos([0, columns.RESET], [0.0, 0.0]))
    first, second = tracker.step(
        rewards(1, 1),
        dones(1, 1),
        infos(
            [columns.TERMINATED, columns.TRUNCATED], [1.0, 1.0], [columns.END_COLLISION, columns.END_EXTERNAL]
        ),
    )
    assert not first.whole
    assert not second.whole
    assert tracker.stats().size == 0
    assert tracker.episodes == 2


def test_an_end_right_after_an_end_is_no_episode():
    tracker = EpisodeTracker(1)
    tracker.begin(infos([columns.RESET], [0.0]))
    assert (
        len(tracker.step(rewards(1), dones(1), infos([columns.TERMINATED], [1.0], [columns.END_COLLISION])))
        == 1
    )
    tracker.step(
        rewards(0), dones(1), infos([columns.RESET | columns.TRUNCATED], [1.0], [columns.END_EXTERNAL])
    )
    assert tracker.episodes == 1


def test_steps_that_nobody_saw_count_for_nothing():
    tracker = EpisodeTracker(2)
    tracker.begin(infos([columns.RESET, columns.RESET], [0.0, 0.0]))
    unseen = infos([0, 0], [2.0, 2.0]) | {"valid": np.array([True, False])}
    tracker.step(rewards(1, 0), dones(0, 0), unseen)
    assert tracker.steps == 1
    first, second = tracker.step(rewards(1, 1), dones(1, 1), infos([0, 0], [2.0, 2.0]))
    assert (first.length, second.length) == (2, 1)
    assert tracker.steps == 3
