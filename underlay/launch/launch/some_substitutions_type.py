"""Type of arguments that take text, a substitution, a path, or a sequence of these that is joined."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Union

from .substitution import Substitution

SomeSubstitutionsType = Union[
    str, Substitution, "os.PathLike[str]", Iterable[Union[str, Substitution, "os.PathLike[str]"]]
]
SomeSubstitutionsType_types_tuple = (str, Substitution, os.PathLike, Iterable)
