"""Files that clients fetch to lead AI walkers: the navigation mesh of the current town."""

from __future__ import annotations

from carla_drl_sim.errors import RpcError
from carla_drl_sim.world import navigation_mesh
from carla_drl_sim.world.navigation_pieces import pieces
from carla_drl_sim.world.town import Town

FOLDER = "Nav"
"""What clients ask for with ``get_required_files``."""

_KEPT = 4


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
            self._content[name] = navigation_mesh.encode(pieces(town.walkways))
        return self._content[name]

    def request(self, town: Town, name: str) -> bytes:
        """The file of this name. Raises RpcError when the town has no such file."""
        if name.lstrip("/") != self.name(town):
            raise RpcError(f"there is no file '{name}': get_required_files lists all that there are")
        return self.content(town)
