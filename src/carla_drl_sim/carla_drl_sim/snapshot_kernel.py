"""Compiled kernels that write the dynamics' arrays, and what follows vehicles, into the records of a snapshot."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.streams import (
    ACTOR_RECORD,
    TRAFFIC_LIGHT_GREEN,
    TRAFFIC_LIGHT_STATE,
    VEHICLE_STATE,
    WALKER_STATE,
)
from carla_drl_sim.world.array_table import (
    Table,
    bool_1,
    float32_1,
    float64_1,
    float64_2,
    float64_3,
    int64_1,
    uint8_1,
    uint8_2,
    uint32_1,
)
from carla_drl_sim.world.compiled import compiled, compiled_inner
from carla_drl_sim.world.speed_limit_kernel import update_limits
from carla_drl_sim.world.traffic_light_kernel import find_lights, shown
from carla_drl_sim.world.vehicle_arrays import bodies, driving
from carla_drl_sim.world.vehicle_arrays import motion as vehicle_motion
from carla_drl_sim.world.walker_arrays import control as walker_control
from carla_drl_sim.world.walker_arrays import motion as walker_motion

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
_VEHICLE = _offset(ACTOR_RECORD, "vehicle")
_SPEED_LIMIT = _VEHICLE + _offset(VEHICLE_STATE, "speed_limit")
_LIGHT_BEFORE = _VEHICLE + _offset(VEHICLE_STATE, "light_state")
_HAS_LIGHT = _VEHICLE + _offset(VEHICLE_STATE, "has_light")
_LIGHT_ID = _VEHICLE + _offset(VEHICLE_STATE, "light_id")
_DIRECTION = _offset(ACTOR_RECORD, "walker") + _offset(WALKER_STATE, "direction")
_SPEED = _offset(ACTOR_RECORD, "walker") + _offset(WALKER_STATE, "speed")
_JUMP = _offset(ACTOR_RECORD, "walker") + _offset(WALKER_STATE, "jump")
_LIGHT = _offset(ACTOR_RECORD, "light")
_TIMES = _LIGHT + _offset(TRAFFIC_LIGHT_STATE, "times")
_ELAPSED = _LIGHT + _offset(TRAFFIC_LIGHT_STATE, "elapsed")
_FROZEN = _LIGHT + _offset(TRAFFIC_LIGHT_STATE, "frozen")
_STATE = _LIGHT + _offset(TRAFFIC_LIGHT_STATE, "state")


@compiled_inner
def _write_word(records: Bytes, at: int, word: np.uint32) -> None:
    """Write 4 bytes, little-endian; records are packed, so no number is aligned."""
    records[at] = word & np.uint32(0xFF)
    records[at + 1] = (word >> np.uint32(8)) & np.uint32(0xFF)
    records[at + 2] = (word >> np.uint32(16)) & np.uint32(0xFF)
    records[at + 3] = word >> np.uint32(24)


@compiled_inner
def _write_number(records: Bytes, at: int, value: float) -> None:
    """Write a number as float32."""
    _write_word(records, at, np.float32(value).view(np.uint32))


@compiled_inner
def _write(records: Bytes, at: int, values: Floats) -> None:
    """Write three numbers as float32."""
    for index in range(3):
        _write_number(records, at + 4 * index, values[index])


@compiled_inner
def fill_vehicle_records(
    records: Bytes,
    slots: npt.NDArray[np.intp],
    position: Floats,
    rotation: Floats,
    velocity: Floats,
    angular_velocity: Floats,
    acceleration: Floats,
    control: Floats,
    gears: npt.NDArray[np.int32],
) -> None:
    """Write the numbers of the vehicles at ``slots`` [N] into the first N records.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        slots: rows of the arrays that follow, which are as in ``VehicleDynamics``.
    """
    for row in range(slots.size):
        slot = slots[row]
        base = row * _RECORD_BYTES
        _write(records, base + _LOCATION, position[slot])
        _write(records, base + _ROTATION, rotation[slot])
        _write(records, base + _VELOCITY, velocity[slot])
        _write(records, base + _ANGULAR_VELOCITY, angular_velocity[slot])
        _write(records, base + _ACCELERATION, acceleration[slot])
        _write(records, base + _PEDALS, control[slot])
        gear = np.int64(gears[slot])
        records[base + _FLAGS] = np.uint8(control[slot, 3] != 0.0)
        records[base + _FLAGS + 1] = np.uint8(
            gear < 0
        )  # CARLA tells what the gearbox does, not what was asked
        records[base + _FLAGS + 2] = np.uint8(control[slot, 5] != 0.0)
        for index in range(4):
            records[base + _GEAR + index] = np.uint8((gear >> (8 * index)) & 0xFF)


@compiled_inner
def fill_walker_records(
    records: Bytes,
    first_row: int,
    slots: npt.NDArray[np.intp],
    position: Floats,
    rotation: Floats,
    velocity: Floats,
    angular_velocity: Floats,
    acceleration: Floats,
    direction: Floats,
    speed: Floats,
    jump: npt.NDArray[np.bool_],
) -> None:
    """Write the numbers of the walkers at ``slots`` [N] into N records.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        first_row: record of the first walker.
        slots: rows of the arrays that follow, which are as in ``Walkers``.
    """
    for row in range(slots.size):
        slot = slots[row]
        base = (first_row + row) * _RECORD_BYTES
        _write(records, base + _LOCATION, position[slot])
        _write(records, base + _ROTATION, rotation[slot])
        _write(records, base + _VELOCITY, velocity[slot])
        _write(records, base + _ANGULAR_VELOCITY, angular_velocity[slot])
        _write(records, base + _ACCELERATION, acceleration[slot])
        _write(records, base + _DIRECTION, direction[slot])
        _write_number(records, base + _SPEED, speed[slot])
        records[base + _JUMP] = np.uint8(jump[slot])


@compiled_inner
def fill_traffic_records(
    records: Bytes,
    speed_limit: npt.NDArray[np.float32],
    light: npt.NDArray[np.int64],
    light_state: Bytes,
    light_id: npt.NDArray[np.uint32],
) -> None:
    """Write what the road tells the vehicles of the first N records.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        speed_limit: float32 [N], km/h.
        light: int64 [N], index of the traffic light before which each vehicle stands, negative for none.
        light_state, light_id: state and actor id of every traffic light.
    """
    bits = speed_limit.view(np.uint32)
    for row in range(light.size):
        base = row * _RECORD_BYTES
        found = light[row]
        _write_word(records, base + _SPEED_LIMIT, bits[row])
        records[base + _HAS_LIGHT] = np.uint8(found >= 0)
        records[base + _LIGHT_BEFORE] = light_state[found] if found >= 0 else np.uint8(TRAFFIC_LIGHT_GREEN)
        _write_word(records, base + _LIGHT_ID, light_id[found] if found >= 0 else np.uint32(0))


@compiled_inner
def fill_light_records(
    records: Bytes,
    first_row: int,
    group: npt.NDArray[np.int64],
    controller: npt.NDArray[np.int64],
    times: Floats,
    elapsed: Floats,
    frozen: npt.NDArray[np.bool_],
    state: Bytes,
) -> None:
    """Write the state of all traffic lights, whose records are in the order of their indices.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        first_row: record of the first light.
        group, controller, times, elapsed, frozen, state: as in ``TrafficLights``.
    """
    for light in range(state.size):
        base = (first_row + light) * _RECORD_BYTES
        _write(records, base + _TIMES, times[controller[light]])
        _write_number(records, base + _ELAPSED, elapsed[group[light]])
        records[base + _FROZEN] = np.uint8(frozen[group[light]])
        records[base + _STATE] = state[light]


@compiled_inner
def _frame(rotation: Floats, frame: Floats) -> None:
    """Forward, right and up axes [3, 3] of pitch, yaw, roll in degrees, as ``attachment.axes``."""
    pitch, yaw, roll = math.radians(rotation[0]), math.radians(rotation[1]), math.radians(rotation[2])
    sp, sy, sr = math.sin(pitch), math.sin(yaw), math.sin(roll)
    cp, cy, cr = math.cos(pitch), math.cos(yaw), math.cos(roll)
    frame[0, 0], frame[0, 1], frame[0, 2] = cp * cy, cp * sy, sp
    frame[1, 0], frame[1, 1], frame[1, 2] = sr * sp * cy - cr * sy, sr * sp * sy + cr * cy, -sr * cp
    frame[2, 0], frame[2, 1], frame[2, 2] = -(cr * sp * cy + sr * sy), cy * sr - cr * sp * sy, cr * cp


@compiled
def fill_follower_records(
    records: Bytes,
    first_row: int,
    parents: npt.NDArray[np.intp],
    is_same: npt.NDArray[np.bool_],
    offset: Floats,
    axes: Floats,
    position: Floats,
    rotation: Floats,
) -> None:
    """Write the poses of actors that are attached to vehicles or walkers.

    Args:
        records: uint8, packed ``ACTOR_RECORD`` items.
        first_row: record of the first of them.
        parents: slot [N] of each one's parent.
        is_same: bool [N], whether the pose is the parent's own.
        offset: float64 [N, 3], place in the parent's axes.
        axes: float64 [N, 3, 3], axes relative to the parent's, as ``attachment.axes``.
        position, rotation: as in ``VehicleDynamics`` or ``Walkers``.
    """
    frame, turned = np.empty((3, 3)), np.empty((3, 3))
    place, angles = np.empty(3), np.empty(3)
    for index in range(parents.size):
        slot = parents[index]
        base = (first_row + index) * _RECORD_BYTES
        if is_same[index]:
            _write(records, base + _LOCATION, position[slot])
            _write(records, base + _ROTATION, rotation[slot])
            continue
        _frame(rotation[slot], frame)
        for column in range(3):
            place[column] = position[slot, column]
            for inner in range(3):
                place[column] += offset[index, inner] * frame[inner, column]
            for row in range(3):
                turned[row, column] = 0.0
                for inner in range(3):
                    turned[row, column] += axes[index, row, inner] * frame[inner, column]
        angles[0] = math.degrees(math.atan2(turned[0, 2], math.hypot(turned[0, 0], turned[0, 1])))
        angles[1] = math.degrees(math.atan2(turned[0, 1], turned[0, 0]))
        angles[2] = math.degrees(math.atan2(-turned[1, 2], turned[2, 2]))
        _write(records, base + _LOCATION, place)
        _write(records, base + _ROTATION, angles)


@compiled_inner
def _fill_followers(
    records: Bytes, layout: Table, row: int, first: int, parents: tuple[Floats, Floats]
) -> None:
    """Write what follows the vehicles or the walkers; its arrays start at a row of the layout."""
    slots = int64_1(layout, row)
    if slots.size:
        fill_follower_records(
            records,
            first,
            slots,
            bool_1(layout, row + 1),
            float64_2(layout, row + 2),
            float64_3(layout, row + 3),
            parents[0],
            parents[1],
        )


@compiled
def fill_records(layout: Table, vehicles: Table, walkers: Table, lights: Table, zones: Table) -> None:
    """Write all that moves or changes by itself into the records of a snapshot.

    Args:
        layout: table of the records as bytes; first record of walkers, of what follows vehicles and walkers, and of
            lights, int64 [4]; slots of the vehicles and of the walkers, int64; light before which and speed limit at
            which each vehicle is, int64 and float32; actor id of each light, uint32; the speed limits' origin and
            cell, float64 [3], and picture, uint8 [My, Mx]; and for what follows vehicles, then walkers, the four
            arrays of `fill_follower_records`.
        vehicles, walkers, lights, zones: the ``table`` of ``VehicleDynamics``, ``Walkers``, ``TrafficLights`` and
            ``StopZones``.
    """
    records, first = uint8_1(layout, 0), int64_1(layout, 1)
    slots, walker_slots = int64_1(layout, 2), int64_1(layout, 3)
    position, rotation, velocity, turning, acceleration = vehicle_motion(vehicles)
    times, frozen, elapsed, state, group, controller = shown(lights)
    if slots.size:
        light, limit, light_id = int64_1(layout, 4), float32_1(layout, 5), uint32_1(layout, 6)
        grid, kmh = float64_1(layout, 7), uint8_2(layout, 8)
        control, _, gears, _ = driving(vehicles)
        extent, _, _, _ = bodies(vehicles)
        fill_vehicle_records(
            records, slots, position, rotation, velocity, turning, acceleration, control, gears
        )
        update_limits(slots, position, grid[0], grid[1], grid[2], kmh, limit)
        find_lights(slots, position, rotation, extent, zones, light)
        fill_traffic_records(records, limit, light, state, light_id)
    _fill_followers(records, layout, 9, first[1], (position, rotation))
    if walker_slots.size:
        place, heading, speed_xyz, spin, change = walker_motion(walkers)
        direction, speed, jump = walker_control(walkers)
        fill_walker_records(
            records, first[0], walker_slots, place, heading, speed_xyz, spin, change, direction, speed, jump
        )
        _fill_followers(records, layout, 13, first[2], (place, heading))
    fill_light_records(records, first[3], group, controller, times, elapsed, frozen, state)
