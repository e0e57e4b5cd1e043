"""Error of conditions that are neither true nor false."""


class InvalidConditionExpressionError(Exception):
    """The text of a condition is neither true nor false."""
