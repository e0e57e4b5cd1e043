"""Collisions between vehicles: oriented boxes in the plane that overlap in height as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import collision_kernel as kernel
from carla_drl_sim.world.array_table import array_table
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

RESTITUTION = 0.1
"""Share of the closing speed that comes back; cars that crash at more than walking speed hardly bounce."""


@dataclass(frozen=True)
class CollisionResult:
    """Contacts of one step, ordered by (slot_a, slot_b).

    Attributes:
        slot_a, slot_b: int64 [K], slot_a < slot_b.
        normal: float64 [K, 3], unit vector from a to b, world axes. The impulse on b is along it, on a against it.
        impulse: float64 [K] in N s; 0 where the two touch without closing in.
        point: float64 [K, 3], place of the contact in m.
    """

    slot_a: npt.NDArray[np.int64]
    slot_b: npt.NDArray[np.int64]
    normal: Floats
    impulse: Floats
    point: Floats

    def __len__(self) -> int:
        return int(self.slot_a.size)


def _no_collision() -> CollisionResult:
    none = np.empty(0, np.int64)
    return CollisionResult(none, none, np.empty((0, 3)), np.empty(0), np.empty((0, 3)))


_NO_COLLISION = _no_collision()


class CollisionSolver:
    """Finds and resolves the collisions between the vehicles of a `VehicleDynamics`; call after each step.

    Attributes:
        restitution: as given.
        table: what `resolve_vehicles` writes into; see `make_room`.
    """

    def __init__(self, restitution: float = RESTITUTION) -> None:
        """`restitution`: 0 (plastic) to 1 (elastic).

        Raises:
            ValueError: `restitution` is out of range.
        """
        if not 0.0 <= restitution <= 1.0:
            raise ValueError(f"restitution = {restitution}: must be between 0 and 1")
        self.restitution = restitution
        self._allocate(0, 64)

    def _allocate(self, vehicles: int, contacts: int) -> None:
        self._slots = np.empty(vehicles, np.int64)
        self._boxes = np.empty((vehicles, kernel.NUM_BOX))
        self._pairs = np.empty((contacts, 2), np.int64)
        self._contacts = np.empty((contacts, kernel.NUM_CONTACT))
        self._impulses = np.empty(contacts)
        self.table = array_table((self._slots, self._boxes, self._pairs, self._contacts, self._impulses))

    def make_room(self, vehicles: VehicleDynamics, contacts: int = 0) -> None:
        """Let `table` have room for all vehicles, and for so many contacts."""
        if self._slots.size < vehicles.capacity or self._impulses.size < contacts:
            self._allocate(vehicles.capacity, max(self._impulses.size, 2 * contacts))

    def resolve(self, vehicles: VehicleDynamics) -> CollisionResult:
        """Push overlapping vehicles apart, in place: their positions, velocities and yaw rates change."""
        self.make_room(vehicles)
        while (count := kernel.resolve_vehicles(vehicles.table, self.table, self.restitution)) < 0:
            self.make_room(vehicles, -count)
        return self.result(count)

    def result(self, count: int) -> CollisionResult:
        """The contacts that `resolve_vehicles` has written."""
        if count == 0:
            return _NO_COLLISION
        pairs, contacts = self._pairs[:count], self._contacts[:count]
        normal, point = np.zeros((count, 3)), np.empty((count, 3))
        normal[:, :2] = contacts[:, kernel.NORMAL_X : kernel.NORMAL_Y + 1]
        point[:, :2] = contacts[:, kernel.POINT_X : kernel.POINT_Y + 1]
        point[:, 2] = 0.5 * (self._boxes[pairs[:, 0], kernel.Z] + self._boxes[pairs[:, 1], kernel.Z])
        slots = self._slots
        return CollisionResult(
            slots[pairs[:, 0]], slots[pairs[:, 1]], normal, self._impulses[:count].copy(), point
        )


def vehicle_box(model: VehicleModel, x: float, y: float, z: float, yaw_deg: float) -> Floats:
    """Box of a vehicle at a pose: float64 [7], centre x, y, z (m), yaw (deg), half sizes x, y, z (m)."""
    return np.array([x, y, z + model.box_centre_z, yaw_deg, *model.extent], dtype=np.float64)


def vehicle_boxes(vehicles: VehicleDynamics) -> tuple[npt.NDArray[np.int64], Floats]:
    """Slots [K] and boxes [K, 7] (as in `vehicle_box`) of all vehicles, those without collisions included."""
    slots = vehicles.slots
    boxes = np.empty((slots.size, kernel.NUM_BOX))
    boxes[:, :3] = vehicles.position[slots]
    boxes[:, kernel.Z] += vehicles.box_centre_z[slots]
    boxes[:, kernel.YAW] = vehicles.rotation[slots, 1]
    boxes[:, kernel.EXTENT_X :] = vehicles.extent[slots]
    return slots, boxes


def overlaps(box: Floats, boxes: Floats) -> Bools:
    """Whether a box [7] overlaps each of the boxes [K, 7] (layout of `vehicle_box`); bool [K].

    Raises:
        ValueError: a shape is wrong.
    """
    one = np.array(box, dtype=np.float64)
    many = np.array(boxes, dtype=np.float64)
    if one.shape != (kernel.NUM_BOX,) or many.ndim != 2 or many.shape[1] != kernel.NUM_BOX:
        raise ValueError(f"boxes have shapes {one.shape} and {many.shape}; needed are (7,) and (K, 7)")
    one[kernel.YAW] = np.radians(one[kernel.YAW])
    many[:, kernel.YAW] = np.radians(many[:, kernel.YAW])
    result = np.zeros(many.shape[0], dtype=np.bool_)
    kernel.overlaps_any(one, many, result)
    return result


def warm_up() -> None:
    """Compile the kernels (or load them from the cache)."""
    vehicles = VehicleDynamics()
    model = next(iter(VEHICLE_MODELS.values()))
    for _ in range(2):
        vehicles.add(model, 0.0, 0.0, 0.0, 0.0)
    CollisionSolver().resolve(vehicles)
    overlaps(vehicle_box(model, 0.0, 0.0, 0.0, 0.0), vehicle_boxes(vehicles)[1])
