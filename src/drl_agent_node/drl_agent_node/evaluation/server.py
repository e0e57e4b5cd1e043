"""The action server `/carla_drl/evaluate`: goals come in on the thread that spins, evaluations run on the main one."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from carla_drl_msgs.action import Evaluate
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from drl_agent_node.errors import ConfigurationError, FleetError
from drl_agent_node.evaluation.run import Progress

ACTION: Final = "/carla_drl/evaluate"
_POLL_S: Final = 0.2

# Evaluates a goal: what was asked for, who hears of progress, whether to stop. Returns the folder of the report and
# the content of `results.json`.
Work = Callable[[Any, Callable[[Progress], None], Callable[[], bool]], tuple[Path, dict[str, Any]]]


class EvaluationServer:
    """Serves one goal at a time; others are rejected meanwhile.

    A cancelled goal keeps the report of what was driven by then.
    """

    def __init__(self, node: Node, work: Work, report_file: str) -> None:
        self._log = node.get_logger()
        self._work = work
        self._report_file = report_file
        self._accepted: queue.Queue[Any] = queue.Queue()
        self._results: dict[bytes, Any] = {}
        self._busy = False
        self._server = ActionServer(
            node,
            Evaluate,
            ACTION,
            self._finish,
            goal_callback=self._on_goal,
            # Executed once its result is there: the thread that spins must not wait for an evaluation.
            handle_accepted_callback=self._accepted.put,
            cancel_callback=lambda _handle: CancelResponse.ACCEPT,
        )

    def serve(self, should_stop: Callable[[], bool]) -> None:
        """Evaluate what is asked for until asked to stop; call it in the thread that drives."""
        while not should_stop():
            try:
                handle = self._accepted.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            self._results[bytes(handle.goal_id.uuid)] = self._evaluate(handle, should_stop)
            handle.execute()

    def close(self) -> None:
        """Take the action off the node."""
        self._server.destroy()

    # In the thread that spins

    def _on_goal(self, goal: Any) -> GoalResponse:
        if self._busy:
            self._log.warning("a goal was rejected: another evaluation is under way")
            return GoalResponse.REJECT
        if not goal.policy or not goal.suite:
            self._log.warning("a goal was rejected: its policy or its suite is empty")
            return GoalResponse.REJECT
        self._busy = True
        return GoalResponse.ACCEPT

    def _finish(self, handle: Any) -> Any:
        result = self._results.pop(bytes(handle.goal_id.uuid))
        if result.success:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        self._busy = False
        return result

    # In the thread that drives

    def _evaluate(self, handle: Any, should_stop: Callable[[], bool]) -> Any:
        goal = handle.request
        self._log.info(f"evaluating '{goal.policy}' on {goal.suite}")
        result = Evaluate.Result()
        try:
            folder, document = self._work(
                goal,
                lambda progress: handle.publish_feedback(_feedback(progress)),
                lambda: should_stop() or handle.is_cancel_requested,
            )
            _fill(result, document)
            result.report = str(folder / self._report_file)
        except (ConfigurationError, FleetError, ValueError, OSError) as error:
            result.message = str(error)
        if not result.success and not result.message:
            cancelled = handle.is_cancel_requested
            result.message = "cancelled" if cancelled else "the server was asked to stop"
        self._log.info(f"evaluation ended: {result.message or result.report}")
        return result


def _feedback(progress: Progress) -> Any:
    message = Evaluate.Feedback()
    message.case_name = progress.case
    message.case_index = progress.case_index
    message.num_cases = progress.num_cases
    message.episodes = progress.episodes
    message.total_episodes = progress.total_episodes
    message.driving_score = 100.0 * progress.driving_score
    message.success_rate = progress.success_rate
    return message


def _fill(result: Any, document: dict[str, Any]) -> None:
    means = document["summary"]["means"]
    score = means["driving_score"]
    result.success = document["complete"]
    result.episodes = document["summary"]["episodes"]
    result.driving_score = 100.0 * score["value"]
    result.driving_score_low = 100.0 * score["low"]
    result.driving_score_high = 100.0 * score["high"]
    result.success_rate = means["success"]["value"]
    result.route_completion = means["route_completion"]["value"]
