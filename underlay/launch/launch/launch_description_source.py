"""Where an included launch description comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .some_substitutions_type import SomeSubstitutionsType
from .utilities import normalize_to_list_of_substitutions, perform_substitutions

if TYPE_CHECKING:
    from .launch_context import LaunchContext
    from .launch_description import LaunchDescription


class LaunchDescriptionSource:
    """A launch description, or a file to load it from when it is first asked for."""

    def __init__(
        self,
        launch_description: LaunchDescription | None = None,
        location: SomeSubstitutionsType = "<script>",
        method: str = "unspecified mechanism from a script",
    ) -> None:
        self.__launch_description = launch_description
        self.__location = normalize_to_list_of_substitutions(location)
        self.__expanded_location: str | None = None
        self.__method = method

    def try_get_launch_description_without_context(self) -> LaunchDescription | None:
        """Return the description if that is possible without a running launch, else None."""
        if self.__launch_description is None:
            from .launch_context import LaunchContext

            try:
                return self.get_launch_description(LaunchContext())
            except Exception:  # location or file depend on the launch: nothing can be said before it runs
                self.__expanded_location = None
                return None
        return self.__launch_description

    def get_launch_description(self, context: LaunchContext) -> LaunchDescription:
        """Return the description; loads the file on first use."""
        if self.__expanded_location is None:
            location = perform_substitutions(context, self.__location)
            if self.__launch_description is None:
                location = os.path.abspath(location)
            self.__expanded_location = location
        if self.__launch_description is None:
            self.__launch_description = self._get_launch_description(self.__expanded_location)
        return self.__launch_description

    def _get_launch_description(self, location: str) -> LaunchDescription:
        raise NotImplementedError(f"{type(self).__name__} cannot load '{location}'")

    @property
    def location(self) -> str:
        """Path of the file; before it is loaded, a description of the path."""
        if self.__expanded_location is not None:
            return self.__expanded_location
        return " + ".join(substitution.describe() for substitution in self.__location)

    @property
    def method(self) -> str:
        """How the description is obtained."""
        return self.__method
