"""Reading a text as true or false."""

from __future__ import annotations

from collections.abc import Iterable

from ..launch_context import LaunchContext
from ..substitution import Substitution
from ..utilities import perform_substitutions
from .invalid_condition_expression_error import InvalidConditionExpressionError

VALID_TRUE_EXPRESSIONS = ["true", "1"]
VALID_FALSE_EXPRESSIONS = ["false", "0"]


def evaluate_condition_expression(context: LaunchContext, expression: Iterable[Substitution]) -> bool:
    """Return the truth value of the joined text.

    Raises InvalidConditionExpressionError unless it is true, 1, false or 0 in any case.
    """
    text = perform_substitutions(context, expression).strip().lower()
    if text in VALID_TRUE_EXPRESSIONS:
        return True
    if text in VALID_FALSE_EXPRESSIONS:
        return False
    allowed = ", ".join(VALID_TRUE_EXPRESSIONS + VALID_FALSE_EXPRESSIONS)
    raise InvalidConditionExpressionError(f"invalid condition expression '{text}'; allowed: {allowed}")
