"""Lifecycle nodes in launch descriptions, against real ones of rclpy."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import DEADLINE_S
from launch import LaunchDescription, LaunchService
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler, Shutdown
from launch_ros.actions import LifecycleNode, LifecycleTransition
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState, StateTransition, matches_node_name
from lifecycle_msgs.msg import Transition

NODE = """
import sys
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn


class Probe(LifecycleNode):
    def on_activate(self, state):
        return TransitionCallbackReturn.FAILURE if 'lame' in self.get_name() else super().on_activate(state)


rclpy.init()
node = Probe('probe')
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    rclpy.try_shutdown()
"""


def test_nodes_go_through_their_transitions(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One is taken to active, and from there to inactive by an event; one fails to become active."""
    program = tmp_path / "probe.py"
    program.write_text(f"#!{sys.executable}\n{NODE}")
    program.chmod(0o755)
    sound = LifecycleNode(executable=str(program), name="sound", namespace="space")
    lame = LifecycleNode(executable=str(program), name="lame", namespace="")
    seen: dict[str, list[tuple[str, str]]] = {"/space/sound": [], "/lame": []}

    def note(context: Any) -> list[Shutdown]:
        event = context.locals.event
        assert isinstance(event, StateTransition)
        seen[event.action.node_name].append((event.start_state, event.goal_state))
        ends = [("deactivating", "inactive"), ("activating", "inactive")]
        return [Shutdown()] if [states[-1:] for states in seen.values()] == [[end] for end in ends] else []

    deactivate = ChangeState(
        lifecycle_node_matcher=matches_node_name("space/sound"),
        transition_id=Transition.TRANSITION_DEACTIVATE,
    )
    entities = [
        sound,
        lame,
        RegisterEventHandler(OnStateTransition(entities=[OpaqueFunction(function=note)])),
        RegisterEventHandler(
            OnStateTransition(
                target_lifecycle_node=sound, goal_state="active", entities=[EmitEvent(event=deactivate)]
            )
        ),
        LifecycleTransition(
            lifecycle_node_names=["space/sound", "/lame"],
            transition_ids=[Transition.TRANSITION_CONFIGURE, str(Transition.TRANSITION_ACTIVATE)],
        ),
    ]
    service = LaunchService()
    service.include_launch_description(LaunchDescription(entities))
    killer = threading.Timer(DEADLINE_S, service.shutdown)
    killer.start()
    try:
        assert service.run() == 0
    finally:
        killer.cancel()
    start = [("unconfigured", "configuring"), ("configuring", "inactive"), ("inactive", "activating")]
    assert seen["/space/sound"] == [
        *start,
        ("activating", "active"),
        ("active", "deactivating"),
        ("deactivating", "inactive"),
    ]
    assert seen["/lame"] == [*start, ("activating", "inactive")]
    errors = "".join(capfd.readouterr())
    assert "'/lame' is inactive after activating; its further transitions are left out" in errors


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"transition_id '77' is none; known are 0 \(TRANSITION_CREATE\)"):
        ChangeState(lifecycle_node_matcher=lambda node: True, transition_id=77)
    with pytest.raises(ValueError, match="No transition_ids provided"):
        LifecycleTransition(lifecycle_node_names=["a"], transition_ids=[])
    with pytest.raises(RuntimeError, match="requires a 'LifecycleNode' action"):
        OnStateTransition(entities=[], target_lifecycle_node="a")  # type: ignore[arg-type]
