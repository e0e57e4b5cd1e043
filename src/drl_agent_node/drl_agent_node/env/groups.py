"""Lock-step groups as parts of one batch: which rows are whose, and what was last seen of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drl_agent_node.env.fleet_frame import FleetFrame, FleetLayout
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.errors import FleetError

_THE_SAME: Final = ("state_names", "raster_names", "raster_resolution_m", "raster_ahead_m", "images")


@dataclass(slots=True)
class Group:
    """One group's rows in the batch, and the frame that was last returned for it."""

    link: LockStep
    rows: slice
    shown: FleetFrame
    world: int
    # The world was made anew: its first frame waits to be returned, and the next action is not for it.
    world_lost: bool = False
    # Silent for too long: the others go on without it.
    masked: bool = False

    @property
    def silent(self) -> bool:
        """Nothing came since the frame that was last returned. Identity: a new world may count frames the same."""
        return self.link.current is self.shown

    @property
    def behind(self) -> bool:
        """The next frame is awaited."""
        return self.silent and not self.world_lost and not self.masked

    @property
    def layout(self) -> FleetLayout:
        """What its columns and images are."""
        assert self.link.layout is not None
        return self.link.layout

    def show(self) -> None:
        """Make its current frame the one that the caller sees."""
        assert self.link.current is not None
        self.shown, self.world = self.link.current, self.link.world
        self.world_lost = self.masked = False


def seated(links: Sequence[LockStep]) -> list[Group]:
    """Return groups of which something arrived, with rows one after the other.

    Raises:
        FleetError: when they do not observe the same.
    """
    groups: list[Group] = []
    offset = 0
    for link in links:
        assert link.current is not None
        agents = len(link.current.status)
        group = Group(link, slice(offset, offset + agents), link.current, link.world)
        groups.append(group)
        offset += agents
        for name in _THE_SAME:
            if getattr(group.layout, name) != getattr(groups[0].layout, name):
                raise FleetError(
                    f"{link.layout_topic}: {name} differ from those of group {groups[0].layout.simulator}; all groups "
                    "of one agent must have the same"
                )
    return groups
