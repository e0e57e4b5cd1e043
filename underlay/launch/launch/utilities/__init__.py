"""Helpers for code that takes substitutions and entities."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ..launch_description_entity import LaunchDescriptionEntity
from ..substitution import Substitution

if TYPE_CHECKING:
    from ..launch_context import LaunchContext
    from ..some_entities_type import SomeEntitiesType
    from ..some_substitutions_type import SomeSubstitutionsType


def is_a(obj: object, entity_type: type) -> bool:
    """Whether `obj` is of exactly this class."""
    return isinstance(obj, entity_type)


def is_a_subclass(obj: object, entity_type: type) -> bool:
    """Whether `obj`, a class or an instance, is of this class or derived from it."""
    return isinstance(obj, entity_type) or (inspect.isclass(obj) and issubclass(obj, entity_type))


def isclassinstance(obj: object) -> bool:
    """Whether `obj` is an instance of a class that was defined in Python."""
    return hasattr(obj, "__dict__") and not inspect.isclass(obj) and not inspect.isroutine(obj)


def ensure_argument_type(
    argument: object,
    types: type | Iterable[type],
    argument_name: str,
    caller: str | None = None,
) -> None:
    """Raise TypeError unless `argument` is an instance of one of `types`."""
    allowed = (types,) if isinstance(types, type) else tuple(types)
    if not isinstance(argument, allowed):
        names = ", ".join(t.__name__ for t in allowed)
        where = f" of {caller}" if caller else ""
        raise TypeError(
            f"argument '{argument_name}'{where} is {argument!r} of type {type(argument).__name__}; "
            f"allowed: {names}"
        )


def normalize_to_list_of_substitutions(subs: SomeSubstitutionsType) -> list[Substitution]:
    """Return text, a path, a substitution, or a sequence of these as a list of substitutions.

    Raises TypeError for anything else.
    """
    from ..substitutions.text_substitution import TextSubstitution

    def one(value: Any) -> Substitution:
        if isinstance(value, Substitution):
            return value
        if isinstance(value, str):
            return TextSubstitution(text=value)
        if isinstance(value, os.PathLike):
            return TextSubstitution(text=os.fspath(value))
        raise TypeError(
            f"{value!r} of type {type(value).__name__} cannot be used as a substitution; "
            "allowed: str, a path, launch.Substitution, or a list of these"
        )

    if isinstance(subs, (str, Substitution, os.PathLike)):
        return [one(subs)]
    if isinstance(subs, Iterable):
        return [one(item) for item in subs]
    return [one(subs)]


def perform_substitutions(context: LaunchContext, subs: Iterable[Substitution]) -> str:
    """Return the joined text of the substitutions."""
    return "".join(context.perform_substitution(substitution) for substitution in subs)


def normalize_to_list_of_entities(
    entities: SomeEntitiesType | None,
) -> list[LaunchDescriptionEntity]:
    """Return one entity, a sequence of them, or None as a flat list."""
    if entities is None:
        return []
    if isinstance(entities, LaunchDescriptionEntity):
        return [entities]
    flat: list[LaunchDescriptionEntity] = []
    for entity in entities:
        flat += normalize_to_list_of_entities(entity)
    return flat


def visit_all_entities_and_collect_futures(
    entity: LaunchDescriptionEntity,
    context: LaunchContext,
    pairs: list[tuple[LaunchDescriptionEntity, asyncio.Future[Any]]] | None = None,
) -> list[tuple[LaunchDescriptionEntity, asyncio.Future[Any]]]:
    """Visit an entity and, depth first, all that it yields; return the futures to wait for.

    They are added to `pairs` one by one, so that those before an error are not lost.
    """
    found = [] if pairs is None else pairs
    sub_entities = entity.visit(context)
    future = entity.get_asyncio_future()
    if future is not None:
        found.append((entity, future))
    for sub_entity in sub_entities or []:
        visit_all_entities_and_collect_futures(sub_entity, context, found)
    return found


def create_future(loop: asyncio.AbstractEventLoop | None) -> asyncio.Future[Any]:
    """Return a future of the loop, or of the current one."""
    return (loop or asyncio.get_event_loop()).create_future()


def create_futures_and_visit(
    entity: LaunchDescriptionEntity, context: LaunchContext
) -> list[tuple[LaunchDescriptionEntity, asyncio.Future[Any]]]:
    """Same as `visit_all_entities_and_collect_futures`."""
    return visit_all_entities_and_collect_futures(entity, context)


Handler = Callable[..., Any]
