"""Namespaces for the nodes that follow."""

from __future__ import annotations

from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType, Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from ..utilities import make_namespace_absolute, prefix_namespace


class PushRosNamespace(Action):
    """Adds a namespace to those that hold; it ends with the GroupAction around it."""

    def __init__(self, namespace: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__namespace = normalize_to_list_of_substitutions(namespace)

    @property
    def namespace(self) -> list[Substitution]:
        """Namespace as given."""
        return self.__namespace

    def execute(self, context: LaunchContext) -> None:
        """Add it."""
        pushed = perform_substitutions(context, self.__namespace)
        joined = prefix_namespace(context.launch_configurations.get("ros_namespace"), pushed)
        if joined is not None:
            context.launch_configurations["ros_namespace"] = make_namespace_absolute(joined)


PushROSNamespace = PushRosNamespace


class PopRosNamespace(Action):
    """Raises: a GroupAction ends the namespaces that were pushed inside it."""

    def __init__(self, **kwargs: Any) -> None:
        raise NotImplementedError(
            "launch_ros.actions.PopRosNamespace: use a GroupAction around PushRosNamespace, as with "
            "upstream's package launch_ros"
        )
