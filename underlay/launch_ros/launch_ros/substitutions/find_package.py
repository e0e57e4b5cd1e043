"""Folders of a package."""

from __future__ import annotations

import os

from ament_index_python.packages import PackageNotFoundError, get_package_prefix, get_package_share_directory
from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class FindPackage(Substitution):
    """Base of substitutions that stand for a folder of a package."""

    def __init__(self, package: SomeSubstitutionsType) -> None:
        self.__package = normalize_to_list_of_substitutions(package)

    @property
    def package(self) -> list[Substitution]:
        """Name of the package."""
        return self.__package

    def describe(self) -> str:
        """Return a one-line description."""
        return f"{type(self).__name__}(pkg={' + '.join(part.describe() for part in self.__package)})"

    def find(self, package_name: str) -> str:
        """Return the folder. Derived classes override this."""
        raise NotImplementedError

    def perform(self, context: LaunchContext) -> str:
        """Return the folder; SubstitutionFailure if there is no such package."""
        name = perform_substitutions(context, self.__package)
        try:
            return self.find(name)
        except (PackageNotFoundError, ValueError) as error:
            text = error.args[0] if error.args else str(error)
            raise SubstitutionFailure(
                f"{text}" if isinstance(text, str) else f"package '{name}' not found"
            ) from error


class FindPackagePrefix(FindPackage):
    """Stands for the prefix that the package is installed in."""

    def find(self, package_name: str) -> str:
        """Return the prefix."""
        return str(get_package_prefix(package_name))


class FindPackageShare(FindPackage):
    """Stands for the package's share folder; `/` appends to it."""

    def find(self, package_name: str) -> str:
        """Return the folder."""
        return os.path.normpath(get_package_share_directory(package_name))

    def __truediv__(self, additional_path: SomeSubstitutionsType) -> Substitution:
        from launch.substitutions import PathJoinSubstitution

        return PathJoinSubstitution([[self], additional_path])
