"""Path of an executable of a package."""

from __future__ import annotations

import os

from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from .find_package import FindPackagePrefix


class ExecutableInPackage(FindPackagePrefix):
    """Stands for the path of an executable below the package's `lib` folder."""

    def __init__(self, executable: SomeSubstitutionsType, package: SomeSubstitutionsType) -> None:
        super().__init__(package)
        self.__executable = normalize_to_list_of_substitutions(executable)

    @property
    def executable(self) -> list[Substitution]:
        """Name of the executable."""
        return self.__executable

    def describe(self) -> str:
        """Return a one-line description."""
        executable = " + ".join(part.describe() for part in self.__executable)
        package = " + ".join(part.describe() for part in self.package)
        return f"ExecInPkg(pkg={package}, exec={executable})"

    def perform(self, context: LaunchContext) -> str:
        """Return the path; SubstitutionFailure if there is no such executable."""
        executable = perform_substitutions(context, self.__executable)
        package = perform_substitutions(context, self.package)
        folder = os.path.join(super().perform(context), "lib", package)
        path = os.path.join(folder, executable)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
        if not os.path.isdir(folder):
            raise SubstitutionFailure(
                f"package '{package}' found, but libexec directory '{folder}' does not exist"
            )
        known = sorted(name for name in os.listdir(folder) if os.access(os.path.join(folder, name), os.X_OK))
        raise SubstitutionFailure(
            f"executable '{executable}' not found on the libexec directory '{folder}'; "
            f"it has: {', '.join(known) or 'none'}"
        )
