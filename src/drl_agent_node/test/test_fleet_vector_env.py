"""The vector environment over messages, without ROS: a transport that delivers when asked."""

import time

import numpy as np
import pytest
from fake_gateway import layout_message, observation_message
from gymnasium.vector import AutoresetMode
from lane_world import STATE_NAMES, LaneWorld

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.env.reward import RewardConfig, reward
from drl_agent_node.errors import (
    ConfigurationError,
    FleetError,
    InterruptedWaitError,
    ObservationTimeoutError,
)


class Worlds:
    """Carries messages between lock-step groups and `LaneWorld`s."""

    def __init__(self, sizes: dict[str, int], retry_s: float = 60.0, expected_agents: int = 0) -> None:
        self.worlds = {name: LaneWorld(size, seed=index) for index, (name, size) in enumerate(sizes.items())}
        self.sessions = dict.fromkeys(sizes, 1)
        self.published: list[tuple[str, int, int, np.ndarray]] = []
        self.inbox: list[tuple[str, object]] = []
        self.deaf = False
        self.groups = [
            LockStep(name, self._publisher(name), retry_s, expected_agents=expected_agents) for name in sizes
        ]

    def _publisher(self, name: str):
        def publish(session: int, frame: int, actions: np.ndarray) -> None:
            self.published.append((name, session, frame, actions.copy()))
            world = self.worlds[name]
            if not self.deaf and session == self.sessions[name] and frame == world.frame:
                world.step(actions)
                self.send(name)

        return publish

    def send(self, name: str) -> None:
        self.inbox.append((name, observation_message(self.worlds[name], self.sessions[name])))

    def send_first(self) -> None:
        for name, world in self.worlds.items():
            self.inbox.append((name, layout_message(world, self.sessions[name], name)))
            self.send(name)

    def renew(self, name: str) -> None:
        self.sessions[name] += 1
        self.worlds[name] = LaneWorld(self.worlds[name].num_agents, seed=50)
        self.send(name)

    def wait(self, timeout_s: float) -> None:
        if self.inbox:
            name, message = self.inbox.pop(0)
            group = next(group for group in self.groups if group.simulator == name)
            if hasattr(message, "state_names"):
                group.on_layout(message)
            else:
                group.on_observation(message, time.monotonic())

    def describe_peers(self, group: LockStep) -> str:
        return f"peers of {group.simulator}"

    def close(self) -> None:
        self.closed = True


def connect(sizes: dict[str, int], retry_s: float = 60.0) -> tuple[Worlds, FleetVectorEnv, np.ndarray]:
    worlds = Worlds(sizes, retry_s)
    worlds.send_first()
    env = FleetVectorEnv(worlds)
    observations, _ = env.reset(seed=0)
    return worlds, env, observations


def test_spaces_and_batches():
    worlds, env, observations = connect({"a": 2, "b": 3})
    assert env.num_envs == 5
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert env.observation_space.shape == (5, len(STATE_NAMES))
    assert env.action_space.shape == (5, 2)
    assert env.state_names == STATE_NAMES
    np.testing.assert_array_equal(observations[:2], worlds.worlds["a"].state)
    np.testing.assert_array_equal(observations[2:], worlds.worlds["b"].state)
    actions = np.linspace(-2.0, 2.0, 10, dtype=np.float32).reshape(5, 2)
    observations, rewards, terminated, truncated, infos = env.step(actions)
    np.testing.assert_array_equal(observations[2:], worlds.worlds["b"].state)
    sent = {name: action for name, _, _, action in worlds.published}
    np.testing.assert_array_equal(np.concatenate([sent["a"], sent["b"]]), np.clip(actions, -1.0, 1.0))
    assert observations.dtype == rewards.dtype == np.float32
    assert terminated.dtype == truncated.dtype == np.bool_
    assert {key: value.shape for key, value in infos.items()} == {
        "metrics": (5, columns.NUM_METRICS),
        "status": (5,),
        "end_reason": (5,),
        "valid": (5,),
        "stamp": (5,),
    }
    np.testing.assert_array_equal(rewards, reward(infos["metrics"], infos["status"], RewardConfig()))
    assert infos["valid"].all()
    assert (env.locate(1), env.locate(2), env.locate(4)) == (("a", 1, 1), ("b", 1, 0), ("b", 1, 2))


def test_every_frame_is_answered_once_and_ends_are_passed_on():
    worlds, env, _ = connect({"a": 4})
    steps, ended, began = 400, 0, 0
    done_before = np.zeros(4, np.bool_)
    for _ in range(steps):
        _, _, terminated, truncated, infos = env.step(np.full((4, 2), 0.7, np.float32))
        np.testing.assert_array_equal((infos["status"] & columns.RESET) != 0, done_before)
        done_before = terminated | truncated
        assert ((infos["end_reason"] > 0) == done_before).all()
        ended += int(done_before.sum())
        began += int(((infos["status"] & columns.RESET) != 0).sum())
    assert [frame for _, _, frame, _ in worlds.published] == list(range(steps))
    assert ended > 10
    assert abs(ended - began) <= 4


def test_a_new_world_truncates_and_starts_on_the_next_step():
    worlds, env, _ = connect({"a": 2, "b": 2})
    action = np.zeros((4, 2), np.float32)
    before, *_ = env.step(action)
    last_a = before[:2].copy()
    worlds.deaf = True
    worlds.renew("a")
    worlds.send("b")  # A frame that was answered already.
    worlds.worlds["b"].step(action[2:])
    worlds.send("b")
    observations, rewards, terminated, truncated, infos = env.step(action)
    worlds.deaf = False
    np.testing.assert_array_equal(observations[:2], last_a)
    assert truncated.tolist() == [True, True, False, False]
    assert not terminated.any()
    assert infos["valid"].tolist() == [False, False, True, True]
    assert infos["end_reason"].tolist() == [columns.END_EXTERNAL] * 2 + [0, 0]
    assert rewards[:2].tolist() == [0.0, 0.0]
    assert env.locate(0) == ("a", 1, 0)
    answered = len(worlds.published)
    observations, _, _, truncated, infos = env.step(action)
    np.testing.assert_array_equal(observations[:2], worlds.worlds["a"].state)
    assert worlds.worlds["a"].frame == 0
    assert [name for name, *_ in worlds.published[answered:]] == ["b"]
    assert not truncated.any()
    assert ((infos["status"][:2] & columns.RESET) != 0).all()
    assert env.locate(0) == ("a", 2, 0)
    env.step(action)
    assert worlds.worlds["a"].frame == 1


def test_a_frame_that_comes_again_is_answered_the_same_again():
    worlds, env, _ = connect({"a": 1})
    worlds.deaf = True
    worlds.send("a")
    worlds.send("a")
    world = worlds.worlds["a"]
    action = np.array([[0.25, -0.5]], np.float32)
    twin = LaneWorld(1, seed=0)
    twin.step(action)
    worlds.worlds["a"] = twin
    worlds.send("a")
    env.step(action)
    assert world.frame == 0
    assert [frame for _, _, frame, _ in worlds.published] == [0, 0, 0]
    for _, _, _, sent in worlds.published:
        np.testing.assert_array_equal(sent, action)
    assert env.links[0].duplicates == 2


def test_late_frames_are_dropped_and_counted():
    worlds, env, _ = connect({"a": 1})
    old = observation_message(worlds.worlds["a"], 1)
    action = np.zeros((1, 2), np.float32)
    env.step(action)
    env.step(action)
    worlds.inbox.append(("a", old))
    observations, *_ = env.step(action)
    assert env.links[0].stale == 1
    np.testing.assert_array_equal(observations, worlds.worlds["a"].state)


def test_silence_is_met_with_the_same_answer_until_told_to_stop():
    worlds, env, _ = connect({"a": 1}, retry_s=0.0)
    worlds.deaf = True
    asked = iter([False] * 6)
    env.should_stop = lambda: next(asked, True)
    with pytest.raises(InterruptedWaitError):
        env.step(np.full((1, 2), 0.5, np.float32))
    assert len(worlds.published) > 2
    assert {(session, frame) for _, session, frame, _ in worlds.published} == {(1, 0)}
    assert env.links[0].repeats == len(worlds.published) - 1


def test_missing_topics_are_named_after_the_deadline():
    worlds = Worlds({"a": 1, "b": 1})
    worlds.inbox.append(("a", layout_message(worlds.worlds["a"], 1, "a")))
    worlds.send("a")
    env = FleetVectorEnv(worlds, observation_timeout_s=0.05)
    with pytest.raises(ObservationTimeoutError) as error:
        env.reset()
    assert "/carla_drl/b/observation_layout, /carla_drl/b/observation within" in str(error.value)
    assert "peers of b" in str(error.value)
    assert "/carla_drl/a/" not in str(error.value)


def test_waiting_for_the_first_observation_can_be_stopped():
    env = FleetVectorEnv(Worlds({"a": 1}), should_stop=lambda: True)
    with pytest.raises(InterruptedWaitError):
        env.reset()


def test_another_fleet_is_refused():
    worlds, env, _ = connect({"a": 2})
    worlds.sessions["a"] = 2
    worlds.deaf = True
    worlds.worlds["a"] = LaneWorld(3, seed=0)
    worlds.send("a")
    with pytest.raises(FleetError, match=r"changed from \(2, 36\) to \(3, 36\)"):
        env.step(np.zeros((2, 2), np.float32))
    worlds, env, _ = connect({"a": 2})
    layout = layout_message(worlds.worlds["a"], 2, "a")
    layout.state_names = ["x", *layout.state_names[1:]]
    worlds.deaf = True
    worlds.inbox.append(("a", layout))
    with pytest.raises(FleetError, match="state_names changed"):
        env.step(np.zeros((2, 2), np.float32))


def test_sizes_must_fit_the_layout_and_the_expectation():
    worlds = Worlds({"a": 2}, expected_agents=3)
    worlds.send_first()
    with pytest.raises(ConfigurationError, match="the fleet has 2 agents; parameter expected_agents is 3"):
        FleetVectorEnv(worlds).reset()
    worlds = Worlds({"a": 2})
    layout = layout_message(worlds.worlds["a"], 1, "a")
    layout.state_names = layout.state_names[:-1]
    worlds.inbox.append(("a", layout))
    worlds.send("a")
    with pytest.raises(FleetError, match="do not fit the layout"):
        FleetVectorEnv(worlds).reset()


def test_groups_must_observe_the_same():
    worlds = Worlds({"a": 1, "b": 1})
    worlds.send_first()
    worlds.inbox[2][1].state_names = ["x", *STATE_NAMES[1:]]
    with pytest.raises(FleetError, match="state_names differ from those of group a"):
        FleetVectorEnv(worlds).reset()


def test_wrong_action_shape_is_refused():
    _, env, _ = connect({"a": 2})
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        env.step(np.zeros((3, 2), np.float32))


def test_closing_releases_the_transport_once():
    worlds, env, _ = connect({"a": 1})
    env.close()
    assert worlds.closed


class PromptWorlds(Worlds):
    """Delivers all that is there, so that even a patience of 0 s is enough."""

    def wait(self, timeout_s: float) -> None:
        while self.inbox:
            super().wait(timeout_s)


def test_a_lost_group_is_masked_and_welcomed_back():
    worlds = PromptWorlds({"a": 2, "b": 1}, retry_s=0.0)
    worlds.send_first()
    told: list[str] = []
    env = FleetVectorEnv(worlds, lost_after_s=0.0, on_waiting=told.append)
    env.reset()
    action = np.full((3, 2), 0.5, np.float32)
    before, *_ = env.step(action)
    lost = worlds.worlds["a"]
    quiet = LaneWorld(2, seed=9)
    quiet.frame = 10**6  # nothing that "a" is answered fits it
    worlds.worlds["a"] = quiet
    observations, rewards, terminated, truncated, infos = env.step(action)
    assert env.masked == ["a"]
    assert truncated.tolist() == [True, True, False]
    assert infos["valid"].tolist() == [False, False, True]
    assert not terminated.any()
    for _ in range(3):
        frame = worlds.worlds["b"].frame
        observations, rewards, terminated, truncated, infos = env.step(action)
        assert worlds.worlds["b"].frame == frame + 1
        np.testing.assert_array_equal(observations[:2], before[:2])
        assert infos["valid"].tolist() == [False, False, True]
        assert not (terminated | truncated).any()
        assert rewards[:2].tolist() == [0.0, 0.0]
    assert not env.waiting
    # It comes back with the frame that follows: its step is of no use, the ones after it are.
    worlds.worlds["a"] = lost
    worlds.send("a")
    while env.masked:
        observations, _, _, _, infos = env.step(action)
        assert infos["valid"].tolist() == [False, False, True]
    observations, _, _, truncated, infos = env.step(action)
    assert infos["valid"].all()
    np.testing.assert_array_equal(observations[:2], lost.state)
    assert told == ["a is lost: silent for 0 s; going on without it", "a answers again"]


def test_the_last_group_that_answers_is_waited_for():
    worlds = Worlds({"a": 1, "b": 1}, retry_s=0.0)
    worlds.send_first()
    asked = iter([False] * 8)
    env = FleetVectorEnv(worlds, lost_after_s=0.0, should_stop=lambda: next(asked, True))
    env.reset()
    worlds.deaf = True
    with pytest.raises(InterruptedWaitError):
        env.step(np.zeros((2, 2), np.float32))
    assert env.masked == []
