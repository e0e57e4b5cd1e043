"""The arrays of the vehicles: names, types, and where compiled functions find them in `SlotTable.table`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import dynamics_ackermann as controller
from carla_drl_sim.world import dynamics_columns as column
from carla_drl_sim.world.array_table import Table, bool_1, float64_1, float64_2, int32_1
from carla_drl_sim.world.compiled import compiled_inline
from carla_drl_sim.world.slot_table import Columns, rows_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

COLUMNS: Columns = {
    "active": (np.bool_, ()),
    "position": (np.float64, (3,)),
    "rotation": (np.float64, (3,)),
    "velocity": (np.float64, (3,)),
    "angular_velocity": (np.float64, (3,)),
    "acceleration": (np.float64, (3,)),
    "control": (np.float64, (column.NUM_CONTROLS,)),
    "gear": (np.int32, ()),
    "wheel_steer_deg": (np.float64, ()),
    "wheel_turn_deg": (np.float64, ()),
    "axles": (np.float64, (column.NUM_AXLES,)),
    "ackermann": (np.float64, (controller.NUM_ACKERMANN,)),
    "simulate_physics": (np.bool_, ()),
    "collisions": (np.bool_, ()),
    "gravity": (np.bool_, ()),
    "constant_velocity_on": (np.bool_, ()),
    "constant_velocity": (np.float64, (3,)),
    "extent": (np.float64, (3,)),
    "box_centre_z": (np.float64, ()),
    "mass": (np.float64, ()),
    "yaw_inertia": (np.float64, ()),
    "_moved_load": (np.float64, ()),
    "_parameters": (np.float64, (column.NUM_PARAMETERS,)),
}
"""Columns of the table of vehicles."""

_ROWS = rows_of(COLUMNS)
_ACTIVE, _PHYSICS, _COLLISIONS = _ROWS["active"], _ROWS["simulate_physics"], _ROWS["collisions"]
_GRAVITY, _HELD, _HELD_VELOCITY = (
    _ROWS["gravity"],
    _ROWS["constant_velocity_on"],
    _ROWS["constant_velocity"],
)
_POSITION, _ROTATION, _VELOCITY = _ROWS["position"], _ROWS["rotation"], _ROWS["velocity"]
_TURNING, _ACCELERATION = _ROWS["angular_velocity"], _ROWS["acceleration"]
_CONTROL, _ACKERMANN, _GEAR = _ROWS["control"], _ROWS["ackermann"], _ROWS["gear"]
_EXTENT, _CENTRE_Z, _MASS, _INERTIA = (
    _ROWS["extent"],
    _ROWS["box_centre_z"],
    _ROWS["mass"],
    _ROWS["yaw_inertia"],
)
_STEER, _TURN, _AXLES = _ROWS["wheel_steer_deg"], _ROWS["wheel_turn_deg"], _ROWS["axles"]
_MOVED_LOAD, _PARAMETERS = _ROWS["_moved_load"], _ROWS["_parameters"]


@compiled_inline
def present(vehicles: Table) -> tuple[Bools, Bools, Bools]:
    """`active`, `collisions` and `simulate_physics` of `VehicleDynamics`."""
    return bool_1(vehicles, _ACTIVE), bool_1(vehicles, _COLLISIONS), bool_1(vehicles, _PHYSICS)


@compiled_inline
def motion(vehicles: Table) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """`position`, `rotation`, `velocity`, `angular_velocity` and `acceleration` of `VehicleDynamics`."""
    return (
        float64_2(vehicles, _POSITION),
        float64_2(vehicles, _ROTATION),
        float64_2(vehicles, _VELOCITY),
        float64_2(vehicles, _TURNING),
        float64_2(vehicles, _ACCELERATION),
    )


@compiled_inline
def bodies(vehicles: Table) -> tuple[Floats, Floats, Floats, Floats]:
    """`extent`, `box_centre_z`, `mass` and `yaw_inertia` of `VehicleDynamics`."""
    return (
        float64_2(vehicles, _EXTENT),
        float64_1(vehicles, _CENTRE_Z),
        float64_1(vehicles, _MASS),
        float64_1(vehicles, _INERTIA),
    )


@compiled_inline
def driving(vehicles: Table) -> tuple[Floats, Floats, npt.NDArray[np.int32], Floats]:
    """`control`, `ackermann`, `gear` and the kernel's parameters of `VehicleDynamics`."""
    return (
        float64_2(vehicles, _CONTROL),
        float64_2(vehicles, _ACKERMANN),
        int32_1(vehicles, _GEAR),
        float64_2(vehicles, _PARAMETERS),
    )


@compiled_inline
def wheels(vehicles: Table) -> tuple[Floats, Floats, Floats, Floats]:
    """`wheel_steer_deg`, `wheel_turn_deg`, `axles` and the moved load of `VehicleDynamics`."""
    return (
        float64_1(vehicles, _STEER),
        float64_1(vehicles, _TURN),
        float64_2(vehicles, _AXLES),
        float64_1(vehicles, _MOVED_LOAD),
    )


@compiled_inline
def influences(vehicles: Table) -> tuple[Bools, Bools, Floats]:
    """`gravity`, `constant_velocity_on` and `constant_velocity` of `VehicleDynamics`."""
    return bool_1(vehicles, _GRAVITY), bool_1(vehicles, _HELD), float64_2(vehicles, _HELD_VELOCITY)
