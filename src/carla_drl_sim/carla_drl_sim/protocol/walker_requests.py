"""Compiled path for the batch that the client's walker AI sends every tick: a place and a speed for each walker."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.request_bytes import Bytes, copy, float32, unsigned
from carla_drl_sim.world.array_table import Table
from carla_drl_sim.world.compiled import compiled, compiled_inner, compiled_inner_maker
from carla_drl_sim.world.walker_arrays import bodies, control, motion

Floats = npt.NDArray[np.float64]

WALKER_STATE = 7
"""Kind of the command."""

NUM_STATE = 5
_BYTES = 38  # of [[x, y, z], [pitch, yaw, roll]], speed
_LARGEST = 1e7  # as protocol.arguments.vector


@compiled
def _state(
    data: Bytes, at: int, end: int, bits: npt.NDArray[np.uint32], number: npt.NDArray[np.float32], row: Floats
) -> int:
    """Decode a transform and a speed into x, y, z, yaw, speed; the place after it, or -1."""
    if at + _BYTES > end or data[at] != 0x92 or data[at + 1] != 0x93 or data[at + 17] != 0x93:
        return -1
    for index in range(3):
        row[index] = float32(data, at + 2 + 5 * index, bits, number)
        if not abs(row[index]) <= _LARGEST:
            return -1
        angle = float32(data, at + 18 + 5 * index, bits, number)
        if not abs(angle) <= _LARGEST:
            return -1
        if index == 1:
            row[3] = angle
    speed = float32(data, at + 33, bits, number)
    if not np.isfinite(speed):
        return -1
    row[4] = max(0.0, speed)
    return at + _BYTES


@compiled_inner_maker
def take_walker_states(
    data: Bytes,
    at: int,
    end: int,
    count: int,
    slot_of_actor: npt.NDArray[np.int32],
    walkers: Table,
    slots: npt.NDArray[np.int32],
    rows: Floats,
    answers: Bytes,
    write: int,
) -> tuple[int, int]:
    """Decode the commands of a batch and answer them.

    Returns:
        Places after the commands and after the answers; -1 when a command has another form or its walker is none or
        dead.
    """
    alive, _ = bodies(walkers)
    bits = np.zeros(1, dtype=np.uint32)
    number = bits.view(np.float32)
    for index in range(count):
        # [[7, [id, transform, speed]]]
        if (
            at + 4 > end
            or data[at] != 0x91
            or data[at + 1] != 0x92
            or data[at + 2] != WALKER_STATE
            or data[at + 3] != 0x93
        ):
            return -1, -1
        actor, after_actor = unsigned(data, at + 4, end)
        if after_actor < 0 or actor >= slot_of_actor.size or slot_of_actor[actor] < 0:
            return -1, -1
        slots[index] = slot_of_actor[actor]
        if not alive[slots[index]]:
            return -1, -1
        answers[write] = 0x91
        answers[write + 1] = 0x92
        answers[write + 2] = 1
        write = copy(data, at + 4, after_actor, answers, write + 3)
        at = _state(data, after_actor, end, bits, number, rows[index])
        if at < 0:
            return -1, -1
    return at, write


@compiled_inner
def set_walker_states(count: int, slots: npt.NDArray[np.int32], rows: Floats, walkers: Table) -> None:
    """As ``Walkers.set_state`` for many walkers; ``walkers`` is its ``table``."""
    _, half_height = bodies(walkers)
    position, rotation, _, _, _ = motion(walkers)
    direction, speed, jump = control(walkers)
    for index in range(count):
        slot = slots[index]
        row = rows[index]
        position[slot, 0], position[slot, 1], position[slot, 2] = row[0], row[1], row[2] + half_height[slot]
        rotation[slot, 0], rotation[slot, 1], rotation[slot, 2] = 0.0, (row[3] + 180.0) % 360.0 - 180.0, 0.0
        yaw = math.radians(row[3])
        direction[slot, 0], direction[slot, 1], direction[slot, 2] = math.cos(yaw), math.sin(yaw), 0.0
        speed[slot] = row[4]
        jump[slot] = False
