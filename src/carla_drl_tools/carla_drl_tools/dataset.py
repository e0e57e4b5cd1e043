"""A data set of driving: one HDF5 file, row t of every array is frame t of the fleet.

| array | shape, type | what |
|---|---|---|
| `state`, `metrics`, `status` | [T, N, ...] | as in `FleetObservation` |
| `action` | float32 [T, N, 2] | what was done at this frame; NaN where no action was recorded |
| `reward` | float32 [T, N] | of the step from this frame to the next |
| `terminated`, `truncated` | bool [T, N] | whether the next frame ends the episode |
| `valid` | bool [T, N] | whether row t + 1 is the result of this action: false at the last frame of an episode, whose action is ignored, before a gap in the recording, and without an action |
| `session`, `frame`, `sim_time_s`, `recorded_ns` | [T] | where the row comes from |

Attributes: `simulator`, `step_s`, `state_names`, `metric_names`, `action_names`, `reward_config` (JSON), `source`.
A transition is (state[t], action[t], reward[t], state[t + 1], terminated[t]) for every valid t.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from carla_drl_tools.errors import ToolError

ARRAYS: Final = (
    "state",
    "metrics",
    "status",
    "action",
    "reward",
    "terminated",
    "truncated",
    "valid",
    "session",
    "frame",
    "sim_time_s",
    "recorded_ns",
)
_BLOCK_ROWS: Final = 1024
_FORMAT: Final = "carla_drl driving data set 1"


class DatasetWriter:
    """Appends rows to a new data set. The file gets its name when it is complete."""

    def __init__(self, path: Path, attributes: dict[str, Any]) -> None:
        """Create the file.

        Raises:
            ToolError: when it exists, or its folder cannot be written.
        """
        if path.exists():
            raise ToolError(f"data set '{path}' exists already; allowed: a new file")
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        try:
            self._file = h5py.File(self._partial, "w")
        except OSError as error:
            raise ToolError(f"data set '{path}' cannot be written: {error}") from error
        self._file.attrs["format"] = _FORMAT
        for name, value in attributes.items():
            self._file.attrs[name] = value
        self._blocks: dict[str, list[NDArray[Any]]] = {}
        self._pending = 0
        self.rows = 0

    def append(self, row: dict[str, Any]) -> None:
        """Add the arrays of one frame; every row has the same names, shapes and types."""
        for name, value in row.items():
            self._blocks.setdefault(name, []).append(np.asarray(value))
        self.rows += 1
        self._pending += 1
        if self._pending == _BLOCK_ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is pending and give the file its name."""
        self._flush()
        self._file.close()
        self._partial.replace(self._path)

    def discard(self) -> None:
        """Remove the file instead."""
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def _flush(self) -> None:
        for name, rows in self._blocks.items():
            block = np.stack(rows)
            if name not in self._file:
                # One chunk is about 64 kB: whole rows, so that a minibatch of rows reads little else.
                chunk = max(1, min(_BLOCK_ROWS, 65536 // max(1, block[0].nbytes)))
                self._file.create_dataset(
                    name,
                    (0, *block.shape[1:]),
                    block.dtype,
                    maxshape=(None, *block.shape[1:]),
                    chunks=(chunk, *block.shape[1:]),
                    compression="lzf",
                )
            dataset = self._file[name]
            dataset.resize(len(dataset) + len(block), axis=0)
            dataset[-len(block) :] = block
        self._blocks.clear()
        self._pending = 0


def open_dataset(path: Path) -> h5py.File:
    """Open a data set for reading.

    Raises:
        ToolError: when it is none.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ToolError(f"data set '{path}' cannot be read: {error}") from error
    missing = [name for name in ARRAYS if name not in file]
    if file.attrs.get("format") != _FORMAT or missing:
        file.close()
        raise ToolError(
            f"'{path}' is not a '{_FORMAT}'; it lacks {', '.join(missing) or 'the attribute format'}"
        )
    return file
