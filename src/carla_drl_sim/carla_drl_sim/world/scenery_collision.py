"""Collisions of vehicles with what stands in the town."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import collision_kernel, scenery_kernel
from carla_drl_sim.world.array_table import array_table
from carla_drl_sim.world.collision import RESTITUTION, vehicle_box
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.scenery import Parts, no_parts
from carla_drl_sim.world.solid_grid import SolidGrid
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SceneryContacts:
    """Contacts of one step, ascending by slot.

    Attributes:
        slot: int64 [K], the vehicle.
        part: int64 [K], the part of the scenery, as in `Parts`.
        normal: float64 [K, 3], unit vector from the vehicle to the part, world axes.
        impulse: float64 [K] in N s, acts on the vehicle against the normal; 0 where it does not close in.
        point: float64 [K, 3], place of the contact in m.
    """

    slot: Ints
    part: Ints
    normal: Floats
    impulse: Floats
    point: Floats

    def __len__(self) -> int:
        return int(self.slot.size)


def _no_contacts() -> SceneryContacts:
    none = np.empty(0, np.int64)
    return SceneryContacts(none, none, np.empty((0, 3)), np.empty(0), np.empty((0, 3)))


_NO_CONTACTS = _no_contacts()


class SceneryCollisions:
    """Stops vehicles at the solid parts of a town; call after each step. Only parts near a vehicle are looked at.

    Attributes:
        restitution, parts: as given.
        table: the parts, and what `resolve_solids` writes into; see `make_room`.
    """

    def __init__(self, parts: Parts, grid: SolidGrid | None = None, restitution: float = RESTITUTION) -> None:
        """`grid`: the solid parts in cells, made here if not given; `restitution`: 0 (plastic) to 1 (elastic).

        Raises:
            ValueError: `restitution` is out of range.
        """
        if not 0.0 <= restitution <= 1.0:
            raise ValueError(f"restitution = {restitution}: must be between 0 and 1")
        self.restitution = restitution
        self.parts = parts
        self._grid = grid or SolidGrid(parts)
        self._part_of = np.flatnonzero(parts.solid)
        self._allocate(0)

    def _allocate(self, vehicles: int) -> None:
        most, grid = scenery_kernel.MOST_CONTACTS * vehicles, self._grid
        self._capacity = vehicles
        self._hit = np.empty((most, 2), np.int64)
        self._contacts = np.empty((most, collision_kernel.NUM_CONTACT))
        self._impulses = np.empty(most)
        written = (self._hit, self._contacts, self._impulses)
        self.table = array_table((grid.solids, grid.origin, grid.first, grid.members, *written))

    def make_room(self, vehicles: VehicleDynamics) -> None:
        """Let `table` have room for the contacts of all vehicles."""
        if self._capacity < vehicles.capacity:
            self._allocate(vehicles.capacity)

    def resolve(self, vehicles: VehicleDynamics) -> SceneryContacts:
        """Move vehicles out of solid parts, in place: their positions, velocities and yaw rates change."""
        self.make_room(vehicles)
        count = scenery_kernel.resolve_solids(vehicles.table, self.table, self.restitution)
        return self.result(vehicles, count)

    def result(self, vehicles: VehicleDynamics, count: int) -> SceneryContacts:
        """The contacts that `resolve_solids` has written."""
        if count == 0:
            return _NO_CONTACTS
        hit, contacts = self._hit[:count], self._contacts[:count]
        normal, point = np.zeros((count, 3)), np.empty((count, 3))
        normal[:, :2] = contacts[:, collision_kernel.NORMAL_X : collision_kernel.NORMAL_Y + 1]
        point[:, :2] = contacts[:, collision_kernel.POINT_X : collision_kernel.POINT_Y + 1]
        slot = hit[:, 0].copy()
        point[:, 2] = vehicles.position[slot, 2] + vehicles.box_centre_z[slot]
        return SceneryContacts(slot, self._part_of[hit[:, 1]], normal, self._impulses[:count].copy(), point)

    def part_in(self, box: Floats) -> int | None:
        """A solid part that overlaps a box (layout of `collision.vehicle_box`), or None."""
        if not len(self._grid):
            return None
        turned = np.array(box, dtype=np.float64)
        turned[collision_kernel.YAW] = np.radians(turned[collision_kernel.YAW])
        grid = self._grid
        found = scenery_kernel.hits_solid(turned, grid.solids, grid.origin, grid.first, grid.members)
        return int(self._part_of[found]) if found >= 0 else None


def warm_up() -> None:
    """Compile the kernels (or load them from the cache)."""
    vehicles = VehicleDynamics()
    model = next(iter(VEHICLE_MODELS.values()))
    vehicles.add(model, 0.0, 0.0, 0.0, 0.0)
    one = np.zeros(1)
    parts = Parts(
        np.zeros(1, np.uint8),
        np.zeros((1, 3)),
        one,
        np.ones((1, 3)),
        np.zeros(1, np.uint8),
        np.zeros((1, 3), np.uint8),
        np.zeros(1, np.int64),
        np.ones(1, np.bool_),
    )
    for solids in (parts, no_parts()):
        collisions = SceneryCollisions(solids)
        collisions.resolve(vehicles)
        collisions.part_in(vehicle_box(model, 0.0, 0.0, 0.0, 0.0))
