"""The action server with a real client: results, feedback, cancelling, and goals that cannot be driven."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rclpy
from action_msgs.msg import GoalStatus
from carla_drl_msgs.action import Evaluate
from lane_world import LaneWorldEnv
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.background import BackgroundSpin
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.policies import untrained
from drl_agent_node.evaluation.results import to_document
from drl_agent_node.evaluation.run import Plan, drive_plan
from drl_agent_node.evaluation.server import ACTION, EvaluationServer
from drl_agent_node.evaluation.suite import unknown_case
from drl_agent_node.evaluation.worlds import GivenWorld

DEADLINE_S = 120.0


def drive(goal: Any, on_progress: Callable[..., None], should_stop: Callable[[], bool]):
    """Drive on LaneWorld; the suite `missing` cannot be read, `endless` has no end."""
    if goal.suite == "missing":
        raise ConfigurationError("'missing' is none of quick, standard")
    episodes = 10**6 if goal.suite == "endless" else goal.episodes
    results = drive_plan(
        Plan(goal.suite, [unknown_case(1)], episodes, 0),
        untrained("ppo", PPOConfig(initial_mean=(0.8, 0.0)), Path(), 0),
        GivenWorld(LaneWorldEnv(4, seed=5)),
        {},
        on_progress=on_progress,
        should_stop=should_stop,
    )
    return Path("/reports"), to_document(results)


class Client:
    """Sends goals and collects feedback."""

    def __init__(self, context: rclpy.Context) -> None:
        self.node = Node("client", context=context)
        self.executor = SingleThreadedExecutor(context=context)
        self.executor.add_node(self.node)
        self.action = ActionClient(self.node, Evaluate, ACTION)
        self.feedback: list[Evaluate.Feedback] = []
        assert self.action.wait_for_server(DEADLINE_S)

    def wait(self, future: Any) -> Any:
        self.until(future.done)
        return future.result()

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, "condition was not met in time"
            self.executor.spin_once(timeout_sec=0.1)

    def send(self, **fields: object) -> Any:
        goal = Evaluate.Goal(**({"policy": "untrained", "episodes": 4} | fields))
        return self.wait(
            self.action.send_goal_async(goal, lambda message: self.feedback.append(message.feedback))
        )


@pytest.fixture
def client() -> Iterator[Client]:
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node("evaluation", context=context)
    spin = BackgroundSpin(node)
    server = EvaluationServer(node, drive, "report.html")
    stop = threading.Event()
    thread = threading.Thread(target=server.serve, args=(stop.is_set,))
    thread.start()
    made = Client(context)
    yield made
    stop.set()
    thread.join(DEADLINE_S)
    spin.stop()
    server.close()
    made.executor.shutdown()
    made.action.destroy()
    for one in (node, made.node):
        one.destroy_node()
    context.try_shutdown()


def test_a_goal_gives_feedback_and_a_result(client: Client):
    handle = client.send(suite="quick")
    assert handle.accepted
    answer = client.wait(handle.get_result_async())
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    result = answer.result
    assert (result.success, result.episodes, result.report) == (True, 4, "/reports/report.html")
    assert result.driving_score_low <= result.driving_score <= result.driving_score_high
    assert 0.0 < result.route_completion <= 1.0
    client.until(lambda: client.feedback and client.feedback[-1].episodes == 4)
    assert {message.total_episodes for message in client.feedback} == {4}
    assert client.feedback[-1].driving_score == pytest.approx(result.driving_score)


def test_a_cancelled_goal_reports_what_was_driven_and_another_is_rejected_meanwhile(client: Client):
    handle = client.send(suite="endless")
    client.until(lambda: client.feedback and client.feedback[-1].episodes > 0)
    assert not client.send(suite="quick").accepted
    client.wait(handle.cancel_goal_async())
    answer = client.wait(handle.get_result_async())
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert (answer.result.success, answer.result.message) == (False, "cancelled")
    assert answer.result.episodes > 0
    assert client.send(suite="quick").accepted


def test_goals_that_cannot_be_driven_are_explained(client: Client):
    assert not client.send(suite="").accepted
    answer = client.wait(client.send(suite="missing").get_result_async())
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.message == "'missing' is none of quick, standard"
