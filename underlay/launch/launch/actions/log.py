"""Log messages."""

from __future__ import annotations

import logging
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..logging import get_logger
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class Log(Action):
    """Logs a message at a level such as `info`."""

    def __init__(self, *, msg: SomeSubstitutionsType, level: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__msg = normalize_to_list_of_substitutions(msg)
        self.__level = normalize_to_list_of_substitutions(level)

    @property
    def msg(self) -> list[Substitution]:
        """The message."""
        return self.__msg

    @property
    def level(self) -> list[Substitution]:
        """The level."""
        return self.__level

    def execute(self, context: LaunchContext) -> None:
        """Log it; ValueError if there is no such level."""
        level = perform_substitutions(context, self.__level).upper()
        number = getattr(logging, level, None)
        if not isinstance(number, int):
            raise ValueError(
                f"parameter 'level' of Log is '{level.lower()}'; allowed: debug, info, warning, error, critical"
            )
        get_logger("launch.user").log(number, perform_substitutions(context, self.__msg))


class LogDebug(Log):
    """Logs a message at level debug."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(msg=msg, level="debug", **kwargs)


class LogInfo(Log):
    """Logs a message at level info."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(msg=msg, level="info", **kwargs)


class LogWarning(Log):
    """Logs a message at level warning."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(msg=msg, level="warning", **kwargs)


class LogError(Log):
    """Logs a message at level error."""

    def __init__(self, *, msg: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(msg=msg, level="error", **kwargs)
