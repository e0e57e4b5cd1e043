"""Parameter files for the nodes that follow."""

from __future__ import annotations

from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType

from ..parameter_descriptions import ParameterFile
from .set_parameter import add_global_parameters


class SetParametersFromFile(Action):
    """Passes a parameter file to all nodes that follow; it ends with the GroupAction around it."""

    def __init__(self, filename: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__file = filename if isinstance(filename, ParameterFile) else ParameterFile(filename)

    def execute(self, context: LaunchContext) -> None:
        """Add it."""
        add_global_parameters(context, str(self.__file.evaluate(context)))
