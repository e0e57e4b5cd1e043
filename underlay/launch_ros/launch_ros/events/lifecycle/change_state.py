"""Asks lifecycle nodes for a transition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from launch import Event
from lifecycle_msgs.msg import State, Transition

if TYPE_CHECKING:
    from ...actions import LifecycleNode


def _names(message: type, prefixes: tuple[str, ...]) -> dict[int, str]:
    names = (name for name in dir(message) if name.startswith(prefixes))
    return dict(sorted((getattr(message, name), name) for name in names))


class ChangeState(Event):
    """Asks the nodes that match for the transition of an id of lifecycle_msgs/msg/Transition."""

    name = "launch_ros.events.lifecycle.ChangeState"
    valid_transitions: ClassVar[dict[int, str]] = {
        Transition.TRANSITION_CREATE: "TRANSITION_CREATE",
        Transition.TRANSITION_CONFIGURE: "TRANSITION_CONFIGURE",
        Transition.TRANSITION_CLEANUP: "TRANSITION_CLEANUP",
        Transition.TRANSITION_ACTIVATE: "TRANSITION_ACTIVATE",
        Transition.TRANSITION_DEACTIVATE: "TRANSITION_DEACTIVATE",
        Transition.TRANSITION_UNCONFIGURED_SHUTDOWN: "TRANSITION_UNCONFIGURED_SHUTDOWN",
        Transition.TRANSITION_INACTIVE_SHUTDOWN: "TRANSITION_INACTIVE_SHUTDOWN",
        Transition.TRANSITION_ACTIVE_SHUTDOWN: "TRANSITION_ACTIVE_SHUTDOWN",
        Transition.TRANSITION_DESTROY: "TRANSITION_DESTROY",
    }
    valid_states: ClassVar[dict[int, str]] = _names(State, ("PRIMARY_STATE_", "TRANSITION_STATE_"))

    def __init__(
        self, *, lifecycle_node_matcher: Callable[[LifecycleNode], bool], transition_id: int
    ) -> None:
        super().__init__()
        if transition_id not in self.valid_transitions:
            known = ", ".join(f"{number} ({name})" for number, name in self.valid_transitions.items())
            raise ValueError(f"transition_id '{transition_id}' is none; known are {known}")
        self.__matcher = lifecycle_node_matcher
        self.__transition_id = transition_id

    @property
    def lifecycle_node_matcher(self) -> Callable[[LifecycleNode], bool]:
        """Tells which nodes are meant."""
        return self.__matcher

    @property
    def transition_id(self) -> int:
        """The transition."""
        return self.__transition_id
