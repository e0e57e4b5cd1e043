"""State and motion of all vehicles of a world, as arrays over slots."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import dynamics_ackermann as controller
from carla_drl_sim.world import dynamics_columns as column
from carla_drl_sim.world.array_table import array_table
from carla_drl_sim.world.dynamics_kernel import step_vehicles
from carla_drl_sim.world.dynamics_parameters import parameter_row
from carla_drl_sim.world.ground import Heights, flat
from carla_drl_sim.world.slot_table import SlotTable, wrapped
from carla_drl_sim.world.vehicle_arrays import COLUMNS
from carla_drl_sim.world.vehicles import VehicleModel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class VehicleDynamics(SlotTable):
    """All vehicles of a world: structure of arrays with one row per slot, in CARLA's axes.

    A vehicle's origin is on the ground below its centre of mass, which is also the middle of its bounding box.
    The arrays are replaced by larger ones when `add` runs out of room: take them from this object anew after `add`.

    Attributes:
        active: bool [C], whether the slot holds a vehicle. Written by `add` and `remove` only.
        position: float64 [C, 3] in m.
        rotation: float64 [C, 3], pitch, yaw (-180..180), roll in degrees.
        velocity: float64 [C, 3], of the origin, world axes, m/s.
        angular_velocity: float64 [C, 3], world axes, deg/s.
        acceleration: float64 [C, 3], mean over the last step, world axes, m/s^2; without collisions.
        control: float64 [C, 7]: throttle 0..1, steer -1..1 (right positive), brake 0..1, hand brake, reverse, manual
            gear shift, gear. Out-of-range values are limited, NaN counts as 0. The gear counts with manual shift only.
        gear: int32 [C], engaged gear: -1 reverse, 0 neutral.
        wheel_steer_deg: float64 [C], angle of the front wheels, right positive.
        wheel_turn_deg: float64 [C], how far the wheels have rolled, -180..180.
        axles: float64 [C, NUM_AXLES], tyre forces of the last step in N, columns as in `dynamics_columns`.
        simulate_physics: bool [C]; a vehicle without physics stands still and is not pushed by others.
        collisions: bool [C], whether the vehicle takes part in collisions.
        constant_velocity_on, constant_velocity: bool [C] and float64 [C, 3] m/s in the vehicle's axes; holds the
            planar velocity against tyres and engine.
        extent: float64 [C, 3], half sizes of the bounding box in m.
        box_centre_z: float64 [C], height of the box's centre above the origin in m.
        mass, yaw_inertia: float64 [C], kg and kg m^2.
        gravity: bool [C], whether the vehicle falls and slopes pull at it; the tyres carry it all the same.
        ackermann: float64 [C, NUM_ACKERMANN], the Ackermann controllers, columns as in `dynamics_ackermann`.
        road_friction: factor on the friction of all tyres, 1 on a dry road.
        ground: what the vehicles stand on, for compiled functions.
    """

    def __init__(self, ground_z: float = 0.0, heights: Heights | None = None) -> None:
        """An empty world on `heights`, or on a flat ground at height `ground_z` (m)."""
        self.set_ground(heights or flat(ground_z), None if heights else ground_z)
        self.road_friction = 1.0
        self._models: dict[int, VehicleModel] = {}
        super().__init__(COLUMNS)

    def set_ground(self, heights: Heights, level: float | None = None) -> None:
        """Put another ground below the vehicles; they fall onto it or are lifted to it in the next step.

        Args:
            heights: the ground.
            level: height of a flat ground where it is not what the grid's float32 holds.
        """
        ground_z = float(heights.ground[0, 0]) if level is None else level
        numbers = (*heights.origin, heights.cell, ground_z, float(heights.is_flat))
        self._ground = (np.array(numbers), *map(np.ascontiguousarray, (heights.ground, heights.deck)))
        self.ground = array_table(self._ground)

    position: Floats
    rotation: Floats
    velocity: Floats
    angular_velocity: Floats
    acceleration: Floats
    control: Floats
    gear: npt.NDArray[np.int32]
    wheel_steer_deg: Floats
    wheel_turn_deg: Floats
    axles: Floats
    ackermann: Floats
    simulate_physics: Bools
    collisions: Bools
    gravity: Bools
    constant_velocity_on: Bools
    constant_velocity: Floats
    extent: Floats
    box_centre_z: Floats
    mass: Floats
    yaw_inertia: Floats
    _moved_load: Floats
    _parameters: Floats

    @property
    def slots(self) -> npt.NDArray[np.intp]:
        """The slots in use, ascending."""
        return np.flatnonzero(self.active)

    def __len__(self) -> int:
        return self.count

    def add(self, model: VehicleModel, x: float, y: float, z: float, yaw_deg: float) -> int:
        """Place a vehicle at rest and return its slot, the lowest that is free.

        Raises:
            ValueError: a coordinate is not finite.
        """
        slot = self._take(model.id, x, y, z, yaw_deg)
        zeroed = (self.rotation, self.velocity, self.angular_velocity, self.acceleration, self.control)
        for array in (*zeroed, self.axles, self.ackermann, self._moved_load, self.wheel_turn_deg):
            array[slot] = 0.0
        self.ackermann[slot, controller.GAINS] = controller.DEFAULT_GAINS
        self.gear[slot] = 0
        self.position[slot] = (x, y, z)
        self.rotation[slot, 1] = wrapped(yaw_deg)
        self.wheel_steer_deg[slot] = 0.0
        self.constant_velocity[slot] = 0.0
        self.constant_velocity_on[slot] = False
        self.simulate_physics[slot] = True
        self.collisions[slot] = True
        self.gravity[slot] = True
        self.set_model(slot, model)
        return slot

    def remove(self, slot: int) -> None:
        """Take a vehicle out.

        Raises:
            KeyError: the slot holds no vehicle.
        """
        self._require(slot)
        del self._models[slot]
        self._give_back(slot)

    def model(self, slot: int) -> VehicleModel:
        """The model of the vehicle in a slot."""
        self._require(slot)
        return self._models[slot]

    def parameters(self, slot: int) -> Floats:
        """The kernel's parameters of the vehicle in a slot, columns as in `dynamics_columns`; do not write."""
        self._require(slot)
        row: Floats = self._parameters[slot]
        return row

    def set_model(self, slot: int, model: VehicleModel) -> None:
        """Change a vehicle's physics (for example `dataclasses.replace(model, mass_kg=...)`); its motion goes on."""
        if not self.active[slot]:
            self._require(slot)
        self._models[slot] = model
        row = parameter_row(model)
        self._parameters[slot] = row
        self.mass[slot] = row[column.MASS]
        self.yaw_inertia[slot] = row[column.YAW_INERTIA]
        self.extent[slot] = model.extent
        self.box_centre_z[slot] = model.box_centre_z

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
        """Teleport a vehicle; as in CARLA it keeps its velocity (world axes).

        Raises:
            KeyError: the slot holds no vehicle.
            ValueError: a coordinate is not finite.
        """
        self._require(slot)
        if not all(map(math.isfinite, (x, y, z, pitch_deg, yaw_deg, roll_deg))):
            raise ValueError(f"transform of slot {slot}: every value must be finite")
        self.position[slot] = (x, y, z)
        self.rotation[slot] = (pitch_deg, wrapped(yaw_deg), roll_deg)

    def set_target_velocity(self, slot: int, velocity: Sequence[float] | Floats) -> None:
        """Set a vehicle's velocity, m/s in world axes; it then moves on from there."""
        self._require(slot)
        self.velocity[slot] = _finite(velocity, f"velocity of slot {slot}")

    def set_target_angular_velocity(self, slot: int, angular_velocity: Sequence[float] | Floats) -> None:
        """Set a vehicle's angular velocity, deg/s in world axes; on the ground the wheels leave only yaw."""
        self._require(slot)
        self.angular_velocity[slot] = _finite(angular_velocity, f"angular velocity of slot {slot}")

    def add_impulse(self, slot: int, impulse: Sequence[float] | Floats) -> None:
        """Push a vehicle at its centre of mass; N s in world axes."""
        self._require(slot)
        self.velocity[slot] += _finite(impulse, f"impulse on slot {slot}") / self.mass[slot]

    def step(self, dt: float) -> None:
        """Advance every vehicle by `dt` s, in equal substeps of at most 0.01 s.

        Raises:
            ValueError: `dt` is not in (0, 10].
        """
        if not 0.0 < dt <= 10.0:
            raise ValueError(f"dt = {dt} s: a step must be more than 0 s and at most 10 s")
        step_vehicles(self.table, self.ground, dt, self.road_friction)

    def _require(self, slot: int) -> None:
        if slot not in self._models and not (0 <= slot < self.capacity and self.active[slot]):
            raise KeyError(f"slot {slot} holds no vehicle")


def _finite(vector: Sequence[float] | Floats, what: str) -> Floats:
    values = np.asarray(vector, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all():
        raise ValueError(f"{what} is {vector}: it must be three finite numbers")
    return values


def warm_up() -> None:
    """Compile the kernel (or load it from the cache), so that the first step of a world is not slow."""
    VehicleDynamics().step(0.05)
