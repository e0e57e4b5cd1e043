"""Files that clients fetch to lead AI walkers: the navigation mesh of the current town."""

from __future__ import annotations

import logging

from carla_drl_sim.errors import RpcError
from carla_drl_sim.world import navigation_mesh
from carla_drl_sim.world.navigation_pieces import pieces
from carla_drl_sim.world.town import Town
from carla_drl_sim.world.walkways import WalkwayKind

_log = logging.getLogger(__name__)

FOLDER = "Nav"
"""What clients ask for with ``get_required_files``."""

_KEPT = 4
_MOST_WALKWAYS = 12_000
"""Of larger maps walkers cannot cross the streets beside crosswalks: a client waits for the mesh when it connects."""


def make_mesh(town: Town, most_walkways: int = _MOST_WALKWAYS) -> bytes:
    """The navigation mesh of a town. Where it is too large, first streets are left out, then everything."""
    walkways = town.walkways
    footways = [item for item in walkways if item.kind != WalkwayKind.ROAD]
    for chosen in (walkways, footways):
        if len(chosen) > most_walkways and chosen is not footways:
            continue
        try:
            return navigation_mesh.encode(pieces(chosen))
        except ValueError as error:
            _log.warning("%s: %s", town.name, error)
    _log.warning("%s has no navigation mesh: AI walkers stand still", town.name)
    return navigation_mesh.encode([])


class NavigationFiles:
    """Makes the mesh of a town when it is first asked for, and keeps the last few."""

    def __init__(self) -> None:
        self._content: dict[str, bytes] = {}

    @staticmethod
    def name(town: Town) -> str:
        """The file's name, which is another one for every other map."""
        return navigation_mesh.file_name(town.name, town.opendrive)

    def content(self, town: Town) -> bytes:
        """The mesh of a town."""
        name = self.name(town)
        if name not in self._content:
            while len(self._content) >= _KEPT:
                del self._content[next(iter(self._content))]
            self._content[name] = make_mesh(town)
        return self._content[name]

    def request(self, town: Town, name: str) -> bytes:
        """The file of this name. Raises RpcError when the town has no such file."""
        if name.lstrip("/") != self.name(town):
            raise RpcError(f"there is no file '{name}': get_required_files lists all that there are")
        return self.content(town)
