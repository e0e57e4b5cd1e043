"""Compiled path for the requests that a driving fleet sends every tick: vehicle controls, alone or as a batch.

The bytes are matched against the exact form in which the client encodes ``apply_control_to_vehicle`` and an
``apply_batch`` of nothing but vehicle controls. A request that differs in any way, names an unknown vehicle, holds a
non-finite number or is incomplete is left to the general decoder, which gives the full answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Slots = npt.NDArray[np.int32]

MAX_CONTROLS = 4096
"""Most controls of one batch."""

MAX_ANSWER_BYTES = 1 << 17

_HEAD = 5  # bytes of the longest unsigned integer

_SINGLE_NAME = np.frombuffer(b"\xb8apply_control_to_vehicle", np.uint8).copy()
_BATCH_NAME = np.frombuffer(b"\xabapply_batch", np.uint8).copy()

_FALSE, _TRUE, _NIL = 0xC2, 0xC3, 0xC0
_UINT8, _UINT16, _UINT32, _FLOAT32, _ARRAY16 = 0xCC, 0xCD, 0xCE, 0xCA, 0xDC


@compiled
def _unsigned(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Value of an unsigned integer and the place after it; place -1 when there is none."""
    if at >= end:
        return 0, -1
    first = data[at]
    if first < 0x80:
        return int(first), at + 1
    width = 1 if first == _UINT8 else 2 if first == _UINT16 else 4 if first == _UINT32 else 0
    if width == 0 or at + 1 + width > end:
        return 0, -1
    value = 0
    for index in range(at + 1, at + 1 + width):
        value = (value << 8) | int(data[index])
    return value, at + 1 + width


@compiled
def _control(
    data: Bytes, at: int, end: int, bits: npt.NDArray[np.uint32], number: npt.NDArray[np.float32], row: Floats
) -> int:
    """Decode a vehicle control into a row of the control array; the place after it, or -1."""
    if at + 20 > end or data[at] != 0x97:
        return -1
    at += 1
    for column in range(3):
        if data[at] != _FLOAT32:
            return -1
        bits[0] = (
            (np.uint32(data[at + 1]) << np.uint32(24))
            | (np.uint32(data[at + 2]) << np.uint32(16))
            | (np.uint32(data[at + 3]) << np.uint32(8))
            | np.uint32(data[at + 4])
        )
        value = np.float64(number[0])
        if not np.isfinite(value):
            return -1
        low = -1.0 if column == 1 else 0.0
        row[column] = min(1.0, max(low, value))
        at += 5
    for column in range(3, 6):
        if data[at] != _FALSE and data[at] != _TRUE:
            return -1
        row[column] = np.float64(data[at] == _TRUE)
        at += 1
    gear = int(data[at])
    if gear == 0xFF:
        gear = -1
    elif gear > 16:
        return -1
    row[6] = np.float64(gear)
    return at + 1


@compiled
def _matches(data: Bytes, at: int, end: int, name: Bytes) -> bool:
    if at + name.size > end:
        return False
    for index in range(name.size):  # noqa: SIM110 (compiled code has no generators)
        if data[at + index] != name[index]:
            return False
    return True


@compiled
def _copy(data: Bytes, start: int, stop: int, answers: Bytes, at: int) -> int:
    for index in range(start, stop):
        answers[at + index - start] = data[index]
    return at + stop - start


@compiled
def apply_control_requests(
    data: Bytes, end: int, slot_of_actor: Slots, control: Floats, slots: Slots, rows: Floats, answers: Bytes
) -> tuple[int, int, bool]:
    """Take vehicle control requests from the start of received bytes and write them into the control array.

    Args:
        data: received bytes, of which the first ``end`` count; they start with a request.
        slot_of_actor: slot of each vehicle by actor id, -1 for none.
        control: the dynamics' control array [C, 7].
        slots: scratch [MAX_CONTROLS].
        rows: scratch [MAX_CONTROLS, 7].
        answers: where the encoded answers go, uint8 [MAX_ANSWER_BYTES].

    Returns:
        Bytes taken, bytes of answers, and whether a client waits for one of the answers.
    """
    bits = np.zeros(1, dtype=np.uint32)
    number = bits.view(np.float32)
    taken = 0
    answered = 0
    urgent = False
    while taken + 2 < end and data[taken] == 0x94 and data[taken + 1] == 0:
        # [0, id, method, [[async], ...
        _, after_id = _unsigned(data, taken + 2, end)
        if after_id < 0:
            break
        is_batch = _matches(data, after_id, end, _BATCH_NAME)
        if not is_batch and not _matches(data, after_id, end, _SINGLE_NAME):
            break
        at = after_id + (_BATCH_NAME.size if is_batch else _SINGLE_NAME.size)
        if at + 4 > end or data[at] != 0x93 or data[at + 1] != 0x91:
            break
        if data[at + 2] != _FALSE and data[at + 2] != _TRUE:
            break
        waits = data[at + 2] == _FALSE
        at += 3
        count = 1
        header = at
        if is_batch:
            if 0x90 <= data[at] <= 0x9F:
                count = int(data[at]) - 0x90
                at += 1
            elif data[at] == _ARRAY16 and at + 3 <= end:
                count = (int(data[at + 1]) << 8) | int(data[at + 2])
                at += 3
            else:
                break
        header_end = at
        if count > slots.size or answered + 16 + count * (_HEAD + 3) > answers.size:
            break

        complete = True
        write = _copy(data, taken + 2, after_id, answers, answered + 2)
        answers[answered] = 0x94
        answers[answered + 1] = 1
        answers[write] = _NIL
        write = _copy(data, header, header_end, answers, write + 1) if is_batch else write + 1
        for index in range(count):
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
            actor, after_actor = _unsigned(data, at, end)
            if after_actor < 0 or actor >= slot_of_actor.size or slot_of_actor[actor] < 0:
                complete = False
                break
            slots[index] = slot_of_actor[actor]
            if is_batch:
                answers[write] = 0x91
                answers[write + 1] = 0x92
                answers[write + 2] = 1
                write = _copy(data, at, after_actor, answers, write + 3)
            at = _control(data, after_actor, end, bits, number, rows[index])
            if at < 0:
                complete = False
                break
        if not complete:
            break
        if is_batch:
            if at >= end or data[at] != _FALSE:  # incomplete, or a batch that also ticks
                break
            at += 1
        else:
            answers[write] = 0x91
            answers[write + 1] = 0x91
            answers[write + 2] = _FALSE
            write += 3
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

    def apply(
        self, data: Bytes, end: int, slot_of_actor: Slots, control: Floats
    ) -> tuple[int, memoryview, bool]:
        """As ``apply_control_requests``, with the answers as bytes that are valid until the next call."""
        taken, answered, urgent = apply_control_requests(
            data, end, slot_of_actor, control, self._slots, self._rows, self._answers
        )
        return taken, self._answer_view[:answered], urgent
