"""State and motion of all pedestrians of a world, as arrays over slots."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import walker_kernel as kernel
from carla_drl_sim.world.collision import overlaps, vehicle_boxes
from carla_drl_sim.world.crowd_kernel import part_walkers
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.ground import Heights, flat
from carla_drl_sim.world.scenery import Parts, no_parts
from carla_drl_sim.world.slot_table import SlotTable, wrapped
from carla_drl_sim.world.solid_grid import SolidGrid
from carla_drl_sim.world.walker_arrays import COLUMNS
from carla_drl_sim.world.walker_models import WALKER_MODELS, WalkerModel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_LONGEST_STEP_S = 0.05
_NOTHING = no_parts()


class Walkers(SlotTable):
    """All pedestrians of a world: structure of arrays with one row per slot, in CARLA's axes.

    A walker is an upright capsule; its position is the capsule's middle, as in CARLA. It is moved by its control, or,
    without physics, from outside by `set_state`. The arrays are replaced by larger ones when `add` runs out of room.

    Attributes:
        active: bool [C], whether the slot holds a walker. Written by `add` and `remove` only.
        alive: bool [C]; one that is not stays where it is.
        position: float64 [C, 3] in m.
        rotation: float64 [C, 3], pitch, yaw (-180..180), roll in degrees.
        velocity, acceleration: float64 [C, 3], world axes, m/s and m/s^2.
        angular_velocity: float64 [C, 3], zero.
        direction, speed, jump: the control: float64 [C, 3] world axes, float64 [C] m/s, bool [C].
        simulate_physics, collisions, gravity: bool [C].
        extent: float64 [C, 3], half sizes of the bounding box, whose middle is the position, m.
        radius, half_height: float64 [C], of the capsule, m.
        mass: float64 [C], kg.
    """

    def __init__(self, heights: Heights | None = None, parts: Callable[[], Parts] = lambda: _NOTHING) -> None:
        """No walkers on the ground `heights` (flat at 0 if not given).

        `parts` gives what stands in the town, the same object until that changes; called when there are walkers.
        """
        self._heights = heights or flat()
        self._is_flat = self._heights.is_flat
        self._make_parts = parts
        self._grid: tuple[Parts, SolidGrid] | None = None
        super().__init__(COLUMNS)

    @property
    def _solids(self) -> SolidGrid:
        parts = self._make_parts()
        if self._grid is None or self._grid[0] is not parts:
            self._grid = (parts, SolidGrid(parts))
        return self._grid[1]

    alive: Bools
    position: Floats
    rotation: Floats
    velocity: Floats
    acceleration: Floats
    angular_velocity: Floats
    direction: Floats
    speed: Floats
    jump: Bools
    simulate_physics: Bools
    collisions: Bools
    gravity: Bools
    extent: Floats
    radius: Floats
    half_height: Floats
    mass: Floats
    touched: npt.NDArray[np.int64]
    contact_normal: Floats
    contact_speed: Floats
    _previous: Floats
    _grounded: Bools

    def __len__(self) -> int:
        return self.count

    def add(self, model: WalkerModel, x: float, y: float, z: float, yaw_deg: float) -> int:
        """Place a walker at rest and return its slot, the lowest that is free. It falls if nothing carries it.

        Raises:
            ValueError: a coordinate is not finite.
        """
        slot = self._take(model.id, x, y, z, yaw_deg)
        for array in (self.rotation, self.velocity, self.acceleration, self.direction, self.speed):
            array[slot] = 0.0
        self.position[slot] = self._previous[slot] = (x, y, z)
        self.rotation[slot, 1] = wrapped(yaw_deg)
        self.jump[slot] = self._grounded[slot] = False
        for flags in (self.alive, self.simulate_physics, self.collisions, self.gravity):
            flags[slot] = True
        self.extent[slot] = (model.radius, model.radius, model.half_height)
        self.radius[slot] = model.radius
        self.half_height[slot] = model.half_height
        self.mass[slot] = model.mass_kg
        return slot

    def remove(self, slot: int) -> None:
        """Take a walker out.

        Raises:
            KeyError: the slot holds no walker.
        """
        self._require(slot)
        self._give_back(slot)

    def set_transform(
        self,
        slot: int,
        x: float,
        y: float,
        z: float,
        pitch_deg: float = 0.0,
        yaw_deg: float = 0.0,
        roll_deg: float = 0.0,
    ) -> None:
        """Teleport a walker; it then falls or stands.

        Raises:
            KeyError: the slot holds no walker.
        """
        self._require(slot)
        self.position[slot] = self._previous[slot] = (x, y, z)
        self.rotation[slot] = (pitch_deg, wrapped(yaw_deg), roll_deg)
        self._grounded[slot] = False

    def set_state(self, slot: int, x: float, y: float, z: float, yaw_deg: float, speed: float) -> None:
        """Move a walker with its feet to a place, turned `yaw_deg`, walking that way with `speed` (m/s).

        CARLA's walker AI, which runs in the client, sends this every tick.
        """
        yaw = math.radians(yaw_deg)
        self.position[slot] = (x, y, z + self.half_height[slot])
        self.rotation[slot] = (0.0, wrapped(yaw_deg), 0.0)
        self.direction[slot] = (math.cos(yaw), math.sin(yaw), 0.0)
        self.speed[slot] = speed
        self.jump[slot] = False

    def is_obstructed(self, slot: int, vehicles: VehicleDynamics) -> bool:
        """Whether a vehicle or another walker is where this walker is."""
        one = np.array([*self.position[slot], 0.0, *self.extent[slot]])
        if overlaps(one, vehicle_boxes(vehicles)[1]).any():
            return True
        away = np.abs(self.position[: self._end] - self.position[slot])
        near = (away[:, :2] ** 2).sum(axis=1) < (self.radius[: self._end] + self.radius[slot]) ** 2
        near &= away[:, 2] < self.half_height[: self._end] + self.half_height[slot]
        return bool((near & self.active[: self._end]).sum() > 1)

    def step(self, dt: float) -> None:
        """Advance every walker by `dt` s, in equal substeps of at most 0.05 s."""
        if not self.count:
            return
        substeps = max(1, math.ceil(dt / _LONGEST_STEP_S - 1e-9))
        heights = self._heights
        kernel.step_walkers(
            self._end,
            dt,
            substeps,
            self.active,
            self.simulate_physics,
            self.gravity,
            self.alive,
            self.direction,
            self.speed,
            self.jump,
            self.half_height,
            self.position,
            self._previous,
            self.rotation,
            self.velocity,
            self.acceleration,
            self._grounded,
            self._is_flat,
            *heights.origin,
            heights.cell,
            heights.ground,
            heights.deck,
        )

    def separate(self, vehicles: VehicleDynamics) -> npt.NDArray[np.intp]:
        """Push walkers out of each other, of vehicles and of solid parts.

        Returns:
            Slots of the walkers that touch a vehicle; `touched` is the vehicle's slot, `contact_normal` the unit
            vector from it to the walker and `contact_speed` how fast the two closed in (m/s).
        """
        if not self.count:
            return _NOBODY
        if self.count > 1:
            part_walkers(
                np.flatnonzero(self.active & self.collisions),
                self.simulate_physics,
                self.radius,
                self.half_height,
                self.position,
                self.velocity,
            )
        solids = self._solids
        count = kernel.separate_walkers(
            self._end,
            self.active,
            self.collisions,
            self.simulate_physics,
            self.radius,
            self.half_height,
            self.position,
            self.velocity,
            vehicles.slots_end,
            vehicles.active,
            vehicles.collisions,
            vehicles.position,
            vehicles.rotation,
            vehicles.velocity,
            vehicles.extent,
            vehicles.box_centre_z,
            solids.solids,
            solids.origin,
            solids.first,
            solids.members,
            self.touched,
            self.contact_normal,
            self.contact_speed,
        )
        return np.flatnonzero(self.touched[: self._end] >= 0) if count else _NOBODY

    def _require(self, slot: int) -> None:
        if not (0 <= slot < self.capacity and self.active[slot]):
            raise KeyError(f"slot {slot} holds no walker")


_NOBODY = np.empty(0, np.intp)


def warm_up() -> None:
    """Compile the kernels (or load them from the cache)."""
    walkers = Walkers()
    for x in (0.0, 0.1):
        walkers.add(next(iter(WALKER_MODELS.values())), x, 0.0, 1.0, 0.0)
    walkers.step(0.05)
    walkers.separate(VehicleDynamics())
