"""Packages in the ament index."""

from __future__ import annotations

import os

from ament_index_python.packages import PackageNotFoundError, get_package_prefix, get_packages_with_prefixes


class PackageNotFound(Exception):  # noqa: N818 (upstream's name)
    """There is no such package."""

    def __init__(self, package_name: str) -> None:
        super().__init__(f"package '{package_name}' not found")
        self.package_name = package_name


def get_package_names() -> list[str]:
    """Return the names of all packages."""
    return list(get_packages_with_prefixes())


def get_prefix_path(package_name: str) -> str | None:
    """Return the prefix of a package, None if there is no such package."""
    try:
        return str(get_package_prefix(package_name))
    except (PackageNotFoundError, ValueError):
        return None


def get_executable_paths(*, package_name: str) -> list[str]:
    """Return the executables in a package's `lib/<package>` folder; raises PackageNotFound."""
    prefix = get_prefix_path(package_name)
    if prefix is None:
        raise PackageNotFound(package_name)
    found = []
    for folder, folders, names in os.walk(os.path.join(prefix, "lib", package_name)):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                found.append(path)
    return found


def package_name_completer(**kwargs: object) -> list[str]:
    """Return the names of all packages, for shells."""
    return get_package_names()
