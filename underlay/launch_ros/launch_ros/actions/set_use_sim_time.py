"""Simulated time for the nodes that follow."""

from __future__ import annotations

from typing import Any

from .set_parameter import SetParameter


class SetUseSimTime(SetParameter):
    """Sets `use_sim_time` of all nodes that follow."""

    def __init__(self, value: Any, **kwargs: Any) -> None:
        super().__init__(name="use_sim_time", value=value, **kwargs)
