"""Many arrays as one argument of a compiled function: a table of their addresses.

Each array that is passed by itself costs a call from Python time, and the tick works on about a hundred. A table is
made once for arrays that stay where they are; functions such as `float64_2` find an array in it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

from carla_drl_sim.world.compiled import compiled_inline

Table = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

_ADDRESS, _KIND, _SHAPE = 0, 1, 2
_MAX_DIMENSIONS = 3


def _kind(dtype: type[np.generic], dimensions: int) -> int:
    return int(np.dtype(dtype).num * (_MAX_DIMENSIONS + 1) + dimensions)


def array_table(arrays: Sequence[Array]) -> Table:
    """Addresses, kinds and shapes of arrays, int64 [K, 5]. Whoever uses the table must keep the arrays.

    Raises:
        ValueError: an array is not contiguous, or has no dimension or more than three.
    """
    table = np.zeros((len(arrays), _SHAPE + _MAX_DIMENSIONS), np.int64)
    for row, array in enumerate(arrays):
        if not (array.flags.c_contiguous and 1 <= array.ndim <= _MAX_DIMENSIONS):
            raise ValueError(
                f"array {row} has shape {array.shape} and strides {array.strides}: "
                f"it must be contiguous and have 1 to {_MAX_DIMENSIONS} dimensions"
            )
        table[row, _ADDRESS] = array.ctypes.data
        table[row, _KIND] = _kind(array.dtype.type, array.ndim)
        table[row, _SHAPE : _SHAPE + array.ndim] = array.shape
    return table


@intrinsic  # type: ignore[untyped-decorator]
def _view(typing_context: Any, address: Any, shape: Any, dtype: Any) -> Any:
    """The memory at an address as an array that nobody owns, for functions that count references and others."""
    array_type = types.Array(dtype.instance_type, shape.count, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(array_type)(context, builder)
        size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
        lengths = cgutils.unpack_tuple(builder, arguments[1])
        strides = [context.get_constant(types.intp, size)]
        for length in lengths[:0:-1]:
            strides.insert(0, builder.mul(strides[0], length))
        arrayobj.populate_array(
            array,
            data=builder.inttoptr(arguments[0], array.data.type),
            shape=lengths,
            strides=strides,
            itemsize=context.get_constant(types.intp, size),
            meminfo=None,
        )
        return array._getvalue()

    return array_type(address, shape, dtype), generate


@compiled_inline
def _found(table: Table, row: int, kind: int) -> int:
    if table[row, _KIND] != kind:
        raise TypeError("the array at this row of the table has another type or number of dimensions")
    return table[row, _ADDRESS]  # type: ignore[no-any-return]


_FLOAT64_1, _FLOAT64_2, _FLOAT64_3 = (_kind(np.float64, dimensions) for dimensions in (1, 2, 3))
_FLOAT32_1, _FLOAT32_2 = (_kind(np.float32, dimensions) for dimensions in (1, 2))
_INT64_1, _INT64_2 = (_kind(np.int64, dimensions) for dimensions in (1, 2))
_INT32_1, _UINT32_1 = _kind(np.int32, 1), _kind(np.uint32, 1)
_UINT8_1, _UINT8_2 = (_kind(np.uint8, dimensions) for dimensions in (1, 2))
_BOOL_1 = _kind(np.bool_, 1)


@compiled_inline
def float64_1(table: Table, row: int) -> Any:
    """The array at a row of a table: float64 [N]."""
    return _view(_found(table, row, _FLOAT64_1), (table[row, _SHAPE],), np.float64)


@compiled_inline
def float64_2(table: Table, row: int) -> Any:
    """The array at a row of a table: float64 [N, M]."""
    return _view(_found(table, row, _FLOAT64_2), (table[row, _SHAPE], table[row, _SHAPE + 1]), np.float64)


@compiled_inline
def float64_3(table: Table, row: int) -> Any:
    """The array at a row of a table: float64 [N, M, L]."""
    shape = (table[row, _SHAPE], table[row, _SHAPE + 1], table[row, _SHAPE + 2])
    return _view(_found(table, row, _FLOAT64_3), shape, np.float64)


@compiled_inline
def float32_1(table: Table, row: int) -> Any:
    """The array at a row of a table: float32 [N]."""
    return _view(_found(table, row, _FLOAT32_1), (table[row, _SHAPE],), np.float32)


@compiled_inline
def float32_2(table: Table, row: int) -> Any:
    """The array at a row of a table: float32 [N, M]."""
    return _view(_found(table, row, _FLOAT32_2), (table[row, _SHAPE], table[row, _SHAPE + 1]), np.float32)


@compiled_inline
def int64_1(table: Table, row: int) -> Any:
    """The array at a row of a table: int64 [N]."""
    return _view(_found(table, row, _INT64_1), (table[row, _SHAPE],), np.int64)


@compiled_inline
def int64_2(table: Table, row: int) -> Any:
    """The array at a row of a table: int64 [N, M]."""
    return _view(_found(table, row, _INT64_2), (table[row, _SHAPE], table[row, _SHAPE + 1]), np.int64)


@compiled_inline
def int32_1(table: Table, row: int) -> Any:
    """The array at a row of a table: int32 [N]."""
    return _view(_found(table, row, _INT32_1), (table[row, _SHAPE],), np.int32)


@compiled_inline
def uint32_1(table: Table, row: int) -> Any:
    """The array at a row of a table: uint32 [N]."""
    return _view(_found(table, row, _UINT32_1), (table[row, _SHAPE],), np.uint32)


@compiled_inline
def uint8_1(table: Table, row: int) -> Any:
    """The array at a row of a table: uint8 [N]."""
    return _view(_found(table, row, _UINT8_1), (table[row, _SHAPE],), np.uint8)


@compiled_inline
def uint8_2(table: Table, row: int) -> Any:
    """The array at a row of a table: uint8 [N, M]."""
    return _view(_found(table, row, _UINT8_2), (table[row, _SHAPE], table[row, _SHAPE + 1]), np.uint8)


@compiled_inline
def bool_1(table: Table, row: int) -> Any:
    """The array at a row of a table: bool [N]."""
    return _view(_found(table, row, _BOOL_1), (table[row, _SHAPE],), np.bool_)
