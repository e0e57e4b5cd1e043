"""Runs a ROS 2 node."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType, Substitution
from launch.actions import ExecuteProcess
from launch.substitutions import LocalSubstitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from ..parameter_descriptions import Parameter
from ..substitutions import ExecutableInPackage
from ..utilities import (
    add_node_name,
    evaluate_parameters,
    make_namespace_absolute,
    normalize_parameters,
    normalize_remap_rules,
    prefix_namespace,
)
from ..utilities.normalize_parameters import SomeParameters
from ..utilities.normalize_remap_rule import SomeRemapRules
from ..utilities.parameter_files import write_parameter_file

_UNSPECIFIED_NAME = "<node_name_unspecified>"
_UNSPECIFIED_NAMESPACE = "<node_namespace_unspecified>"


class Node(ExecuteProcess):
    """Runs an executable of a package (or any executable) as a node.

    Parameters, remappings, name and namespace become `--ros-args`; dictionaries of parameters are
    written to YAML files. Arguments of ExecuteProcess such as `output` or `respawn` are passed on.
    """

    UNSPECIFIED_NODE_NAME = _UNSPECIFIED_NAME
    UNSPECIFIED_NODE_NAMESPACE = _UNSPECIFIED_NAMESPACE

    def __init__(
        self,
        *,
        executable: SomeSubstitutionsType,
        package: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        namespace: SomeSubstitutionsType | None = None,
        exec_name: SomeSubstitutionsType | None = None,
        parameters: SomeParameters | None = None,
        remappings: SomeRemapRules | None = None,
        ros_arguments: Iterable[SomeSubstitutionsType] | None = None,
        arguments: Iterable[SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        program: SomeSubstitutionsType = executable
        if package is not None:
            program = ExecutableInPackage(package=package, executable=executable)
        cmd: list[SomeSubstitutionsType] = [program, *_words(arguments, "arguments")]
        cmd.append("--ros-args")
        cmd += _words(ros_arguments, "ros_arguments")
        super().__init__(
            cmd=[*cmd, _RosArguments()], name=executable if exec_name is None else exec_name, **kwargs
        )
        self.__package = package
        self.__executable = executable
        self.__name = None if name is None else normalize_to_list_of_substitutions(name)
        self.__namespace = None if namespace is None else normalize_to_list_of_substitutions(namespace)
        self.__parameters = normalize_parameters(parameters) if parameters is not None else []
        self.__remappings = list(normalize_remap_rules(remappings)) if remappings is not None else []
        self.__arguments = arguments
        self.__expanded_name = _UNSPECIFIED_NAME
        self.__expanded_namespace = _UNSPECIFIED_NAMESPACE
        self.__expanded_remappings: list[tuple[str, str]] = []
        self.__final_name: str | None = None

    @property
    def node_package(self) -> Any:
        """Package as given."""
        return self.__package

    @property
    def node_executable(self) -> Any:
        """Executable as given."""
        return self.__executable

    @property
    def node_name(self) -> str:
        """Fully qualified name; RuntimeError before the node was executed."""
        if self.__final_name is None:
            raise RuntimeError("cannot access 'node_name' before executing action")
        return self.__final_name

    @property
    def expanded_node_namespace(self) -> str:
        """Namespace after execution."""
        return self.__expanded_namespace

    @property
    def expanded_remapping_rules(self) -> list[tuple[str, str]]:
        """Remappings after execution."""
        return self.__expanded_remappings

    def is_node_name_fully_specified(self) -> bool:
        """Whether both name and namespace are known."""
        return _UNSPECIFIED_NAME not in self.node_name and _UNSPECIFIED_NAMESPACE not in self.node_name

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Work out the ROS arguments and start the process."""
        words = self.__ros_words(context)
        context.extend_locals({"ros_specific_arguments": words})
        result = super().execute(context)
        if _UNSPECIFIED_NAME not in self.node_name:
            # Without a namespace a node is in the root one, as far as launch can know.
            add_node_name(context, self.node_name.replace(_UNSPECIFIED_NAMESPACE, ""))
        return result

    def prepare(self, context: LaunchContext) -> None:
        """Perform the substitutions and put the ROS arguments in."""
        super().prepare(context)
        words: list[str] = context.get_locals_as_dict().get("ros_specific_arguments", [])
        command = self.process_description.final_cmd
        index = len(command) - 1 - command[::-1].index(_RosArguments.PLACEHOLDER)
        command[index : index + 1] = words

    def __ros_words(self, context: LaunchContext) -> list[str]:
        name = None if self.__name is None else perform_substitutions(context, self.__name)
        self.__expanded_name = name or _UNSPECIFIED_NAME
        given = "" if self.__namespace is None else perform_substitutions(context, self.__namespace)
        base = context.launch_configurations.get("ros_namespace")
        joined = prefix_namespace(base, given or None)
        if joined is None and self.__namespace is not None:
            joined = "/"
        namespace = make_namespace_absolute(joined) if joined is not None else None
        self.__expanded_namespace = namespace if namespace is not None else _UNSPECIFIED_NAMESPACE
        self.__final_name = self.__expanded_namespace.rstrip("/") + "/" + self.__expanded_name
        words: list[str] = []
        if name:
            words += ["-r", f"__node:={name}"]
        if namespace is not None:
            words += ["-r", f"__ns:={namespace}"]
        words += self.__parameter_words(context)
        rules = [tuple(rule) for rule in context.launch_configurations.get("ros_remaps", [])]
        rules += [
            (perform_substitutions(context, source), perform_substitutions(context, target))
            for source, target in self.__remappings
        ]
        self.__expanded_remappings = [(str(source), str(target)) for source, target in rules]
        for source, target in self.__expanded_remappings:
            words += ["-r", f"{source}:={target}"]
        return words

    def __parameter_words(self, context: LaunchContext) -> list[str]:
        words: list[str] = []
        for entry in context.launch_configurations.get("global_params", []):
            if isinstance(entry, tuple):
                path = write_parameter_file({entry[0]: entry[1]}, "/**")
                words += ["--params-file", path]
            else:
                words += ["--params-file", str(entry)]
        for value in evaluate_parameters(context, self.__parameters):
            if isinstance(value, Parameter):
                words += ["-p", f"{value.name}:={value.yaml_value}"]
            elif isinstance(value, dict):
                words += ["--params-file", write_parameter_file(value, self.__parameter_key())]
            else:
                path = os.path.abspath(os.fspath(value))
                if not os.path.isfile(path):
                    raise FileNotFoundError(
                        f"parameter file '{path}' of node '{self.__expanded_name}' does not exist"
                    )
                words += ["--params-file", path]
        return words

    def __parameter_key(self) -> str:
        if self.__expanded_name == _UNSPECIFIED_NAME:
            return "/**"
        if self.__expanded_namespace == _UNSPECIFIED_NAMESPACE:
            return f"/**/{self.__expanded_name}"
        return self.node_name


class _RosArguments(LocalSubstitution):
    """Marks the place of the ROS arguments, whose number is known at execution only."""

    PLACEHOLDER = "\0ros-arguments\0"

    def __init__(self) -> None:
        super().__init__("ros_specific_arguments", "ros arguments")

    def perform(self, context: LaunchContext) -> str:
        return self.PLACEHOLDER


def _words(words: Iterable[SomeSubstitutionsType] | None, parameter: str) -> Iterable[SomeSubstitutionsType]:
    if words is None:
        return []
    if isinstance(words, (str, Substitution)):
        raise TypeError(f"parameter '{parameter}' of Node is {words!r}; a list of words is expected")
    return words
