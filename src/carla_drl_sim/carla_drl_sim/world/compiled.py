"""How kernels are compiled, in one place.

A kernel that is given a constant by another is compiled for that very value once more. Where that is not wanted, the
caller writes ``int(0)``, which numba takes for any number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.dispatcher import Dispatcher

Function = TypeVar("Function", bound=Callable[..., Any])


def _follow_callees(dispatcher: Any, function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Let what is cached on disk depend on options, and on compiled functions and numbers that are taken from elsewhere.

    By itself numba looks at a function's own file only, and would go on running what it compiled from the old text
    of a function in another file.
    """
    stamps: list[Any] = [dispatcher._cache._cache_file._source_stamp, tuple(sorted(options.items()))]
    for name, value in sorted(function.__globals__.items()):
        if isinstance(value, Dispatcher) and value.py_func.__module__ != function.__module__:
            callee: Any = value
            stamps.append((name, callee._cache._cache_file._source_stamp))
        elif isinstance(value, int | float) and not name.startswith("__"):
            stamps.append((name, str(value)))
    dispatcher._cache._cache_file._source_stamp = tuple(stamps)
    return dispatcher


def _compiled(function: Function, **options: Any) -> Function:
    # What a function is not told it would take over from the first that calls it.
    options = {"_nrt": True, "error_model": "python"} | options
    # Without the entry for C code, which nobody needs, compiling takes a fifth less time.
    dispatcher = njit(cache=True, nogil=True, fastmath=False, no_cfunc_wrapper=True, **options)(function)
    return cast(Function, _follow_callees(dispatcher, function, options))


def compiled(function: Function) -> Function:
    """Compile with numba: cached on disk, without the GIL, strict IEEE arithmetic so that runs repeat to the bit."""
    return _compiled(function)


def compiled_inner(function: Function) -> Function:
    """Like `compiled`, for functions that only compiled code calls, and that make and return no arrays.

    Compiles faster, without an entry for Python, and runs without counting references to arrays: the caller holds them.
    A look into a tuple or a slice of an array costs two atomic operations where references are counted, which were a
    third of a picture's time.
    """
    return _compiled(function, no_cpython_wrapper=True, _nrt=False)


def compiled_inner_maker(function: Function) -> Function:
    """Like `compiled_inner`, for functions that make arrays, or use methods of arrays, which do."""
    return _compiled(function, no_cpython_wrapper=True)


def compiled_inline(function: Function) -> Function:
    """Like `compiled`, for small functions that are put into their callers."""
    return _compiled(function, inline="always")


def compiled_loops(function: Function) -> Function:
    """Like `compiled`, but a division by zero gives infinity or NaN, as IEEE 754 has it, instead of an exception.

    The check for zero that an exception needs keeps LLVM from turning a loop into vector instructions: loops over
    pixels with a division run 10 times faster without it.
    """
    return _compiled(function, error_model="numpy")


def compiled_loops_inner(function: Function) -> Function:
    """Like `compiled_inner`, with the divisions of `compiled_loops`."""
    return _compiled(function, error_model="numpy", no_cpython_wrapper=True, _nrt=False)


def compiled_loops_inner_maker(function: Function) -> Function:
    """Like `compiled_inner_maker`, with the divisions of `compiled_loops`."""
    return _compiled(function, error_model="numpy", no_cpython_wrapper=True)
