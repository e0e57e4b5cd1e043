"""The loop of acting and learning on the lane world, for tests of algorithms."""

from __future__ import annotations

from lane_world import LaneWorldEnv

from drl_agent_node.algorithms.base import Algorithm, Transition
from drl_agent_node.env import columns
from drl_agent_node.episodes import EpisodeTracker


def train(env: LaneWorldEnv, algorithm: Algorithm, steps: int) -> EpisodeTracker:
    """Let an algorithm act and learn for so many agent steps."""
    observations, infos = env.reset(seed=0)
    tracker = EpisodeTracker(env.num_envs)
    tracker.begin(infos)
    status = infos["status"]
    algorithm.begin((status & columns.DONE) != 0, (status & columns.RESET) != 0)
    while tracker.steps < steps:
        actions = algorithm.act(observations)
        following, rewards, terminated, truncated, infos = env.step(actions)
        algorithm.record(
            observations, actions, Transition(following, rewards, terminated, truncated, infos["valid"])
        )
        observations = following
        tracker.step(rewards, terminated | truncated, infos)
        if algorithm.ready:
            algorithm.update(tracker.steps / steps)
    return tracker
