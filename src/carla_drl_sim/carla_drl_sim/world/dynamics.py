"""State and motion of all vehicles of a world, as arrays over slots."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import dynamics_kernel as kernel
from carla_drl_sim.world.vehicles import VehicleModel

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_AIR_DENSITY = 1.2
_FIRST_CAPACITY = 16


def parameter_row(model: VehicleModel) -> Floats:
    """The kernel's parameters of a model, float64 [NUM_PARAMETERS], SI units and radians."""
    weight = model.mass_kg * kernel.GRAVITY
    row = np.zeros(kernel.NUM_PARAMETERS, dtype=np.float64)
    to_front = (1.0 - model.front_load) * model.wheelbase_m
    to_rear = model.front_load * model.wheelbase_m
    row[kernel.MASS] = model.mass_kg
    # Radius of gyration squared is close to the product of the axle distances for most cars (dynamic index near 1).
    row[kernel.YAW_INERTIA] = model.mass_kg * to_front * to_rear
    row[kernel.TO_FRONT] = to_front
    row[kernel.TO_REAR] = to_rear
    row[kernel.MAX_STEER] = math.radians(model.max_steer_deg)
    row[kernel.STEER_RATE] = math.radians(model.steer_rate_deg_s)
    row[kernel.POWER] = model.power_w
    row[kernel.TRACTIVE_FORCE] = model.tractive_force_n
    row[kernel.FRONT_DRIVE] = model.front_drive
    row[kernel.TOP_SPEED] = model.top_speed_mps
    row[kernel.DRAG] = 0.5 * _AIR_DENSITY * model.drag_area_m2
    row[kernel.ROLLING_FORCE] = model.rolling_resistance * weight
    row[kernel.BRAKE_FORCE] = model.brake_deceleration_mps2 * model.mass_kg
    row[kernel.HAND_BRAKE_FORCE] = 0.9 * model.tyre_friction * weight * (1.0 - model.front_load)
    row[kernel.FRICTION] = model.tyre_friction
    # Accelerating at the limit of one axle loads the rear axle and relieves the front one by F h / L.
    shift = model.tyre_friction * model.centre_of_mass_z / model.wheelbase_m
    grip = kernel.GRIP_USE * model.tyre_friction * weight
    row[kernel.FRONT_TRACTION] = grip * model.front_load / (1.0 + shift)
    row[kernel.REAR_TRACTION] = grip * (1.0 - model.front_load) / (1.0 - shift)
    row[kernel.FRONT_CORNERING] = model.front_cornering
    row[kernel.REAR_CORNERING] = model.rear_cornering
    return row


class VehicleDynamics:
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
            gear shift, gear. Out-of-range values are limited, NaN counts as 0. Only the gear's sign matters.
        wheel_steer_deg: float64 [C], angle of the front wheels, right positive.
        simulate_physics: bool [C]; a vehicle without physics stands still and is not pushed by others.
        collisions: bool [C], whether the vehicle takes part in collisions.
        constant_velocity_on, constant_velocity: bool [C] and float64 [C, 3] m/s in the vehicle's axes; holds the
            planar velocity against tyres and engine.
        extent: float64 [C, 3], half sizes of the bounding box in m.
        box_centre_z: float64 [C], height of the box's centre above the origin in m.
        mass, yaw_inertia: float64 [C], kg and kg m^2.
    """

    def __init__(self, ground_z: float = 0.0) -> None:
        """An empty world on a flat ground at height `ground_z` (m)."""
        self.ground_z = float(ground_z)
        self.capacity = 0
        self._end = 0
        self._free: list[int] = []
        self._models: dict[int, VehicleModel] = {}
        self._allocate(_FIRST_CAPACITY)

    def _allocate(self, capacity: int) -> None:
        shapes: dict[str, tuple[type, tuple[int, ...]]] = {
            "active": (np.bool_, ()),
            "position": (np.float64, (3,)),
            "rotation": (np.float64, (3,)),
            "velocity": (np.float64, (3,)),
            "angular_velocity": (np.float64, (3,)),
            "acceleration": (np.float64, (3,)),
            "control": (np.float64, (kernel.NUM_CONTROLS,)),
            "wheel_steer_deg": (np.float64, ()),
            "simulate_physics": (np.bool_, ()),
            "collisions": (np.bool_, ()),
            "constant_velocity_on": (np.bool_, ()),
            "constant_velocity": (np.float64, (3,)),
            "extent": (np.float64, (3,)),
            "box_centre_z": (np.float64, ()),
            "mass": (np.float64, ()),
            "yaw_inertia": (np.float64, ()),
            "_parameters": (np.float64, (kernel.NUM_PARAMETERS,)),
        }
        for name, (dtype, shape) in shapes.items():
            larger: npt.NDArray[Any] = np.zeros((capacity, *shape), dtype=dtype)
            if self.capacity:
                larger[: self.capacity] = getattr(self, name)
            setattr(self, name, larger)
        for slot in range(self.capacity, capacity):
            heapq.heappush(self._free, slot)
        self.capacity = capacity

    active: Bools
    position: Floats
    rotation: Floats
    velocity: Floats
    angular_velocity: Floats
    acceleration: Floats
    control: Floats
    wheel_steer_deg: Floats
    simulate_physics: Bools
    collisions: Bools
    constant_velocity_on: Bools
    constant_velocity: Floats
    extent: Floats
    box_centre_z: Floats
    mass: Floats
    yaw_inertia: Floats
    _parameters: Floats

    @property
    def slots(self) -> npt.NDArray[np.intp]:
        """The slots in use, ascending."""
        return np.flatnonzero(self.active)

    @property
    def slots_end(self) -> int:
        """One past the highest slot that was ever used: `array[:slots_end]` holds every vehicle."""
        return self._end

    def __len__(self) -> int:
        return len(self._models)

    def add(self, model: VehicleModel, x: float, y: float, z: float, yaw_deg: float) -> int:
        """Place a vehicle at rest and return its slot, the lowest that is free.

        Raises:
            ValueError: a coordinate is not finite.
        """
        if not all(map(math.isfinite, (x, y, z, yaw_deg))):
            raise ValueError(
                f"pose ({x}, {y}, {z}, yaw {yaw_deg}) of a new {model.id}: every value must be finite"
            )
        if not self._free:
            self._allocate(2 * self.capacity)
        slot = heapq.heappop(self._free)
        self._end = max(self._end, slot + 1)
        for array in (self.rotation, self.velocity, self.angular_velocity, self.acceleration, self.control):
            array[slot] = 0.0
        self.position[slot] = (x, y, z)
        self.rotation[slot, 1] = _wrapped(yaw_deg)
        self.wheel_steer_deg[slot] = 0.0
        self.constant_velocity[slot] = 0.0
        self.constant_velocity_on[slot] = False
        self.simulate_physics[slot] = True
        self.collisions[slot] = True
        self.active[slot] = True
        self.set_model(slot, model)
        return slot

    def remove(self, slot: int) -> None:
        """Take a vehicle out.

        Raises:
            KeyError: the slot holds no vehicle.
        """
        self._require(slot)
        self.active[slot] = False
        del self._models[slot]
        heapq.heappush(self._free, slot)

    def model(self, slot: int) -> VehicleModel:
        """The model of the vehicle in a slot."""
        self._require(slot)
        return self._models[slot]

    def set_model(self, slot: int, model: VehicleModel) -> None:
        """Change a vehicle's physics (for example `dataclasses.replace(model, mass_kg=...)`); its motion goes on."""
        if not self.active[slot]:
            self._require(slot)
        self._models[slot] = model
        row = parameter_row(model)
        self._parameters[slot] = row
        self.mass[slot] = row[kernel.MASS]
        self.yaw_inertia[slot] = row[kernel.YAW_INERTIA]
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
        self.rotation[slot] = (pitch_deg, _wrapped(yaw_deg), roll_deg)

    def set_target_velocity(self, slot: int, velocity: Sequence[float] | Floats) -> None:
        """Set a vehicle's velocity, m/s in world axes; it then moves on from there."""
        self._require(slot)
        self.velocity[slot] = _finite(velocity, f"velocity of slot {slot}")

    def set_target_angular_velocity(self, slot: int, angular_velocity: Sequence[float] | Floats) -> None:
        """Set a vehicle's angular velocity, deg/s in world axes; only yaw has an effect."""
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
        substeps = max(1, math.ceil(dt / kernel.MAX_SUBSTEP - 1e-9))
        kernel.step_all(
            self._end,
            dt / substeps,
            substeps,
            self.ground_z,
            self.active,
            self.simulate_physics,
            self.constant_velocity_on,
            self.constant_velocity,
            self._parameters,
            self.control,
            self.position,
            self.rotation,
            self.velocity,
            self.angular_velocity,
            self.acceleration,
            self.wheel_steer_deg,
        )

    def _require(self, slot: int) -> None:
        if slot not in self._models and not (0 <= slot < self.capacity and self.active[slot]):
            raise KeyError(f"slot {slot} holds no vehicle")


def _wrapped(yaw_deg: float) -> float:
    return (yaw_deg + 180.0) % 360.0 - 180.0


def _finite(vector: Sequence[float] | Floats, what: str) -> Floats:
    values = np.asarray(vector, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all():
        raise ValueError(f"{what} is {vector}: it must be three finite numbers")
    return values


def warm_up() -> None:
    """Compile the kernel (or load it from the cache), so that the first step of a world is not slow."""
    VehicleDynamics().step(0.05)
