"""Observations and actions of a drive, put together into rows of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carla_drl_tools.errors import ToolError
from carla_sensor_bridge.bag import FrameLookup
from drl_agent_node.env import columns
from drl_agent_node.env.reward import RewardConfig, reward


@dataclass
class Counts:
    """What became of the messages."""

    frames: int = 0
    repeated: int = 0
    """Observations of a frame that was there before: a gateway that was started again."""
    gaps: int = 0
    """Places where frames are missing."""
    unanswered: int = 0
    """Frames without an action."""


def rows(
    observations: Iterable[tuple[Any, int]],
    actions: Iterable[tuple[Any, int]],
    sessions: Iterable[int],
    config: RewardConfig,
    counts: Counts,
) -> Iterator[dict[str, Any]]:
    """Yield one row per frame, in the order of the drive; see `dataset` for its arrays.

    Args:
        observations: `FleetObservation`s and their times, ns, in the order of recording.
        actions: `FleetAction`s, likewise.
        sessions: of the actions, in the order of recording.
        config: of the reward.
        counts: is kept up to date.

    Raises:
        ToolError: when the fleet or the observation changes in the middle.
    """
    answers = FrameLookup(actions, sessions)
    previous: dict[str, Any] | None = None
    shape: tuple[int, ...] | None = None
    for message, time_ns in observations:
        key = (message.session, message.frame)
        if previous is not None and key == (previous["session"], previous["frame"]):
            counts.repeated += 1
            continue
        answer = answers.take(*key)
        row = _row(message, time_ns, answer and answer[0])
        if shape is not None and row["state"].shape != shape:
            raise ToolError(
                f"frame {key[1]} of session {key[0]} has {row['state'].shape} state values, the ones before it have "
                f"{shape}; allowed: bags with one fleet and one observation layout"
            )
        shape = row["state"].shape
        counts.frames += 1
        counts.unanswered += not row.pop("answered")
        if previous is not None:
            yield _complete(previous, row, config, counts)
        previous = row
    if previous is not None:
        yield _complete(previous, None, config, counts)


def _row(message: Any, time_ns: int, action: Any | None) -> dict[str, Any]:
    agents = message.num_agents
    stamp = message.header.stamp
    values = np.full((agents, columns.NUM_ACTIONS), np.nan, np.float32)
    if action is not None:
        values[...] = np.frombuffer(action.action, np.float32).reshape(agents, columns.NUM_ACTIONS)
    row: dict[str, Any] = {
        "state": np.frombuffer(message.state, np.float32).reshape(agents, message.state_dim),
        "metrics": np.frombuffer(message.metrics, np.float32).reshape(agents, columns.NUM_METRICS),
        "status": np.frombuffer(message.status, np.uint8),
        "action": values,
        "session": np.uint32(message.session),
        "frame": np.uint64(message.frame),
        "sim_time_s": np.float64(stamp.sec + stamp.nanosec * 1e-9),
        "recorded_ns": np.int64(time_ns),
        "answered": action is not None,
    }
    return row


def _complete(
    row: dict[str, Any], following: dict[str, Any] | None, config: RewardConfig, counts: Counts
) -> dict[str, Any]:
    """Add to a row what the frame after it says about its action."""
    agents = len(row["status"])
    result = {name: np.zeros(agents, np.bool_) for name in ("terminated", "truncated", "valid")}
    rewards: NDArray[np.float32] = np.zeros(agents, np.float32)
    follows = (
        following is not None
        and following["session"] == row["session"]
        and following["frame"] == row["frame"] + np.uint64(1)
    )
    if follows:
        assert following is not None
        status = following["status"]
        done = (row["status"] & columns.DONE) != 0
        result["terminated"] = (status & columns.TERMINATED) != 0
        result["truncated"] = (status & columns.TRUNCATED) != 0
        result["valid"] = np.isfinite(row["action"]).all(axis=1) & ~done
        rewards = reward(following["metrics"], status, config)
    elif following is not None:
        counts.gaps += 1
    return {**row, "reward": rewards, **result}
