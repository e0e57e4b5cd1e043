"""Description of a program to run."""

from __future__ import annotations

import os
import re
import shlex
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from ..action import Action
    from ..launch_context import LaunchContext

_count_lock = threading.Lock()
_count = 0


def _next_number() -> int:
    global _count
    with _count_lock:
        _count += 1
        return _count


Environment = Mapping[SomeSubstitutionsType, SomeSubstitutionsType]


class Executable:
    """Command line, working directory and environment; `prepare` makes them final."""

    def __init__(
        self,
        *,
        cmd: Iterable[SomeSubstitutionsType],
        prefix: SomeSubstitutionsType | None = None,
        name: SomeSubstitutionsType | None = None,
        cwd: SomeSubstitutionsType | None = None,
        env: Environment | None = None,
        additional_env: Environment | None = None,
        arguments: Iterable[SomeSubstitutionsType] | None = None,
    ) -> None:
        from ..substitutions import LaunchConfiguration

        self.__cmd = [normalize_to_list_of_substitutions(word) for word in cmd]
        self.__arguments = [normalize_to_list_of_substitutions(word) for word in arguments or []]
        self.__cmd += self.__arguments
        self.__prefix = normalize_to_list_of_substitutions(
            LaunchConfiguration("launch-prefix", default="") if prefix is None else prefix
        )
        self.__prefix_filter = (
            normalize_to_list_of_substitutions(LaunchConfiguration("launch-prefix-filter", default=""))
            if prefix is None
            else None
        )
        self.__name = None if name is None else normalize_to_list_of_substitutions(name)
        self.__cwd = None if cwd is None else normalize_to_list_of_substitutions(cwd)
        self.__env = self.__pairs(env)
        self.__additional_env = self.__pairs(additional_env)
        self.__final_cmd: list[str] | None = None
        self.__final_name: str | None = None
        self.__final_cwd: str | None = None
        self.__final_env: dict[str, str] | None = None

    @staticmethod
    def __pairs(
        env: Environment | None,
    ) -> list[tuple[list[Substitution], list[Substitution]]] | None:
        if env is None:
            return None
        return [
            (normalize_to_list_of_substitutions(name), normalize_to_list_of_substitutions(value))
            for name, value in env.items()
        ]

    @property
    def name(self) -> list[Substitution] | None:
        """Name as given."""
        return self.__name

    @property
    def prefix(self) -> list[Substitution]:
        """What stands before the command."""
        return self.__prefix

    @property
    def cmd(self) -> list[list[Substitution]]:
        """Words of the command, each a list of substitutions."""
        return self.__cmd

    @property
    def arguments(self) -> list[list[Substitution]]:
        """Arguments that were given apart from the command."""
        return self.__arguments

    @property
    def cwd(self) -> list[Substitution] | None:
        """Working directory as given."""
        return self.__cwd

    @property
    def env(self) -> list[tuple[list[Substitution], list[Substitution]]] | None:
        """Environment as given; it replaces launch's own."""
        return self.__env

    @property
    def additional_env(self) -> list[tuple[list[Substitution], list[Substitution]]] | None:
        """Variables to add to the environment."""
        return self.__additional_env

    @property
    def final_name(self) -> str:
        """Unique name such as `talker-1`, after `prepare`."""
        return self.__final_name or ""

    @property
    def final_cmd(self) -> list[str]:
        """Command line, after `prepare`."""
        return self.__final_cmd or []

    @property
    def final_cwd(self) -> str | None:
        """Working directory, after `prepare`."""
        return self.__final_cwd

    @property
    def final_env(self) -> dict[str, str] | None:
        """Environment, after `prepare`; None for launch's own."""
        return self.__final_env

    def apply_context(self, context: LaunchContext) -> None:
        """Perform the substitutions; same as `prepare` without an action."""
        self.prepare(context, None)

    def prepare(self, context: LaunchContext, action: Action | None) -> None:
        """Perform all substitutions and number the name."""
        cmd = [perform_substitutions(context, word) for word in self.__cmd]
        if not cmd or not cmd[0]:
            raise ValueError("parameter 'cmd' of a process is empty; a program is needed")
        name = (
            os.path.basename(cmd[0]) if self.__name is None else perform_substitutions(context, self.__name)
        )
        prefix = perform_substitutions(context, self.__prefix)
        if prefix and self.__prefix_matches(context, cmd[0]):
            cmd = shlex.split(prefix) + cmd
        self.__final_cmd = cmd
        self.__final_name = f"{name}-{_next_number()}"
        self.__final_cwd = None if self.__cwd is None else perform_substitutions(context, self.__cwd)
        env: dict[str, str] | None = None
        if self.__env is not None:
            env = self.__performed(context, self.__env)
        if self.__additional_env is not None:
            env = dict(context.environment) if env is None else env
            env.update(self.__performed(context, self.__additional_env))
        # Fixed now, so that changes by a later action or the end of a scope do not reach a respawn.
        self.__final_env = dict(context.environment) if env is None else env

    def __prefix_matches(self, context: LaunchContext, program: str) -> bool:
        if self.__prefix_filter is None:
            return True
        pattern = perform_substitutions(context, self.__prefix_filter)
        return not pattern or re.match(pattern, os.path.basename(program)) is not None

    @staticmethod
    def __performed(
        context: LaunchContext, pairs: list[tuple[list[Substitution], list[Substitution]]]
    ) -> dict[str, str]:
        return {
            perform_substitutions(context, name): perform_substitutions(context, value)
            for name, value in pairs
        }
