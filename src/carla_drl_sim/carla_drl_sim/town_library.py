"""The maps that can be loaded: generated towns under CARLA's names, files of the user's, and one that a client sends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from carla_drl_sim.errors import ConfigurationError, RpcError
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import TOWNS, generate_town

OWN_MAP = "OpenDriveMap"
"""Name of the map that a client sends, as in CARLA."""

MAPS: Final = "CARLA_DRL_MAPS"
"""Environment variable with the folder of OpenDRIVE files, for processes that have no option for it."""

MAX_DOCUMENT_BYTES = 16 << 20
"""Largest OpenDRIVE file that is read, as much as a client could send."""

_PATH = "Carla/Maps/"
_LAYERED = "_Opt"
_OTHER_NAMES = {"Town10": "Town10HD"}


def read_document(path: Path) -> str:
    """Return the text of an OpenDRIVE file. Raises ConfigurationError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DOCUMENT_BYTES + 1)
        if len(data) > MAX_DOCUMENT_BYTES:
            raise ConfigurationError(f"{path}: larger than {MAX_DOCUMENT_BYTES} bytes")
        return data.decode()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text ({error.reason})") from None


def map_files(folder: Path) -> dict[str, Path]:
    """Return the OpenDRIVE files of a folder by name of map. Raises ConfigurationError when there are none."""
    files = {path.stem: path for path in sorted(folder.glob("*.xodr"))}
    if not files:
        raise ConfigurationError(f"{folder}: is no folder with .xodr files")
    return files


class TownLibrary:
    """Towns by name, made when first asked for.

    A name may have a path in front of it. Names with ``_Opt``, CARLA's maps with layers, mean the same towns.

    Args:
        seed: seed of all towns.
        files: OpenDRIVE files by name of map; one with a town's name takes its place. Those of the folder in the
            environment variable ``CARLA_DRL_MAPS`` where None.

    Raises:
        ConfigurationError: that folder has no such files.
    """

    def __init__(self, seed: int, files: dict[str, Path] | None = None) -> None:
        folder = os.environ.get(MAPS, "")
        if files is None and folder:
            try:
                files = map_files(Path(folder).expanduser())
            except ConfigurationError as error:
                raise ConfigurationError(f"environment variable {MAPS}: {error}") from None
        self._seed = seed
        self._files = files or {}
        self._towns: dict[str, Town] = {}

    @property
    def bases(self) -> list[str]:
        """Names of the maps without paths and layers, but for the client's own."""
        return list(dict.fromkeys((*TOWNS, *self._files)))

    def names(self) -> list[str]:
        """Full names of all maps, as CARLA lists them."""
        own = [OWN_MAP] if OWN_MAP in self._towns else []
        layered = [f"{town}{_LAYERED}" for town in self.bases]
        return [f"/Game/{_PATH}{name}" for name in (*self.bases, *layered, *own)]

    def full_name(self, name: str) -> str:
        """Name under which a map is served, for example Carla/Maps/Town01_Opt. Raises RpcError when there is none."""
        self._base(name)
        return _PATH + name.rsplit("/", 1)[-1]

    def town(self, name: str) -> Town:
        """The town of that name. Raises RpcError when there is none, or its file is wrong."""
        base = self._base(name)
        if base not in self._towns:
            path = self._files.get(base)
            self._towns[base] = generate_town(base, self._seed) if path is None else self._load(base, path)
        return self._towns[base]

    def add(self, opendrive: str) -> None:
        """Take over a map that a client sends, which replaces the one before. Raises RpcError when it is wrong."""
        self._towns[OWN_MAP] = self._read(OWN_MAP, opendrive)

    def _load(self, name: str, path: Path) -> Town:
        try:
            return self._read(name, read_document(path))
        except ConfigurationError as error:
            raise RpcError(f"map '{name}' cannot be loaded: {error}") from None
        except RpcError as error:
            raise RpcError(f"map '{name}' cannot be loaded: {path}: {error}") from None

    def _read(self, name: str, opendrive: str) -> Town:
        """Make a town of a document. All that is read out of it is made now: an error later could not be told."""
        try:
            town = town_from_opendrive(name, opendrive, self._seed)
            for make in ("signals", "heights", "speed_limits", "walkways", "covering", "scenery"):
                getattr(town, make)
        except (ValueError, ArithmeticError, MemoryError, RecursionError) as error:
            raise RpcError(str(error) or type(error).__name__) from None
        return town

    def _base(self, name: str) -> str:
        last = name.rsplit("/", 1)[-1]
        if last in self._files or (last == OWN_MAP and OWN_MAP in self._towns):
            return last
        base = last.removesuffix(_LAYERED)
        base = _OTHER_NAMES.get(base, base)
        if base not in TOWNS and base not in self._files:
            available = ", ".join(sorted(self.bases)) + (f", {OWN_MAP}" if OWN_MAP in self._towns else "")
            raise RpcError(f"map '{name}' not found; available: {available}")
        return base
