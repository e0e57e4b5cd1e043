"""The actions of package launch by their tags."""

from __future__ import annotations

from typing import Any

from .. import actions
from ..conditions import IfCondition, UnlessCondition
from ..launch_description_sources import AnyLaunchDescriptionSource
from .entity import Entity
from .expose import expose_action
from .substitution_text import split_words


def condition_of(entity: Entity, parser: Any) -> dict[str, Any]:
    """Return what `if` and `unless` mean for an action's constructor."""
    positive = entity.get_attr("if", optional=True)
    negative = entity.get_attr("unless", optional=True)
    if positive is not None and negative is not None:
        raise entity.error("'if' and 'unless' exclude each other")
    if positive is not None:
        return {"condition": IfCondition(parser.parse_substitution(positive))}
    if negative is not None:
        return {"condition": UnlessCondition(parser.parse_substitution(negative))}
    return {}


def text(entity: Entity, parser: Any, name: str) -> Any:
    """Return a text attribute as substitutions."""
    return parser.parse_substitution(entity.get_attr(name))


def options(entity: Entity, parser: Any, **names: Any) -> dict[str, Any]:
    """Return the attributes that are there, by the names of a constructor's arguments.

    `names` gives each argument's type, or a pair of the attribute's name and its type.
    """
    found = {}
    for argument, kind in names.items():
        attribute, data_type = kind if isinstance(kind, tuple) else (argument, kind)
        value = entity.get_attr(attribute, data_type=data_type, optional=True)
        if value is not None:
            found[argument] = parser.parse_if_substitutions(value)
    return found


def pairs(entity: Entity, parser: Any, tag: str, first: str, second: str) -> list[tuple[Any, Any]]:
    """Return the two attributes of each child tag of a name."""
    found = []
    for child in entity.get_attr(tag, data_type=list[Entity], optional=True) or []:
        found.append((text(child, parser, first), text(child, parser, second)))
        child.assert_entity_completely_parsed()
    return found


def process_options(entity: Entity, parser: Any) -> dict[str, Any]:
    """Return the arguments that all processes have."""
    found = options(
        entity,
        parser,
        cwd=str,
        output=str,
        shell=bool,
        emulate_tty=bool,
        respawn=bool,
        respawn_delay=float,
        respawn_max_retries=int,
        sigterm_timeout=str,
        sigkill_timeout=str,
        prefix=("launch-prefix", str),
    )
    environment = pairs(entity, parser, "env", "name", "value")
    if environment:
        found["additional_env"] = dict(_hashable(environment))
    on_exit = entity.get_attr("on_exit", optional=True)
    if on_exit is not None:
        if on_exit != "shutdown":
            raise entity.error(f"attribute 'on_exit' is '{on_exit}'; allowed: shutdown")
        found["on_exit"] = [actions.Shutdown()]
    return {**found, **condition_of(entity, parser)}


def _hashable(found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [(tuple(name), value) for name, value in found]


def words(entity: Entity, parser: Any, name: str) -> list[Any] | None:
    """Return the words of a command line attribute, None if it is absent."""
    line = entity.get_attr(name, optional=True)
    return None if line is None else split_words(parser.parse_substitution(line))


@expose_action("executable")
def _executable(entity: Entity, parser: Any) -> Any:
    command = words(entity, parser, "cmd")
    if not command:
        raise entity.error("attribute 'cmd' is missing")
    name = options(entity, parser, name=str)
    return actions.ExecuteProcess(cmd=command, **name, **process_options(entity, parser))


@expose_action("arg")
def _argument(entity: Entity, parser: Any) -> Any:
    choices = entity.get_attr("choice", data_type=list[Entity], optional=True)
    given: dict[str, Any] = options(entity, parser, default_value=("default", str))
    if choices:
        given["choices"] = [choice.get_attr("value") for choice in choices]
    description = entity.get_attr("description", optional=True)
    return actions.DeclareLaunchArgument(
        entity.get_attr("name"), description=description, **given, **condition_of(entity, parser)
    )


@expose_action("let")
def _let(entity: Entity, parser: Any) -> Any:
    return actions.SetLaunchConfiguration(
        text(entity, parser, "name"), text(entity, parser, "value"), **condition_of(entity, parser)
    )


@expose_action("unlet")
def _unlet(entity: Entity, parser: Any) -> Any:
    return actions.UnsetLaunchConfiguration(text(entity, parser, "name"), **condition_of(entity, parser))


@expose_action("set_env")
def _set_environment(entity: Entity, parser: Any) -> Any:
    return actions.SetEnvironmentVariable(
        text(entity, parser, "name"), text(entity, parser, "value"), **condition_of(entity, parser)
    )


@expose_action("unset_env")
def _unset_environment(entity: Entity, parser: Any) -> Any:
    return actions.UnsetEnvironmentVariable(text(entity, parser, "name"), **condition_of(entity, parser))


@expose_action("append_env")
def _append_environment(entity: Entity, parser: Any) -> Any:
    return actions.AppendEnvironmentVariable(
        text(entity, parser, "name"),
        text(entity, parser, "value"),
        **options(entity, parser, prepend=bool, separator=str),
        **condition_of(entity, parser),
    )


@expose_action("include")
def _include(entity: Entity, parser: Any) -> Any:
    given = pairs(entity, parser, "arg", "name", "value") + pairs(entity, parser, "let", "name", "value")
    return actions.IncludeLaunchDescription(
        AnyLaunchDescriptionSource(text(entity, parser, "file")),
        launch_arguments=given,
        **condition_of(entity, parser),
    )


@expose_action("group")
def _group(entity: Entity, parser: Any) -> Any:
    given = {
        name: value
        for name in ("scoped", "forwarding")
        if (value := entity.get_attr(name, data_type=bool, optional=True, can_be_str=False)) is not None
    }
    kept = pairs(entity, parser, "keep", "name", "value")
    if kept:
        given["launch_configurations"] = dict(_hashable(kept))
    children = [child for child in entity.children if child.type_name != "keep"]
    return actions.GroupAction(
        [parser.parse_action(child) for child in children], **given, **condition_of(entity, parser)
    )


@expose_action("timer")
def _timer(entity: Entity, parser: Any) -> Any:
    period = options(entity, parser, period=float)
    if not period:
        raise entity.error("attribute 'period' is missing")
    children = [parser.parse_action(child) for child in entity.children]
    return actions.TimerAction(actions=children, **period, **condition_of(entity, parser))


@expose_action("log")
def _log(entity: Entity, parser: Any) -> Any:
    level = entity.get_attr("level", optional=True) or "info"
    return actions.Log(
        msg=text(entity, parser, "message"),
        level=parser.parse_substitution(level),
        **condition_of(entity, parser),
    )


@expose_action("shutdown")
def _shutdown(entity: Entity, parser: Any) -> Any:
    reason = entity.get_attr("reason", optional=True) or "reason not given"
    return actions.Shutdown(reason=reason, **condition_of(entity, parser))


def _expose_plain(tag: str, kind: Any) -> None:
    """Make an action known that has no attributes but its condition."""

    def make(entity: Entity, parser: Any) -> Any:
        return kind(**condition_of(entity, parser))

    expose_action(tag)(make)


_expose_plain("push_env", actions.PushEnvironment)
_expose_plain("pop_env", actions.PopEnvironment)
_expose_plain("reset_env", actions.ResetEnvironment)
