"""The maps that can be loaded: generated towns under CARLA's names, and one of the user's own."""

from __future__ import annotations

from carla_drl_sim.errors import RpcError
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import TOWNS, generate_town

OWN_MAP = "OpenDriveMap"
"""Name of the map that a client sends, as in CARLA."""

_PATH = "Carla/Maps/"
_LAYERED = "_Opt"
_OTHER_NAMES = {"Town10": "Town10HD"}


class TownLibrary:
    """Towns by name, made when first asked for.

    A name may have a path in front of it. Names with ``_Opt``, CARLA's maps with layers, mean the same towns.

    Args:
        seed: seed of all towns.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._towns: dict[str, Town] = {}

    def names(self) -> list[str]:
        """Full names of all maps, as CARLA lists them."""
        own = [OWN_MAP] if OWN_MAP in self._towns else []
        return [f"/Game/{_PATH}{name}" for name in (*TOWNS, *(f"{town}{_LAYERED}" for town in TOWNS), *own)]

    def full_name(self, name: str) -> str:
        """Name under which a map is served, for example Carla/Maps/Town01_Opt. Raises RpcError when there is none."""
        self._base(name)
        return _PATH + name.rsplit("/", 1)[-1]

    def town(self, name: str) -> Town:
        """The town of that name. Raises RpcError when there is none."""
        base = self._base(name)
        if base not in self._towns:
            self._towns[base] = generate_town(base, self._seed)
        return self._towns[base]

    def add(self, opendrive: str) -> None:
        """Take over a map of the user's, which replaces the one before. Raises RpcError when it is wrong.

        All that is read out of it is made now: an error later could not be told to who sent it.
        """
        try:
            town = town_from_opendrive(OWN_MAP, opendrive, self._seed)
            for make in ("signals", "heights", "speed_limits", "walkways", "covering", "scenery"):
                getattr(town, make)
        except (ValueError, ArithmeticError, MemoryError, RecursionError) as error:
            raise RpcError(str(error) or type(error).__name__) from None
        self._towns[OWN_MAP] = town

    def _base(self, name: str) -> str:
        last = name.rsplit("/", 1)[-1]
        base = last.removesuffix(_LAYERED)
        base = _OTHER_NAMES.get(base, base)
        if last == OWN_MAP and OWN_MAP in self._towns:
            return OWN_MAP
        if base not in TOWNS:
            available = ", ".join(sorted(TOWNS)) + (f", {OWN_MAP}" if OWN_MAP in self._towns else "")
            raise RpcError(f"map '{name}' not found; available: {available}")
        return base
