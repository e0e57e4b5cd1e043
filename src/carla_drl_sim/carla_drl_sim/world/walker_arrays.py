"""The arrays of the walkers: names, types, and where compiled functions find them in `SlotTable.table`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import Table, bool_1, float64_1, float64_2
from carla_drl_sim.world.compiled import compiled_inline
from carla_drl_sim.world.slot_table import Columns, rows_of

Floats = npt.NDArray[np.float64]

COLUMNS: Columns = {
    "active": (np.bool_, ()),
    "alive": (np.bool_, ()),
    "position": (np.float64, (3,)),
    "rotation": (np.float64, (3,)),
    "velocity": (np.float64, (3,)),
    "acceleration": (np.float64, (3,)),
    "angular_velocity": (np.float64, (3,)),
    "direction": (np.float64, (3,)),
    "speed": (np.float64, ()),
    "jump": (np.bool_, ()),
    "simulate_physics": (np.bool_, ()),
    "collisions": (np.bool_, ()),
    "gravity": (np.bool_, ()),
    "extent": (np.float64, (3,)),
    "radius": (np.float64, ()),
    "half_height": (np.float64, ()),
    "mass": (np.float64, ()),
    "touched": (np.int64, ()),
    "contact_normal": (np.float64, (3,)),
    "contact_speed": (np.float64, ()),
    "_previous": (np.float64, (3,)),
    "_grounded": (np.bool_, ()),
}
"""Columns of the table of walkers."""

_ROWS = rows_of(COLUMNS)
_POSITION, _ROTATION, _VELOCITY = _ROWS["position"], _ROWS["rotation"], _ROWS["velocity"]
_TURNING, _ACCELERATION = _ROWS["angular_velocity"], _ROWS["acceleration"]
_ALIVE, _HALF_HEIGHT = _ROWS["alive"], _ROWS["half_height"]
_DIRECTION, _SPEED, _JUMP = _ROWS["direction"], _ROWS["speed"], _ROWS["jump"]


@compiled_inline
def motion(walkers: Table) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """`position`, `rotation`, `velocity`, `angular_velocity` and `acceleration` of `Walkers`."""
    return (
        float64_2(walkers, _POSITION),
        float64_2(walkers, _ROTATION),
        float64_2(walkers, _VELOCITY),
        float64_2(walkers, _TURNING),
        float64_2(walkers, _ACCELERATION),
    )


@compiled_inline
def control(walkers: Table) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """`direction`, `speed` and `jump` of `Walkers`."""
    return float64_2(walkers, _DIRECTION), float64_1(walkers, _SPEED), bool_1(walkers, _JUMP)


@compiled_inline
def bodies(walkers: Table) -> tuple[npt.NDArray[np.bool_], Floats]:
    """`alive` and `half_height` of `Walkers`."""
    return bool_1(walkers, _ALIVE), float64_1(walkers, _HALF_HEIGHT)
