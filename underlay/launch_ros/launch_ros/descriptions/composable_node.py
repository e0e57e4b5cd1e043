"""Description of a node in a container."""

from __future__ import annotations

from typing import Any

from launch import Condition, SomeSubstitutionsType, Substitution
from launch.utilities import normalize_to_list_of_substitutions

from ..utilities.normalize_parameters import SomeParameters, normalize_parameters
from ..utilities.normalize_remap_rule import SomeRemapRules, normalize_remap_rules


class ComposableNode:
    """What LoadComposableNodes asks a container to load."""

    def __init__(
        self,
        *,
        package: SomeSubstitutionsType,
        plugin: SomeSubstitutionsType,
        name: SomeSubstitutionsType | None = None,
        namespace: SomeSubstitutionsType | None = None,
        parameters: SomeParameters | None = None,
        remappings: SomeRemapRules | None = None,
        extra_arguments: SomeParameters | None = None,
        condition: Condition | None = None,
    ) -> None:
        self.__package = normalize_to_list_of_substitutions(package)
        self.__plugin = normalize_to_list_of_substitutions(plugin)
        self.__name = None if name is None else normalize_to_list_of_substitutions(name)
        self.__namespace = None if namespace is None else normalize_to_list_of_substitutions(namespace)
        self.__parameters = None if parameters is None else normalize_parameters(parameters)
        self.__remappings = None if remappings is None else list(normalize_remap_rules(remappings))
        self.__extra = None if extra_arguments is None else normalize_parameters(extra_arguments)
        self.__condition = condition

    @property
    def package(self) -> list[Substitution]:
        """Package of the plugin."""
        return self.__package

    @property
    def node_plugin(self) -> list[Substitution]:
        """Class of the node."""
        return self.__plugin

    @property
    def node_name(self) -> list[Substitution] | None:
        """Name of the node."""
        return self.__name

    @property
    def node_namespace(self) -> list[Substitution] | None:
        """Namespace of the node."""
        return self.__namespace

    @property
    def parameters(self) -> Any:
        """Parameters of the node."""
        return self.__parameters

    @property
    def remappings(self) -> Any:
        """Remappings of the node."""
        return self.__remappings

    @property
    def extra_arguments(self) -> Any:
        """Arguments of the container, such as `use_intra_process_comms`."""
        return self.__extra

    def condition(self) -> Any:
        """Return the condition under which the node is loaded."""
        return self.__condition
