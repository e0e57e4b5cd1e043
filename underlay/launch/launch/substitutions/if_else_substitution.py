"""Choice between two texts."""

from __future__ import annotations

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .boolean_substitution import _truth


class IfElseSubstitution(Substitution):
    """Stands for `if_value` where the condition is true, else for `else_value`."""

    def __init__(
        self,
        condition: SomeSubstitutionsType,
        if_value: SomeSubstitutionsType = "",
        else_value: SomeSubstitutionsType = "",
    ) -> None:
        if if_value == "" and else_value == "":
            raise RuntimeError("IfElseSubstitution needs one of the arguments if_value and else_value")
        self.__condition = normalize_to_list_of_substitutions(condition)
        self.__if_value = normalize_to_list_of_substitutions(if_value)
        self.__else_value = normalize_to_list_of_substitutions(else_value)

    @property
    def condition(self) -> list[Substitution]:
        """What decides."""
        return self.__condition

    @property
    def if_value(self) -> list[Substitution]:
        """Text where the condition is true."""
        return self.__if_value

    @property
    def else_value(self) -> list[Substitution]:
        """Text where the condition is false."""
        return self.__else_value

    def describe(self) -> str:
        """Return a one-line description."""
        parts = (self.__condition, self.__if_value, self.__else_value)
        texts = [" + ".join(part.describe() for part in group) for group in parts]
        return f"IfElseSubstitution({', '.join(texts)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the chosen text."""
        chosen = self.__if_value if _truth(context, self.__condition) else self.__else_value
        return perform_substitutions(context, chosen)
