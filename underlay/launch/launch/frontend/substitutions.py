"""The substitutions of package launch by their names in texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import substitutions as available
from .expose import expose_substitution

Arguments = Sequence[Any]


def _expose(name: str, kind: Callable[..., Any], least: int, most: int) -> None:
    """Make a substitution known that takes its arguments in order."""

    def make(arguments: Arguments) -> Any:
        check_count(arguments, least, most)
        return kind(*arguments)

    expose_substitution(name)(make)


def check_count(arguments: Arguments, least: int, most: int) -> None:
    """Raise TypeError unless there are so many arguments."""
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise TypeError(f"there are {len(arguments)}, {wanted} expected")


_MANY = 99
_expose("anon", available.AnonName, 1, 1)
_expose("not", available.NotSubstitution, 1, 1)
_expose("and", available.AndSubstitution, 2, 2)
_expose("or", available.OrSubstitution, 2, 2)
_expose("any", available.AnySubstitution, 1, _MANY)
_expose("all", available.AllSubstitution, 1, _MANY)
_expose("equals", available.EqualsSubstitution, 2, 2)
_expose("not-equals", available.NotEqualsSubstitution, 2, 2)
_expose("if", available.IfElseSubstitution, 2, 3)
_expose("file-content", available.FileContent, 1, 1)
_expose("dirname", available.ThisLaunchFileDir, 0, 0)
_expose("filename", available.ThisLaunchFile, 0, 0)
_expose("launch_log_dir", available.LaunchLogDir, 0, 0)
_expose("log_dir", available.LaunchLogDir, 0, 0)


@expose_substitution("var")
def _variable(arguments: Arguments) -> Any:
    check_count(arguments, 1, 2)
    return available.LaunchConfiguration(arguments[0], default=arguments[1] if len(arguments) > 1 else None)


@expose_substitution("env")
def _environment(arguments: Arguments) -> Any:
    check_count(arguments, 1, 2)
    default = arguments[1] if len(arguments) > 1 else None
    return available.EnvironmentVariable(arguments[0], default_value=default)


@expose_substitution("find-exec")
def _executable(arguments: Arguments) -> Any:
    check_count(arguments, 1, 1)
    return available.FindExecutable(name=arguments[0])


@expose_substitution("eval")
def _expression(arguments: Arguments) -> Any:
    return available.PythonExpression(_joined(arguments))


@expose_substitution("command")
def _command(arguments: Arguments) -> Any:
    check_count(arguments, 1, 2)
    options = {"on_stderr": arguments[1]} if len(arguments) > 1 else {}
    return available.Command(arguments[0], **options)


@expose_substitution("string-join")
def _string_join(arguments: Arguments) -> Any:
    check_count(arguments, 2, _MANY)
    return available.StringJoinSubstitution(arguments[1:], delimiter=arguments[0])


@expose_substitution("path-join")
def _path_join(arguments: Arguments) -> Any:
    check_count(arguments, 1, _MANY)
    return available.PathJoinSubstitution(arguments)


def _joined(arguments: Arguments) -> list[Any]:
    """Return arguments that were not in quotes as one, with blanks between them."""
    joined: list[Any] = []
    for argument in arguments:
        joined += [available.TextSubstitution(text=" "), *argument] if joined else argument
    return joined
