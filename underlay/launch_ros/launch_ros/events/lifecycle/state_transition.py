"""Tells that a lifecycle node changed its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launch import Event

if TYPE_CHECKING:
    from ...actions import LifecycleNode


class StateTransition(Event):
    """A node went from one state to another; `msg` is the lifecycle_msgs/msg/TransitionEvent."""

    name = "launch_ros.events.lifecycle.StateTransition"

    def __init__(self, *, action: LifecycleNode, msg: Any) -> None:
        super().__init__()
        self.__action = action
        self.__msg = msg

    @property
    def action(self) -> LifecycleNode:
        """The node."""
        return self.__action

    @property
    def msg(self) -> Any:
        """What the node published."""
        return self.__msg

    @property
    def timestamp(self) -> int:
        """When, as the node's message has it."""
        return int(self.__msg.timestamp)

    @property
    def transition(self) -> str:
        """Label of the transition."""
        return str(self.__msg.transition.label)

    @property
    def start_state(self) -> str:
        """Label of the state before."""
        return str(self.__msg.start_state.label)

    @property
    def goal_state(self) -> str:
        """Label of the state after."""
        return str(self.__msg.goal_state.label)
