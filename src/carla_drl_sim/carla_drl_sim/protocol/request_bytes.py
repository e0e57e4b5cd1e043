"""Compiled pieces of the MessagePack decoder that the compiled request paths share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled

Bytes = npt.NDArray[np.uint8]

FALSE, TRUE, NIL = 0xC2, 0xC3, 0xC0
UINT8, UINT16, UINT32, FLOAT32, ARRAY16 = 0xCC, 0xCD, 0xCE, 0xCA, 0xDC


@compiled
def unsigned(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """Value of an unsigned integer and the place after it; place -1 when there is none."""
    if at >= end:
        return 0, -1
    first = data[at]
    if first < 0x80:
        return int(first), at + 1
    width = 1 if first == UINT8 else 2 if first == UINT16 else 4 if first == UINT32 else 0
    if width == 0 or at + 1 + width > end:
        return 0, -1
    value = 0
    for index in range(at + 1, at + 1 + width):
        value = (value << 8) | int(data[index])
    return value, at + 1 + width


@compiled
def float32(data: Bytes, at: int, bits: npt.NDArray[np.uint32], number: npt.NDArray[np.float32]) -> float:
    """A float32, of which `number` and `bits` are one word of memory; NaN where there is none."""
    if data[at] != FLOAT32:
        return np.nan
    bits[0] = (
        (np.uint32(data[at + 1]) << np.uint32(24))
        | (np.uint32(data[at + 2]) << np.uint32(16))
        | (np.uint32(data[at + 3]) << np.uint32(8))
        | np.uint32(data[at + 4])
    )
    return float(number[0])


@compiled
def matches(data: Bytes, at: int, end: int, name: Bytes) -> bool:
    """Whether the bytes from `at` on are `name`."""
    if at + name.size > end:
        return False
    for index in range(name.size):  # noqa: SIM110 (compiled code has no generators)
        if data[at + index] != name[index]:
            return False
    return True


@compiled
def copy(data: Bytes, start: int, stop: int, answers: Bytes, at: int) -> int:
    """Append bytes to the answers; the place after them."""
    for index in range(start, stop):
        answers[at + index - start] = data[index]
    return at + stop - start
