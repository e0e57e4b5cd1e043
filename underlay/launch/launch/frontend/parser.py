"""Reader of declarative launch files; `launch_xml` and `launch_yaml` know the syntaxes."""

from __future__ import annotations

import functools
import os
from importlib.metadata import EntryPoint, entry_points
from typing import IO, TYPE_CHECKING, Any

from .entity import Entity
from .errors import InvalidFrontendLaunchFileError
from .expose import action_makers
from .substitution_text import parse_if_substitutions, parse_substitution

if TYPE_CHECKING:
    from ..action import Action
    from ..launch_description import LaunchDescription
    from ..substitution import Substitution

_PARSERS = "launch.frontend.parser"
_EXTENSIONS = "launch.frontend.launch_extension"
_PACKAGES = {"xml": "launch_xml", "yaml": "launch_yaml", "yml": "launch_yaml"}


@functools.cache
def _load_extensions() -> None:
    """Import what makes tags and substitutions known: our own, and those of entry points."""
    from . import substitutions, tags  # noqa: F401

    for entry_point in entry_points(group=_EXTENSIONS):
        entry_point.load()


@functools.cache
def _parsers() -> dict[str, EntryPoint]:
    return {entry_point.name: entry_point for entry_point in entry_points(group=_PARSERS)}


class Parser:
    """Makes launch descriptions from entities; derived classes make entities from files."""

    @classmethod
    def load(cls, file: str | IO[str]) -> tuple[Entity, Parser]:
        """Return the outermost tag of a file and the parser for it.

        Raises InvalidFrontendLaunchFileError if no installed package reads files of this kind, and
        what that package raises for a file that is not valid.
        """
        path = file if isinstance(file, str) else file.name
        kind = os.path.splitext(path)[1].lstrip(".").lower()
        kind = "yaml" if kind == "yml" else kind
        if kind not in _parsers():
            package = _PACKAGES.get(kind)
            hint = f"package {package} is not installed" if package else "it is neither XML nor YAML"
            raise InvalidFrontendLaunchFileError(f"'{path}' cannot be read: {hint}")
        parser: type[Parser] = _parsers()[kind].load()
        if isinstance(file, str):
            with open(file, encoding="utf-8") as stream:
                return parser.load_stream(stream)
        return parser.load_stream(file)

    @classmethod
    def load_stream(cls, stream: IO[str]) -> tuple[Entity, Parser]:
        """Return the outermost tag of a stream; derived classes override this."""
        raise NotImplementedError(f"{cls.__name__}.load_stream")

    def parse_substitution(self, value: str) -> list[Substitution]:
        """Return the texts and substitutions that a text is made of."""
        _load_extensions()
        return parse_substitution(value)

    def parse_if_substitutions(self, value: Any) -> Any:
        """Return texts as substitutions, everything else as it is."""
        _load_extensions()
        return parse_if_substitutions(value)

    def parse_action(self, entity: Entity) -> Action:
        """Return the action of a tag; InvalidFrontendLaunchFileError for one that is unknown or not valid."""
        _load_extensions()
        maker = action_makers.get(entity.type_name)
        if maker is None:
            known = ", ".join(sorted(action_makers))
            raise entity.error(f"there is no such action; known: {known}")
        try:
            action: Action = maker(entity, self)
        except (TypeError, ValueError) as error:
            raise entity.error(str(error)) from error
        entity.assert_entity_completely_parsed()
        return action

    def parse_description(self, entity: Entity) -> LaunchDescription:
        """Return the description of the outermost tag, which is `launch`."""
        from ..launch_description import LaunchDescription

        if entity.type_name != "launch":
            raise entity.error("a launch file begins with 'launch'")
        entity.get_attr("version", optional=True)
        return LaunchDescription([self.parse_action(child) for child in entity.children])

    def get_file_extensions(self) -> set[str]:
        """Return the extensions of files that this parser reads."""
        raise NotImplementedError(f"{type(self).__name__}.get_file_extensions")
