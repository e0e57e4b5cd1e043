"""Compiled kernel that writes the dynamics' arrays into the records of a snapshot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.streams import ACTOR_RECORD, VEHICLE_STATE
from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


def _offset(dtype: np.dtype[np.void], name: str) -> int:
    assert dtype.fields is not None
    return dtype.fields[name][1]


_RECORD_BYTES = ACTOR_RECORD.itemsize
_LOCATION = _offset(ACTOR_RECORD, "location")
_ROTATION = _offset(ACTOR_RECORD, "rotation")
_VELOCITY = _offset(ACTOR_RECORD, "velocity")
_ANGULAR_VELOCITY = _offset(ACTOR_RECORD, "angular_velocity")
_ACCELERATION = _offset(ACTOR_RECORD, "acceleration")
_PEDALS = _offset(ACTOR_RECORD, "vehicle") + _offset(VEHICLE_STATE, "pedals")
_FLAGS = _offset(ACTOR_RECORD, "vehicle") + _offset(VEHICLE_STATE, "flags")
_GEAR = _offset(ACTOR_RECORD, "vehicle") + _offset(VEHICLE_STATE, "gear")


@compiled
def _write(
    records: Bytes, at: int, values: Floats, number: npt.NDArray[np.float32], bits: npt.NDArray[np.uint32]
) -> None:
    """Write three numbers as little-endian float32; records are packed, so no number is aligned."""
    for index in range(3):
        number[0] = values[index]
        word = bits[0]
        records[at] = word & np.uint32(0xFF)
        records[at + 1] = (word >> np.uint32(8)) & np.uint32(0xFF)
        records[at + 2] = (word >> np.uint32(16)) & np.uint32(0xFF)
        records[at + 3] = word >> np.uint32(24)
        at += 4


@compiled
def fill_vehicle_records(
    records: Bytes,
    slots: npt.NDArray[np.intp],
    position: Floats,
    rotation: Floats,
    velocity: Floats,
    angular_velocity: Floats,
    acceleration: Floats,
    control: Floats,
) -> None:
    """Write the numbers of the vehicles at ``slots`` [N] into the first N records.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        slots: rows of the arrays that follow, which are as in ``VehicleDynamics``.
    """
    number = np.zeros(1, dtype=np.float32)
    bits = number.view(np.uint32)
    for row in range(slots.size):
        slot = slots[row]
        base = row * _RECORD_BYTES
        _write(records, base + _LOCATION, position[slot], number, bits)
        _write(records, base + _ROTATION, rotation[slot], number, bits)
        _write(records, base + _VELOCITY, velocity[slot], number, bits)
        _write(records, base + _ANGULAR_VELOCITY, angular_velocity[slot], number, bits)
        _write(records, base + _ACCELERATION, acceleration[slot], number, bits)
        _write(records, base + _PEDALS, control[slot], number, bits)
        for index in range(3):
            records[base + _FLAGS + index] = np.uint8(control[slot, 3 + index] != 0.0)
        gear = np.int64(control[slot, 6])
        for index in range(4):
            records[base + _GEAR + index] = np.uint8((gear >> (8 * index)) & 0xFF)
