"""Value of a local of the context."""

from __future__ import annotations

from ..launch_context import LaunchContext
from ..substitution import Substitution
from .substitution_failure import SubstitutionFailure


class LocalSubstitution(Substitution):
    """Stands for an expression over the context's locals, such as `event.reason`."""

    def __init__(self, expression: str, description: str | None = None) -> None:
        self.__expression = expression
        self.__description = description

    @property
    def expression(self) -> str:
        """The expression."""
        return self.__expression

    def describe(self) -> str:
        """Return a one-line description."""
        return self.__description or f"LocalVar('{self.__expression}')"

    def perform(self, context: LaunchContext) -> str:
        """Return the value as text; SubstitutionFailure if it cannot be evaluated."""
        try:
            return str(eval(self.__expression, {}, context.get_locals_as_dict()))
        except Exception as error:
            raise SubstitutionFailure(f"local '{self.__expression}' has no value: {error}") from error
