"""Sends goals."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from ros2cli.helpers import add_values, values_from
from ros2cli.node.direct import DirectNode, add_arguments

from . import VerbExtension


class SendGoalVerb(VerbExtension):
    """Send an action goal."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_action_name

        add_arguments(parser)
        add_action_name(parser)
        parser.add_argument(
            "action_type", help="Type of the ROS action (e.g. 'example_interfaces/action/Fibonacci')"
        )
        add_values(parser, "Goal request values in YAML format (e.g. '{order: 10}')", "goal")
        parser.add_argument(
            "-f", "--feedback", action="store_true", help="Echo feedback messages for the goal"
        )
        parser.add_argument(
            "-t",
            "--timeout",
            metavar="N",
            type=float,
            help="Wait for N seconds until a server becomes available",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Send the goal and wait for its result; Ctrl-C cancels it."""
        import yaml
        from rosidl_runtime_py import set_message_fields
        from rosidl_runtime_py.utilities import get_action

        from ..api import expand_name, get_action_names

        try:
            action_class = get_action(args.action_type)
        except (AttributeError, ModuleNotFoundError, ValueError) as error:
            return f"The action type '{args.action_type}' is invalid or its package is not there: {error}"
        goal = action_class.Goal()
        try:
            set_message_fields(goal, yaml.safe_load(values_from(args, "goal")) or {})
        except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
            return f"Failed to populate message fields: {error}"

        def there(node: Any) -> bool:
            return expand_name(node, args.action_name) in get_action_names(node=node)

        with DirectNode(args, until=there) as direct:
            run = _GoalRun(direct.node, action_class, args)
            try:
                return run.run(goal)
            except KeyboardInterrupt:
                if run.goal_id is None:
                    raise
        _cancel(args, there, run.goal_id)
        raise KeyboardInterrupt


class _GoalRun:
    """One goal from sending it to its result."""

    def __init__(self, node: Any, action_class: Any, args: argparse.Namespace) -> None:
        from rclpy.action import ActionClient

        self._node = node
        self._args = args
        self._client = ActionClient(node, action_class, args.action_name)
        self.goal_id: Any = None

    def run(self, goal: Any) -> str | None:
        """Return what went wrong, if anything."""
        print("Waiting for an action server to become available...")
        try:
            if not self._client.wait_for_server(timeout_sec=self._args.timeout):
                return f"No action server '{self._args.action_name}' within {self._args.timeout:g} s"
            print(f"Sending goal:\n     {_indented(goal, 5)}\n")
            feedback = self._print_feedback if self._args.feedback else None
            handle = self._wait(self._client.send_goal_async(goal, feedback))
            if not handle.accepted:
                print("Goal was rejected.")
                return None
            self.goal_id = handle.goal_id
            print(f"Goal accepted with ID: {bytes(handle.goal_id.uuid).hex()}\n", flush=True)
            self._print_result(self._wait(handle.get_result_async()))
        finally:
            self._client.destroy()
        return None

    def _wait(self, future: Any) -> Any:
        import rclpy
        from rclpy.executors import ExternalShutdownException

        rclpy.spin_until_future_complete(self._node, future)
        if not future.done():
            raise ExternalShutdownException
        return future.result()

    @staticmethod
    def _print_feedback(message: Any) -> None:
        print(f"Feedback:\n    {_indented(message.feedback, 4)}\n", flush=True)

    @staticmethod
    def _print_result(response: Any) -> None:
        from action_msgs.msg import GoalStatus

        names = {
            getattr(GoalStatus, name): name.removeprefix("STATUS_")
            for name in dir(GoalStatus)
            if name.startswith("STATUS_")
        }
        print(f"Result:\n    {_indented(response.result, 4)}\n")
        print(f"Goal finished with status: {names.get(response.status, response.status)}")


def _cancel(args: argparse.Namespace, there: Callable[[Any], bool], goal_id: Any) -> None:
    """Cancel a goal from a new node: Ctrl-C has ended the one that sent it."""
    from action_msgs.msg import GoalInfo
    from action_msgs.srv import CancelGoal
    from ros2cli.node.calls import call_service

    print("Canceling goal...", flush=True)
    with DirectNode(args, until=there) as direct:
        request = CancelGoal.Request(goal_info=GoalInfo(goal_id=goal_id))
        response = call_service(direct.node, CancelGoal, f"{args.action_name}/_action/cancel_goal", request)
    print("Goal canceled." if response.goals_canceling else "Goal could not be canceled.", flush=True)


def _indented(message: Any, width: int) -> str:
    from rosidl_runtime_py import message_to_yaml

    return message_to_yaml(message).rstrip("\n").replace("\n", "\n" + " " * width)
