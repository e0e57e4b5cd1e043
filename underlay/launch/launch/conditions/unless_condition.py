"""Condition that holds when a text is false."""

from __future__ import annotations

from ..launch_context import LaunchContext
from .if_condition import IfCondition


class UnlessCondition(IfCondition):
    """Holds when the text is `false` or `0`."""

    def _evaluate_expression(self, context: LaunchContext) -> bool:
        return not super()._evaluate_expression(context)
