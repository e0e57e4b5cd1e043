"""Substitutions inside text, such as `$(var name)`."""

from __future__ import annotations

import re

from launch import LaunchContext, Substitution
from launch.substitutions import (
    AnonName,
    Command,
    EnvironmentVariable,
    FindExecutable,
    LaunchConfiguration,
    PythonExpression,
    SubstitutionFailure,
)

from ..substitutions import FindPackagePrefix, FindPackageShare

_INNERMOST = re.compile(r"\$\(([A-Za-z][\w-]*)((?:\s[^()$]*)?)\)")


def _make(kind: str, argument: str, where: str) -> Substitution:
    words = argument.split(maxsplit=1)
    if kind == "var":
        return LaunchConfiguration(words[0], default=words[1] if len(words) > 1 else None)
    if kind == "env":
        return EnvironmentVariable(words[0], default_value=words[1] if len(words) > 1 else None)
    simple = {
        "find-pkg-share": FindPackageShare,
        "find-pkg-prefix": FindPackagePrefix,
        "eval": PythonExpression,
        "anon": AnonName,
        "command": Command,
    }
    if kind in simple:
        return simple[kind](argument)
    if kind == "find-exec":
        return FindExecutable(name=argument)
    allowed = ", ".join(["var", "env", *simple, "find-exec"])
    raise SubstitutionFailure(f"'$({kind} ...)' in {where} is unknown; allowed: {allowed}")


def replace_substitutions(context: LaunchContext, text: str, where: str) -> str:
    """Return `text` with every `$(kind argument)` replaced, innermost first."""
    while True:
        match = _INNERMOST.search(text)
        if match is None:
            return text
        argument = match.group(2).strip()
        if (
            len(argument) > 1
            and argument[0] == argument[-1]
            and argument[0] in "'\""
            and match.group(1) != "eval"
        ):
            argument = argument[1:-1]
        value = _make(match.group(1), argument, where).perform(context)
        text = text[: match.start()] + value + text[match.end() :]
