"""Output of a command."""

from __future__ import annotations

import shlex
import subprocess

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .substitution_failure import SubstitutionFailure

_ON_STDERR = ("fail", "ignore", "warn", "capture")


class Command(Substitution):
    """Stands for what a command writes to its standard output; runs without a shell."""

    def __init__(self, command: SomeSubstitutionsType, *, on_stderr: SomeSubstitutionsType = "fail") -> None:
        self.__command = normalize_to_list_of_substitutions(command)
        self.__on_stderr = normalize_to_list_of_substitutions(on_stderr)

    @property
    def command(self) -> list[Substitution]:
        """The command."""
        return self.__command

    @property
    def on_stderr(self) -> list[Substitution]:
        """What to do with output on stderr: fail, ignore, warn or capture."""
        return self.__on_stderr

    def describe(self) -> str:
        """Return a one-line description."""
        return f"Command({' + '.join(part.describe() for part in self.__command)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the output; SubstitutionFailure if the command fails or writes to stderr."""
        command = perform_substitutions(context, self.__command)
        on_stderr = perform_substitutions(context, self.__on_stderr)
        if on_stderr not in _ON_STDERR:
            raise SubstitutionFailure(f"on_stderr is '{on_stderr}'; allowed: {', '.join(_ON_STDERR)}")
        stderr = subprocess.STDOUT if on_stderr == "capture" else subprocess.PIPE
        try:
            result = subprocess.run(
                shlex.split(command), stdout=subprocess.PIPE, stderr=stderr, text=True, check=False
            )
        except OSError as error:
            raise SubstitutionFailure(f"command '{command}' cannot be run: {error}") from error
        if result.returncode != 0:
            raise SubstitutionFailure(
                f"command '{command}' failed with exit code {result.returncode}: {result.stderr or result.stdout}"
            )
        if result.stderr:
            if on_stderr == "fail":
                raise SubstitutionFailure(f"command '{command}' wrote to stderr: {result.stderr}")
            if on_stderr == "warn":
                from ..logging import get_logger

                get_logger().warning(f"command '{command}' wrote to stderr: {result.stderr}")
        return result.stdout
