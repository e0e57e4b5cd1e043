"""Names that actions and substitutions have in declarative launch files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")
# Makes an action from an entity and the parser that read it.
ActionMaker = Callable[[Any, Any], Any]
# Makes a substitution from its arguments, each a list of texts and substitutions.
SubstitutionMaker = Callable[[Sequence[Any]], Any]

action_makers: dict[str, ActionMaker] = {}
substitution_makers: dict[str, SubstitutionMaker] = {}


def expose_action(name: str) -> Callable[[_T], _T]:
    """Return a decorator that makes an action class known as a tag.

    Its class method `parse(entity, parser)` returns the class and the arguments of its constructor.
    A function is taken as it is: it returns the action.
    """

    def register(exposed: _T) -> _T:
        def make(entity: Any, parser: Any) -> Any:
            kind, arguments = exposed.parse(entity, parser)  # type: ignore[attr-defined]
            return kind(**arguments)

        maker = make if isinstance(exposed, type) else exposed
        action_makers[name] = maker  # type: ignore[assignment]
        return exposed

    return register


def expose_substitution(name: str) -> Callable[[_T], _T]:
    """Return a decorator that makes a substitution class known in texts.

    Its class method `parse(arguments)` returns the class and the arguments of its constructor. A
    function is taken as it is: it returns the substitution.
    """

    def register(exposed: _T) -> _T:
        def make(arguments: Sequence[Any]) -> Any:
            kind, keywords = exposed.parse(arguments)  # type: ignore[attr-defined]
            return kind(**keywords)

        maker = make if isinstance(exposed, type) else exposed
        substitution_makers[name] = maker  # type: ignore[assignment]
        return exposed

    return register
