"""How kernels are compiled, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile with numba: cached on disk, without the GIL, strict IEEE arithmetic so that runs repeat to the bit."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=False)(function))


def compiled_inline(function: Function) -> Function:
    """Like `compiled`, for small functions that are put into their callers."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=False, inline="always")(function))


def compiled_loops(function: Function) -> Function:
    """Like `compiled`, but a division by zero gives infinity or NaN, as IEEE 754 has it, instead of an exception.

    The check for zero that an exception needs keeps LLVM from turning a loop into vector instructions: loops over
    pixels with a division run 10 times faster without it.
    """
    return cast(Function, njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function))
