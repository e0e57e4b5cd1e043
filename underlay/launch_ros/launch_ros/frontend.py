"""Actions and substitutions of package launch_ros in XML and YAML launch files."""

from __future__ import annotations

from typing import Any

import yaml
from launch.frontend import Entity, expose_action, expose_substitution
from launch.frontend.substitutions import check_count
from launch.frontend.tags import condition_of, options, pairs, process_options, text, words
from launch.substitutions import TextSubstitution

from . import actions
from .descriptions import ComposableNode, ParameterFile, ParameterValue
from .substitutions import ExecutableInPackage, FindPackagePrefix, FindPackageShare, Parameter

_TYPES = {
    "str": str, "string": str, "int": int, "float": float, "double": float, "bool": bool,
    "list_of_str": list[str], "list_of_int": list[int], "list_of_float": list[float],
    "list_of_bool": list[bool],
}  # fmt: skip


def _value(entity: Entity, parser: Any) -> Any:
    """Return a parameter's value: XML's texts are read by YAML's rules, YAML's values are what they are."""
    value = entity.get_attr("value", data_type=None)
    separator = entity.get_attr("value-sep", optional=True)
    name = entity.get_attr("type", optional=True)
    if name is not None and name not in _TYPES:
        raise entity.error(f"attribute 'type' is '{name}'; allowed: {', '.join(_TYPES)}")
    kind = None if name is None else _TYPES[name]
    if separator is not None:
        items = [item.strip() for item in str(value).split(separator)]
        return [item if name and "str" in name else yaml.safe_load(item) for item in items]
    if not isinstance(value, str):
        return value
    parts = parser.parse_substitution(value)
    if any(not isinstance(part, TextSubstitution) for part in parts):
        return ParameterValue(parts, value_type=kind)
    plain = "".join(part.text for part in parts)
    if kind is not None:
        return ParameterValue(plain, value_type=kind)
    return yaml.safe_load(plain) if type(entity).__module__.startswith("launch_xml") else plain


def _named(entity: Entity, parser: Any) -> tuple[Any, Any]:
    """Return name and value of a parameter; one with parameters inside has a dictionary."""
    name = tuple(text(entity, parser, "name"))
    nested = entity.get_attr("param", data_type=list[Entity], optional=True)
    if nested:
        return name, dict(_named(child, parser) for child in nested)
    value = _value(entity, parser)
    entity.assert_entity_completely_parsed()
    return name, value


def _parameters(entity: Entity, parser: Any) -> dict[str, Any]:
    found: list[Any] = []
    for child in entity.get_attr("param", data_type=list[Entity], optional=True) or []:
        if child.get_attr("from", optional=True) is not None:
            allow = child.get_attr("allow_substs", data_type=bool, optional=True, can_be_str=False)
            found.append(ParameterFile(text(child, parser, "from"), allow_substs=bool(allow)))
            child.assert_entity_completely_parsed()
        else:
            name, value = _named(child, parser)
            found.append({name: value})
    return {"parameters": found} if found else {}


def _node_arguments(entity: Entity, parser: Any) -> dict[str, Any]:
    """Return the arguments that nodes and containers have."""
    found = options(entity, parser, package=("pkg", str), namespace=str, exec_name=str)
    found["executable"] = text(entity, parser, "exec")
    for argument, attribute in (("arguments", "args"), ("ros_arguments", "ros_args")):
        line = words(entity, parser, attribute)
        if line is not None:
            found[argument] = line
    remappings = pairs(entity, parser, "remap", "from", "to")
    if remappings:
        found["remappings"] = remappings
    return {**found, **_parameters(entity, parser), **process_options(entity, parser)}


@expose_action("node")
def _node(entity: Entity, parser: Any) -> Any:
    return actions.Node(**_node_arguments(entity, parser), **options(entity, parser, name=str))


def _composable(entity: Entity, parser: Any) -> ComposableNode:
    found = options(entity, parser, name=str, namespace=str)
    remappings = pairs(entity, parser, "remap", "from", "to")
    if remappings:
        found["remappings"] = remappings
    extra = [
        _named(child, parser)
        for child in entity.get_attr("extra_arg", data_type=list[Entity], optional=True) or []
    ]
    if extra:
        found["extra_arguments"] = [dict(extra)]
    node = ComposableNode(
        package=text(entity, parser, "pkg"),
        plugin=text(entity, parser, "plugin"),
        **found,
        **_parameters(entity, parser),
        **condition_of(entity, parser),
    )
    entity.assert_entity_completely_parsed()
    return node


def _composables(entity: Entity, parser: Any) -> list[ComposableNode]:
    children = entity.get_attr("composable_node", data_type=list[Entity], optional=True) or []
    return [_composable(child, parser) for child in children]


@expose_action("node_container")
def _container(entity: Entity, parser: Any) -> Any:
    return actions.ComposableNodeContainer(
        name=text(entity, parser, "name"),
        composable_node_descriptions=_composables(entity, parser),
        **_node_arguments(entity, parser),
    )


@expose_action("load_composable_node")
def _load(entity: Entity, parser: Any) -> Any:
    return actions.LoadComposableNodes(
        target_container=text(entity, parser, "target"),
        composable_node_descriptions=_composables(entity, parser),
        **condition_of(entity, parser),
    )


@expose_action("push_ros_namespace")
@expose_action("push-ros-namespace")
def _push_namespace(entity: Entity, parser: Any) -> Any:
    return actions.PushRosNamespace(text(entity, parser, "namespace"), **condition_of(entity, parser))


@expose_action("set_parameter")
def _set_parameter(entity: Entity, parser: Any) -> Any:
    value = _value(entity, parser)
    return actions.SetParameter(text(entity, parser, "name"), value, **condition_of(entity, parser))


@expose_action("set_parameters_from_file")
def _set_parameters(entity: Entity, parser: Any) -> Any:
    return actions.SetParametersFromFile(text(entity, parser, "filename"), **condition_of(entity, parser))


@expose_action("set_use_sim_time")
def _set_use_sim_time(entity: Entity, parser: Any) -> Any:
    value = entity.get_attr("value", data_type=bool, can_be_str=False)
    return actions.SetUseSimTime(value, **condition_of(entity, parser))


@expose_action("set_remap")
def _set_remap(entity: Entity, parser: Any) -> Any:
    return actions.SetRemap(
        text(entity, parser, "from"), text(entity, parser, "to"), **condition_of(entity, parser)
    )


@expose_action("set_ros_log_dir")
def _set_log_dir(entity: Entity, parser: Any) -> Any:
    return actions.SetROSLogDir(text(entity, parser, "new_log_dir"), **condition_of(entity, parser))


@expose_substitution("find-pkg-share")
def _share(arguments: Any) -> Any:
    check_count(arguments, 1, 1)
    return FindPackageShare(arguments[0])


@expose_substitution("find-pkg-prefix")
def _prefix(arguments: Any) -> Any:
    check_count(arguments, 1, 1)
    return FindPackagePrefix(arguments[0])


@expose_substitution("exec-in-pkg")
def _executable(arguments: Any) -> Any:
    check_count(arguments, 2, 2)
    return ExecutableInPackage(executable=arguments[0], package=arguments[1])


@expose_substitution("param")
def _parameter(arguments: Any) -> Any:
    check_count(arguments, 1, 2)
    return Parameter(arguments[0], default=arguments[1] if len(arguments) > 1 else None)
