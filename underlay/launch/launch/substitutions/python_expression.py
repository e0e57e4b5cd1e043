"""Value of a Python expression."""

from __future__ import annotations

import importlib

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .substitution_failure import SubstitutionFailure


class PythonExpression(Substitution):
    """Stands for `str()` of an expression; names of `python_modules` are visible in it.

    Members of `math` can be used without the module's name, as upstream does.
    """

    def __init__(
        self, expression: SomeSubstitutionsType, python_modules: SomeSubstitutionsType = ("math",)
    ) -> None:
        self.__expression = normalize_to_list_of_substitutions(expression)
        self.__modules = normalize_to_list_of_substitutions(python_modules)

    @property
    def expression(self) -> list[Substitution]:
        """The expression."""
        return self.__expression

    @property
    def python_modules(self) -> list[Substitution]:
        """Modules that the expression may use."""
        return self.__modules

    def describe(self) -> str:
        """Return a one-line description."""
        return f"PythonExpr({' + '.join(part.describe() for part in self.__expression)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the value as text; SubstitutionFailure if the expression is wrong."""
        names: dict[str, object] = {}
        for part in self.__modules:
            module_name = context.perform_substitution(part)
            module = importlib.import_module(module_name)
            names[module_name.partition(".")[0]] = importlib.import_module(module_name.partition(".")[0])
            if module_name == "math":
                names.update(vars(module))
        expression = perform_substitutions(context, self.__expression)
        try:
            return str(eval(expression, {}, names))
        except Exception as error:
            raise SubstitutionFailure(
                f"python expression '{expression}' failed: {type(error).__name__}: {error}"
            ) from error
