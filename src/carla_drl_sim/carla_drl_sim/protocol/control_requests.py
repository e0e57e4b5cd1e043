"""Compiled path for the requests that come every tick: vehicle controls, alone or as a batch, and walkers' states.

The bytes are matched against the exact form in which the client encodes ``apply_control_to_vehicle`` and an
``apply_batch`` of nothing but vehicle controls, or of nothing but the places to which its AI has led walkers. A request
that differs in any way, names an unknown actor, holds a non-finite number or is incomplete is left to the general
decoder, which gives the full answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.request_bytes import (
    ARRAY16,
    FALSE,
    NIL,
    TRUE,
    Bytes,
    copy,
    float32,
    matches,
    unsigned,
)
from carla_drl_sim.protocol.walker_requests import WALKER_STATE, set_walker_states, take_walker_states
from carla_drl_sim.world.array_table import Table, array_table, float64_2, int32_1, uint8_1
from carla_drl_sim.world.compiled import compiled
from carla_drl_sim.world.vehicle_arrays import driving

Floats = npt.NDArray[np.float64]
Slots = npt.NDArray[np.int32]

MAX_CONTROLS = 4096
"""Most controls of one batch."""

MAX_ANSWER_BYTES = 1 << 17

_HEAD = 5  # bytes of the longest unsigned integer

_SINGLE_NAME = np.frombuffer(b"\xb8apply_control_to_vehicle", np.uint8).copy()
_BATCH_NAME = np.frombuffer(b"\xabapply_batch", np.uint8).copy()


@compiled
def _control(
    data: Bytes, at: int, end: int, bits: npt.NDArray[np.uint32], number: npt.NDArray[np.float32], row: Floats
) -> int:
    """Decode a vehicle control into a row of the control array; the place after it, or -1."""
    if at + 20 > end or data[at] != 0x97:
        return -1
    at += 1
    for column in range(3):
        value = float32(data, at, bits, number)
        if not np.isfinite(value):
            return -1
        low = -1.0 if column == 1 else 0.0
        row[column] = min(1.0, max(low, value))
        at += 5
    for column in range(3, 6):
        if data[at] != FALSE and data[at] != TRUE:
            return -1
        row[column] = np.float64(data[at] == TRUE)
        at += 1
    gear = int(data[at])
    if gear == 0xFF:
        gear = -1
    elif gear > 16:
        return -1
    row[6] = np.float64(gear)
    return at + 1


@compiled
def apply_control_requests(
    data: Bytes,
    end: int,
    slot_of_actor: Slots,
    vehicles: Table,
    walker_slot_of_actor: Slots,
    walkers: Table,
    scratch: Table,
) -> tuple[int, int, bool]:
    """Take requests from the start of received bytes and write them into the arrays of vehicles and walkers.

    Args:
        data: received bytes, of which the first ``end`` count; they start with a request.
        slot_of_actor: slot of each vehicle by actor id, -1 for none.
        vehicles: ``table`` of ``VehicleDynamics``.
        walker_slot_of_actor: slot of each walker by actor id, -1 for none.
        walkers: ``table`` of ``Walkers``.
        scratch: table of int32 [MAX_CONTROLS], float64 [MAX_CONTROLS, 7], and uint8 [MAX_ANSWER_BYTES], where the
            encoded answers go.

    Returns:
        Bytes taken, bytes of answers, and whether a client waits for one of the answers.
    """
    control = driving(vehicles)[0]
    slots, rows, answers = int32_1(scratch, 0), float64_2(scratch, 1), uint8_1(scratch, 2)
    bits = np.zeros(1, dtype=np.uint32)
    number = bits.view(np.float32)
    taken = 0
    answered = 0
    urgent = False
    while taken + 2 < end and data[taken] == 0x94 and data[taken + 1] == 0:
        # [0, id, method, [[async], ...
        _, after_id = unsigned(data, taken + 2, end)
        if after_id < 0:
            break
        is_batch = matches(data, after_id, end, _BATCH_NAME)
        if not is_batch and not matches(data, after_id, end, _SINGLE_NAME):
            break
        at = after_id + (_BATCH_NAME.size if is_batch else _SINGLE_NAME.size)
        if at + 4 > end or data[at] != 0x93 or data[at + 1] != 0x91:
            break
        if data[at + 2] != FALSE and data[at + 2] != TRUE:
            break
        waits = data[at + 2] == FALSE
        at += 3
        count = 1
        header = at
        if is_batch:
            if 0x90 <= data[at] <= 0x9F:
                count = int(data[at]) - 0x90
                at += 1
            elif data[at] == ARRAY16 and at + 3 <= end:
                count = (int(data[at + 1]) << 8) | int(data[at + 2])
                at += 3
            else:
                break
        header_end = at
        if count > slots.size or answered + 16 + count * (_HEAD + 3) > answers.size:
            break

        complete = True
        write = copy(data, taken + 2, after_id, answers, answered + 2)
        answers[answered] = 0x94
        answers[answered + 1] = 1
        answers[write] = NIL
        write = copy(data, header, header_end, answers, write + 1) if is_batch else write + 1
        are_walkers = is_batch and count > 0 and at + 3 <= end and data[at + 2] == WALKER_STATE
        if are_walkers:
            at, write = take_walker_states(
                data, at, end, count, walker_slot_of_actor, walkers, slots, rows, answers, write
            )
            complete = at >= 0
        for index in range(0 if are_walkers else count):
            if is_batch:
                # [[2, [id, control]]]
                if (
                    at + 4 > end
                    or data[at] != 0x91
                    or data[at + 1] != 0x92
                    or data[at + 2] != 2
                    or data[at + 3] != 0x92
                ):
                    complete = False
                    break
                at += 4
            actor, after_actor = unsigned(data, at, end)
            if after_actor < 0 or actor >= slot_of_actor.size or slot_of_actor[actor] < 0:
                complete = False
                break
            slots[index] = slot_of_actor[actor]
            if is_batch:
                answers[write] = 0x91
                answers[write + 1] = 0x92
                answers[write + 2] = 1
                write = copy(data, at, after_actor, answers, write + 3)
            at = _control(data, after_actor, end, bits, number, rows[index])
            if at < 0:
                complete = False
                break
        if not complete:
            break
        if is_batch:
            if at >= end or data[at] != FALSE:  # incomplete, or a batch that also ticks
                break
            at += 1
        else:
            answers[write] = 0x91
            answers[write + 1] = 0x91
            answers[write + 2] = FALSE
            write += 3
        if are_walkers:
            set_walker_states(count, slots, rows, walkers)
        else:
            for index in range(count):
                control[slots[index]] = rows[index]
        urgent = urgent or waits
        taken = at
        answered = write
    return taken, answered, urgent


class ControlRequests:
    """The compiled path with its buffers; one object serves all connections."""

    def __init__(self) -> None:
        self._slots = np.zeros(MAX_CONTROLS, dtype=np.int32)
        self._rows = np.zeros((MAX_CONTROLS, 7), dtype=np.float64)
        self._answers = np.zeros(MAX_ANSWER_BYTES, dtype=np.uint8)
        self._answer_view = self._answers.data
        self._scratch = array_table((self._slots, self._rows, self._answers))

    def apply(
        self,
        data: Bytes,
        end: int,
        slot_of_actor: Slots,
        vehicles: Table,
        walker_slot_of_actor: Slots,
        walkers: Table,
    ) -> tuple[int, memoryview, bool]:
        """As ``apply_control_requests``, with the answers as bytes that are valid until the next call."""
        taken, answered, urgent = apply_control_requests(
            data, end, slot_of_actor, vehicles, walker_slot_of_actor, walkers, self._scratch
        )
        return taken, self._answer_view[:answered], urgent
