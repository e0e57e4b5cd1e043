"""Unique names."""

from __future__ import annotations

import os
import socket
import uuid

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class AnonName(Substitution):
    """Stands for a name with a unique ending; the same name gives the same text within a launch."""

    def __init__(self, name: SomeSubstitutionsType) -> None:
        self.__name = normalize_to_list_of_substitutions(name)

    @property
    def name(self) -> list[Substitution]:
        """The name."""
        return self.__name

    def perform(self, context: LaunchContext) -> str:
        """Return the name with its ending."""
        name = perform_substitutions(context, self.__name)
        key = f"anon{name}"
        if key not in context.launch_configurations:
            ending = f"{socket.gethostname()}_{os.getpid()}_{uuid.uuid4().hex[:8]}"
            context.launch_configurations[key] = f"{name}_" + "".join(
                c if c.isalnum() else "_" for c in ending
            )
        return context.launch_configurations[key]
