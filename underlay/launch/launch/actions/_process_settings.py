"""What a process action is told, and what can be read of it before it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..action import Action
from ..descriptions.executable import Executable
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_entities_type import SomeEntitiesType
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..substitutions import LaunchConfiguration
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from ..utilities.type_utils import coerce_to_type, normalize_typed_substitution, perform_typed_substitution

OnExit = SomeEntitiesType | Callable[..., Any]


class ProcessSettings(Action):
    """Arguments of ExecuteLocal."""

    def __init__(
        self,
        *,
        process_description: Executable,
        shell: bool = False,
        sigterm_timeout: SomeSubstitutionsType = LaunchConfiguration("sigterm_timeout", default=5),  # noqa: B008
        sigkill_timeout: SomeSubstitutionsType = LaunchConfiguration("sigkill_timeout", default=5),  # noqa: B008
        emulate_tty: bool | SomeSubstitutionsType = False,
        output: Any = "log",
        output_format: str = "[{this.process_description.final_name}] {line}",
        cached_output: bool = False,
        log_cmd: bool = False,
        on_exit: OnExit | None = None,
        respawn: bool | SomeSubstitutionsType = False,
        respawn_delay: float | None = None,
        respawn_max_retries: int = -1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._description = process_description
        self._shell = shell
        self._sigterm_timeout = normalize_to_list_of_substitutions(_text(sigterm_timeout))
        self._sigkill_timeout = normalize_to_list_of_substitutions(_text(sigkill_timeout))
        self._emulate_tty = emulate_tty
        self._output = output if isinstance(output, dict) else normalize_to_list_of_substitutions(output)
        self._output_format = output_format
        self._cached_output = cached_output
        self._log_cmd = log_cmd
        self._on_exit = on_exit
        self._respawn = normalize_typed_substitution(respawn, bool)
        self._respawn_delay = normalize_typed_substitution(respawn_delay, float)
        self._respawn_max_retries = respawn_max_retries
        self._context: LaunchContext | None = None

    @property
    def process_description(self) -> Executable:
        """Description of the program."""
        return self._description

    @property
    def shell(self) -> bool:
        """Whether the command is run by a shell."""
        return self._shell

    @property
    def emulate_tty(self) -> bool:
        """Whether the process is given a pseudo terminal for its output."""
        value = self._emulate_tty
        if isinstance(value, bool):
            return value
        context = self._context or LaunchContext()
        return bool(perform_typed_substitution(context, normalize_typed_substitution(value), bool))

    @property
    def sigterm_timeout(self) -> list[Substitution]:
        """Seconds from SIGINT to SIGTERM."""
        return self._sigterm_timeout

    @property
    def sigkill_timeout(self) -> list[Substitution]:
        """Seconds from SIGTERM to SIGKILL."""
        return self._sigkill_timeout

    @property
    def output(self) -> Any:
        """Where output goes."""
        return self._output

    @property
    def cached_output(self) -> bool:
        """Whether output is kept for `get_stdout` and `get_stderr`."""
        return self._cached_output

    @property
    def name(self) -> str | None:
        """Unique name such as `talker-1`, once the process was started."""
        return self._description.final_name or None

    @property
    def cmd(self) -> list[Any]:
        """Command line; substitutions before the process was started."""
        return self._description.final_cmd or self._description.cmd

    @property
    def cwd(self) -> Any:
        """Working directory."""
        return self._description.final_cwd

    @property
    def env(self) -> dict[str, str] | None:
        """Environment of the process."""
        return self._description.final_env

    @property
    def additional_env(self) -> Any:
        """Variables that are added to the environment."""
        return self._description.additional_env

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return what `on_exit` yields, if it is no function."""
        if self._on_exit is None or callable(self._on_exit):
            return []
        if isinstance(self._on_exit, LaunchDescriptionEntity):
            return [self._on_exit]
        return list(self._on_exit)


def _text(value: Any) -> SomeSubstitutionsType:
    return str(value) if isinstance(value, (int, float)) else cast(SomeSubstitutionsType, value)


def seconds_of(context: LaunchContext, value: list[Substitution], name: str) -> float:
    """Return a time in seconds; ValueError naming the parameter unless it is finite and not negative."""
    text = perform_substitutions(context, value)
    try:
        seconds = float(coerce_to_type(text, float))
    except ValueError:
        raise ValueError(f"parameter '{name}' is '{text}'; a number of seconds is expected") from None
    if not 0.0 <= seconds < float("inf"):
        raise ValueError(f"parameter '{name}' is '{text}'; a finite number of seconds >= 0 is expected")
    return seconds
