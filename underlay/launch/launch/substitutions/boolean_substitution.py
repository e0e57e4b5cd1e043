"""Boolean operations on texts."""

from __future__ import annotations

from ..conditions.evaluate_condition_expression_impl import evaluate_condition_expression
from ..conditions.invalid_condition_expression_error import InvalidConditionExpressionError
from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions
from .substitution_failure import SubstitutionFailure


def _truth(context: LaunchContext, expression: list[Substitution]) -> bool:
    try:
        return evaluate_condition_expression(context, expression)
    except InvalidConditionExpressionError as error:
        raise SubstitutionFailure(str(error)) from error


def _text(value: bool) -> str:
    return str(value).lower()


class NotSubstitution(Substitution):
    """Stands for the opposite of a truth value, as `true` or `false`."""

    def __init__(self, value: SomeSubstitutionsType) -> None:
        self.__value = normalize_to_list_of_substitutions(value)

    @property
    def value(self) -> list[Substitution]:
        """The operand."""
        return self.__value

    def describe(self) -> str:
        """Return a one-line description."""
        return f"NotSubstitution({' + '.join(part.describe() for part in self.__value)})"

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        return _text(not _truth(context, self.__value))


class _BinarySubstitution(Substitution):
    def __init__(self, left: SomeSubstitutionsType, right: SomeSubstitutionsType) -> None:
        self.__left = normalize_to_list_of_substitutions(left)
        self.__right = normalize_to_list_of_substitutions(right)

    @property
    def left(self) -> list[Substitution]:
        """First operand."""
        return self.__left

    @property
    def right(self) -> list[Substitution]:
        """Second operand."""
        return self.__right

    def describe(self) -> str:
        """Return a one-line description."""
        left = " + ".join(part.describe() for part in self.__left)
        right = " + ".join(part.describe() for part in self.__right)
        return f"{type(self).__name__}({left} {right})"


class AndSubstitution(_BinarySubstitution):
    """Stands for `true` if both operands are true, else `false`."""

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        left, right = _truth(context, self.left), _truth(context, self.right)
        return _text(left and right)


class OrSubstitution(_BinarySubstitution):
    """Stands for `true` if one of the operands is true, else `false`."""

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        left, right = _truth(context, self.left), _truth(context, self.right)
        return _text(left or right)


class AnySubstitution(Substitution):
    """Stands for `true` if one of the operands is true, else `false`."""

    def __init__(self, *operands: SomeSubstitutionsType) -> None:
        self.__operands = [normalize_to_list_of_substitutions(operand) for operand in operands]

    @property
    def args(self) -> list[list[Substitution]]:
        """The operands."""
        return self.__operands

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        return _text(any([_truth(context, operand) for operand in self.__operands]))  # noqa: C419 (every operand is checked)


class AllSubstitution(AnySubstitution):
    """Stands for `true` if every operand is true, else `false`."""

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        return _text(all([_truth(context, operand) for operand in self.args]))  # noqa: C419 (every operand is checked)
