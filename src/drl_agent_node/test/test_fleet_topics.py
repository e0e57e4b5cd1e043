"""The link over real topics, against a gateway that steps a kinematic world."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import rclpy
from fake_gateway import FakeGateway
from lane_world import LaneWorld
from rclpy.node import Node

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.waiting import ExecutorWaiter, WaitSetWaiter
from drl_agent_node.errors import ObservationTimeoutError

DEADLINE_S = 20.0


@pytest.fixture
def nodes() -> Iterator[Callable[[str], Node]]:
    context = rclpy.Context()
    rclpy.init(context=context)
    made: list[Node] = []

    def make(name: str) -> Node:
        node = Node(name, context=context, enable_rosout=False, start_parameter_services=False)
        made.append(node)
        return node

    yield make
    for node in made:
        node.destroy_node()
    context.try_shutdown()


@pytest.fixture
def gateway(nodes: Callable[[str], Node]) -> Iterator[FakeGateway]:
    fake = FakeGateway(nodes("gateway"), LaneWorld(3, seed=4))
    yield fake
    fake.stop()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "condition was not met in time"
        time.sleep(0.01)


@pytest.mark.parametrize("waiter", [WaitSetWaiter, ExecutorWaiter])
def test_drives_in_lock_step(nodes, gateway: FakeGateway, waiter: type, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("drl_agent_node.env.fleet_link.make_waiter", waiter)
    gateway.start()
    link = FleetLink(nodes("agent"), ["sim0"], expected_agents=3)
    env = FleetVectorEnv(link, observation_timeout_s=DEADLINE_S)
    observations, infos = env.reset(seed=0)
    assert ((infos["status"] & columns.RESET) != 0).all()
    twin = LaneWorld(3, seed=4)
    np.testing.assert_array_equal(observations, twin.state)
    random = np.random.default_rng(0)
    for _ in range(200):
        actions = random.uniform(-1.0, 1.0, (3, 2)).astype(np.float32)
        observations, _, terminated, truncated, _ = env.step(actions)
        twin.step(actions)
        np.testing.assert_array_equal(observations, twin.state)
        np.testing.assert_array_equal(terminated | truncated, (twin.status & columns.DONE) != 0)
    assert len(gateway.actions) == 200
    env.close()


def test_a_late_agent_gets_the_frame_the_simulator_waits_in(nodes, gateway: FakeGateway):
    for _ in range(5):
        gateway.world.step(np.zeros((3, 2)))
    gateway.start()
    env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim0"]), observation_timeout_s=DEADLINE_S)
    observations, _ = env.reset()
    np.testing.assert_array_equal(observations, gateway.world.state)
    env.step(np.zeros((3, 2), np.float32))
    assert gateway.world.frame == 6
    env.close()


def test_a_gateway_that_comes_back_gets_the_same_answer(nodes, gateway: FakeGateway):
    gateway.start()
    env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim0"], retry_s=60.0), observation_timeout_s=DEADLINE_S)
    env.reset()
    gateway.muted = True
    action = np.array([[0.1, 0.2]] * 3, np.float32)

    def answers() -> int:
        return len(gateway.actions.get((7, 0), []))

    def revive() -> bool:
        # Once the first answer was swallowed, the frame is published again; then answers count.
        if answers() >= 1 and gateway.muted:
            gateway.muted = False
            gateway.publish()
        return False

    env.should_stop = revive
    env.step(action)
    assert answers() >= 2
    np.testing.assert_array_equal(np.unique(np.stack(gateway.actions[7, 0]), axis=0), action[None])
    assert env.links[0].duplicates >= 1
    env.close()


def test_a_lost_answer_is_repeated(nodes, gateway: FakeGateway):
    gateway.start()
    env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim0"], retry_s=0.1), observation_timeout_s=DEADLINE_S)
    env.reset()
    gateway.muted = True

    def unmute() -> bool:
        gateway.muted = not gateway.actions
        return False

    env.should_stop = unmute
    env.step(np.zeros((3, 2), np.float32))
    assert env.links[0].repeats >= 1
    assert gateway.world.frame == 1
    env.close()


def test_a_new_world_is_taken_up(nodes, gateway: FakeGateway):
    gateway.start()
    env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim0"]), observation_timeout_s=DEADLINE_S)
    env.reset()
    action = np.zeros((3, 2), np.float32)
    env.step(action)
    gateway.restart_world(LaneWorld(3, seed=9), session=8)
    lost = 0
    for _ in range(3):
        *_, truncated, infos = env.step(action)
        lost += int((~infos["valid"]).sum())
    assert lost == 3
    assert not truncated.any()
    assert gateway.world.frame >= 1
    assert env.locate(2) == ("sim0", 8, 2)
    env.close()


def test_silence_is_reported_with_topics_and_peers(nodes):
    env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim3"]), observation_timeout_s=0.3)
    with pytest.raises(ObservationTimeoutError, match=r"/carla_drl/sim3/observation has 0 publisher\(s\)"):
        env.reset()
    env.close()


def test_two_groups_step_together(nodes):
    gateways = [
        FakeGateway(nodes(f"gateway{index}"), LaneWorld(2, seed=index), f"sim{index}", session=index + 1)
        for index in range(2)
    ]
    try:
        for each in gateways:
            each.start()
        env = FleetVectorEnv(FleetLink(nodes("agent"), ["sim0", "sim1"]), observation_timeout_s=DEADLINE_S)
        env.reset()
        for _ in range(50):
            observations, *_ = env.step(np.zeros((4, 2), np.float32))
        assert [each.world.frame for each in gateways] == [50, 50]
        np.testing.assert_array_equal(observations, np.concatenate([each.world.state for each in gateways]))
        env.close()
    finally:
        for each in gateways:
            each.stop()
