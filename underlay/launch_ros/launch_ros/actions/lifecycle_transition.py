"""Takes lifecycle nodes through transitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from launch import Action, EventHandler, LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler
from launch.logging import get_logger
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
from lifecycle_msgs.msg import Transition

from ..events.lifecycle import ChangeState, StateTransition
from ..events.matchers import matches_node_name


class LifecycleTransition(Action):
    """Asks each node for the transitions, one after the other, each when the one before has reached its goal.

    A node that fails in one is asked for no more.
    """

    transition_targets: ClassVar[dict[int, dict[str, str]]] = {
        Transition.TRANSITION_CONFIGURE: {"start_state": "configuring", "goal_state": "inactive"},
        Transition.TRANSITION_CLEANUP: {"start_state": "cleaningup", "goal_state": "unconfigured"},
        Transition.TRANSITION_ACTIVATE: {"start_state": "activating", "goal_state": "active"},
        Transition.TRANSITION_DEACTIVATE: {"start_state": "deactivating", "goal_state": "inactive"},
        Transition.TRANSITION_UNCONFIGURED_SHUTDOWN: {
            "start_state": "shuttingdown",
            "goal_state": "finalized",
        },
        Transition.TRANSITION_INACTIVE_SHUTDOWN: {"start_state": "shuttingdown", "goal_state": "finalized"},
        Transition.TRANSITION_ACTIVE_SHUTDOWN: {"start_state": "shuttingdown", "goal_state": "finalized"},
    }

    def __init__(
        self,
        *,
        lifecycle_node_names: Sequence[SomeSubstitutionsType],
        transition_ids: Sequence[int | SomeSubstitutionsType],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not transition_ids:
            raise ValueError("No transition_ids provided.")
        if not lifecycle_node_names:
            raise ValueError("No lifecycle_node_names provided.")
        self.__names = [normalize_to_list_of_substitutions(name) for name in lifecycle_node_names]
        self.__ids = [
            normalize_to_list_of_substitutions(str(number) if isinstance(number, int) else number)
            for number in transition_ids
        ]

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return what asks each node for the first transition, and what follows it."""
        ids = []
        for substitutions in self.__ids:
            text = perform_substitutions(context, substitutions)
            if not text.isdecimal() or int(text) not in self.transition_targets:
                raise ValueError(
                    f"transition_ids has '{text}', which is none of {', '.join(map(str, self.transition_targets))}"
                )
            ids.append(int(text))
        entities: list[LaunchDescriptionEntity] = []
        for name in self.__names:
            walk = _Walk(perform_substitutions(context, name), ids, self.transition_targets)
            entities += [RegisterEventHandler(walk), *walk.ask()]
        return entities


class _Walk(EventHandler):
    """The way of one node; ends with the last transition, or the first that fails."""

    def __init__(self, node_name: str, ids: list[int], targets: dict[int, dict[str, str]]) -> None:
        is_meant = matches_node_name(node_name)
        super().__init__(
            matcher=lambda event: isinstance(event, StateTransition) and is_meant(event.action),
            entities=[OpaqueFunction(function=self.__go_on)],
        )
        self.__is_meant = is_meant
        self.__node_name = node_name
        self.__ids = list(ids)
        self.__targets = targets

    def ask(self) -> list[LaunchDescriptionEntity]:
        """Return what asks for the next transition."""
        event = ChangeState(lifecycle_node_matcher=self.__is_meant, transition_id=self.__ids[0])
        return [EmitEvent(event=event)]

    def __go_on(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        event = context.locals.event
        wanted = self.__targets[self.__ids[0]]
        if event.start_state != wanted["start_state"]:
            return None
        if event.goal_state != wanted["goal_state"]:
            get_logger("launch_ros.lifecycle").error(
                f"'{self.__node_name}' is {event.goal_state} after {event.start_state}; its further transitions "
                "are left out"
            )
            self.__ids.clear()
        else:
            self.__ids.pop(0)
        if self.__ids:
            return self.ask()
        context.unregister_event_handler(self)
        return None
