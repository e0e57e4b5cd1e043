"""The shared-memory frame ring: the bridge writes whole frames into it, the gateway maps it read-only.

Layout as in docs/architecture.md, "Ring": header, array descriptors, static arrays, slots; little endian. Every slot is
guarded by a generation counter (seqlock): odd while it is being written.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col

MAGIC: Final = b"CDRLRING"
VERSION: Final = 2
SLOT_COUNT: Final = 4
ALIGNMENT: Final = 64

HEADER: Final = struct.Struct("<8sIIQIIIId16x")
_DESCRIPTOR: Final = struct.Struct("<24sII4IQI4x")
_SLOT_HEADER: Final = struct.Struct("<QQdq32x")
assert HEADER.size == _DESCRIPTOR.size == _SLOT_HEADER.size == ALIGNMENT

_DTYPES: Final[dict[int, type]] = {1: np.float32, 2: np.uint8}
_PER_FRAME: Final = 0
_STATIC: Final = 1
# fcntl.F_ADD_SEALS and its flags got names in Python only with 3.12 (linux/fcntl.h).
_F_ADD_SEALS: Final = 1033
_F_SEAL_SEAL: Final = 1
_F_SEAL_SHRINK: Final = 2
_F_SEAL_GROW: Final = 4


@dataclass(frozen=True)
class Slot:
    """Views into one slot of the ring."""

    header: npt.NDArray[Any]
    """Structured scalar array: generation, frame, sim_time_s, written_ns."""
    ego: npt.NDArray[np.float32]
    """[N, NUM_EGO]."""
    route: npt.NDArray[np.float32]
    """[N, P, NUM_ROUTE]."""
    metrics: npt.NDArray[np.float32]
    """[N, NUM_METRICS]."""
    status: npt.NDArray[np.uint8]
    """[N], bits STATUS_*."""
    objects: npt.NDArray[np.float32]
    """[M, NUM_OBJECT]; M may be 0."""
    sensors: npt.NDArray[np.uint8]
    """[B] payloads of the sensors, placed by the sensor table; B may be 0."""
    route_line: npt.NDArray[np.float32]
    """[N, NUM_ROUTE_LINE, 2]; N is 0 without rasters."""
    light_states: npt.NDArray[np.uint8]
    """[L] LIGHT_*; L is 0 without rasters."""

    @staticmethod
    def alone(num_agents: int, num_route_points: int, raster_lights: int | None = None) -> Slot:
        """Return a slot without objects in memory of its own, outside any ring; see `FrameRingWriter`."""
        return Slot(
            _NO_HEADER,
            np.empty((num_agents, col.NUM_EGO), np.float32),
            np.empty((num_agents, num_route_points, col.NUM_ROUTE), np.float32),
            np.empty((num_agents, col.NUM_METRICS), np.float32),
            np.empty(num_agents, np.uint8),
            np.empty((0, col.NUM_OBJECT), np.float32),
            np.empty(0, np.uint8),
            np.empty((0 if raster_lights is None else num_agents, col.NUM_ROUTE_LINE, 2), np.float32),
            np.empty(raster_lights or 0, np.uint8),
        )


_SLOT_DTYPE: Final = np.dtype(
    [("generation", "<u8"), ("frame", "<u8"), ("sim_time_s", "<f8"), ("written_ns", "<i8")]
)

_NO_HEADER: Final = np.zeros(1, dtype=_SLOT_DTYPE)


@dataclass(frozen=True)
class _ArrayPlace:
    name: str
    dtype: int
    shape: tuple[int, ...]
    offset: int
    kind: int = _PER_FRAME

    @property
    def end(self) -> int:
        """Offset after the array, aligned."""
        return _aligned(self.offset + math.prod(self.shape) * np.dtype(_DTYPES[self.dtype]).itemsize)

    def view(self, buffer: memoryview, start: int = 0) -> Any:
        """Return the array in a ring, or in the slot that starts there."""
        flat: npt.NDArray[Any] = np.frombuffer(
            buffer, _DTYPES[self.dtype], math.prod(self.shape), start + self.offset
        )
        return flat.reshape(self.shape)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _slot_places(
    num_agents: int, num_points: int, num_objects: int, sensor_bytes: int, raster_lights: int | None
) -> list[_ArrayPlace]:
    wanted: list[tuple[str, int, tuple[int, ...]]] = [
        ("ego", 1, (num_agents, col.NUM_EGO)),
        ("route", 1, (num_agents, num_points, col.NUM_ROUTE)),
        ("metrics", 1, (num_agents, col.NUM_METRICS)),
        ("status", 2, (num_agents,)),
    ]
    if num_objects:
        wanted.append(("objects", 1, (num_objects, col.NUM_OBJECT)))
    if raster_lights is not None:
        wanted.append(("route_line", 1, (num_agents, col.NUM_ROUTE_LINE, 2)))
        wanted.append(("light_states", 2, (raster_lights,)))
    if sensor_bytes:  # last: recordings may leave them out
        wanted.append(("sensors", 2, (sensor_bytes,)))
    places: list[_ArrayPlace] = []
    for name, dtype, shape in wanted:
        places.append(_ArrayPlace(name, dtype, shape, places[-1].end if places else ALIGNMENT))
    return places


def _static_places(arrays: Mapping[str, npt.NDArray[Any]], offset: int) -> list[_ArrayPlace]:
    codes = {np.dtype(dtype): code for code, dtype in _DTYPES.items()}
    places: list[_ArrayPlace] = []
    for name, array in arrays.items():
        place = _ArrayPlace(name, codes[array.dtype], array.shape, offset, _STATIC)
        places.append(place)
        offset = place.end
    return places


def _slot_views(buffer: memoryview, start: int, places: list[_ArrayPlace]) -> Slot:
    views: dict[str, Any] = {
        "objects": np.empty((0, col.NUM_OBJECT), dtype=np.float32),
        "sensors": np.empty(0, np.uint8),
        "route_line": np.empty((0, col.NUM_ROUTE_LINE, 2), np.float32),
        "light_states": np.empty(0, np.uint8),
    }
    views |= {place.name: place.view(buffer, start) for place in places}
    header = np.frombuffer(buffer, dtype=_SLOT_DTYPE, count=1, offset=start)
    return Slot(header, **views)


def sealed_memory(size: int) -> tuple[int, mmap.mmap]:
    """Return the descriptor and the mapping of new shared memory whose size cannot change any more."""
    fd = os.memfd_create("carla_drl.frame_ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, _F_ADD_SEALS, _F_SEAL_SHRINK | _F_SEAL_GROW | _F_SEAL_SEAL)
    return fd, mmap.mmap(fd, size)


class FrameRingWriter:
    """Creates the ring and writes frames into its slots, one after the other.

    Attributes:
        fd: the memfd, for the gateway; closed by `close()`.
    """

    def __init__(
        self,
        num_agents: int,
        num_route_points: int,
        session: int,
        step_s: float,
        num_objects: int = 0,
        *,
        sensor_bytes: int = 0,
        raster_lights: int | None = None,
        static: Mapping[str, npt.NDArray[Any]] = MappingProxyType({}),
    ) -> None:
        """Create the ring for one session.

        Args:
            num_agents: N.
            num_route_points: P.
            session: identifies the world.
            step_s: simulated time per frame, s.
            num_objects: M.
            sensor_bytes: B, size of the array "sensors" of a slot.
            raster_lights: L, for slots with what rasters need; None: without.
            static: arrays that stay as they are, float32 or uint8, by name (up to 23 bytes).
        """
        places = _slot_places(num_agents, num_route_points, num_objects, sensor_bytes, raster_lights)
        slot_bytes = places[-1].end
        descriptors_end = _aligned(HEADER.size + (len(places) + len(static)) * _DESCRIPTOR.size)
        fixed = _static_places(static, descriptors_end)
        header_bytes = fixed[-1].end if fixed else descriptors_end
        size = header_bytes + SLOT_COUNT * slot_bytes
        self.fd, self._map = sealed_memory(size)
        HEADER.pack_into(
            self._map,
            0,
            MAGIC,
            VERSION,
            header_bytes,
            slot_bytes,
            SLOT_COUNT,
            num_agents,
            session,
            len(places) + len(fixed),
            step_s,
        )
        for index, place in enumerate([*places, *fixed]):
            shape = place.shape + (0,) * (4 - len(place.shape))
            _DESCRIPTOR.pack_into(
                self._map,
                HEADER.size + index * _DESCRIPTOR.size,
                place.name.encode(),
                place.dtype,
                len(place.shape),
                *shape,
                place.offset,
                place.kind,
            )
        view = memoryview(self._map)
        for place in fixed:
            place.view(view)[...] = static[place.name]
        self._slots = [
            _slot_views(view, header_bytes + index * slot_bytes, places) for index in range(SLOT_COUNT)
        ]
        self._generation = [slot.header["generation"] for slot in self._slots]
        self._frame = [slot.header["frame"] for slot in self._slots]
        self._sim_time = [slot.header["sim_time_s"] for slot in self._slots]
        self._written = [slot.header["written_ns"] for slot in self._slots]

    def begin(self, frame: int) -> Slot:
        """Return the slot for `frame`, marked as being written; readers refuse it until `commit()`."""
        index = frame % SLOT_COUNT
        self._generation[index][0] += 1
        return self._slots[index]

    def commit(self, frame: int, sim_time_s: float) -> int:
        """Mark the slot of `frame` as complete and return its index.

        The socket message that announces it is a system call, which orders these stores before the reader's loads.
        """
        index = frame % SLOT_COUNT
        self._frame[index][0] = frame
        self._sim_time[index][0] = sim_time_s
        self._written[index][0] = time.monotonic_ns()
        self._generation[index][0] += 1
        return index

    def close(self) -> None:
        """Close the descriptor. The memory goes when nobody maps it any more."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@dataclass(frozen=True)
class Frame:
    """A copy of one frame."""

    frame: int
    sim_time_s: float
    written_ns: int
    ego: npt.NDArray[np.float32]
    route: npt.NDArray[np.float32]
    metrics: npt.NDArray[np.float32]
    status: npt.NDArray[np.uint8]
    objects: npt.NDArray[np.float32]
    sensors: npt.NDArray[np.uint8]
    route_line: npt.NDArray[np.float32]
    light_states: npt.NDArray[np.uint8]


class FrameRingReader:
    """Reads a ring from its descriptors; the counterpart of the writer for tests and tools.

    Attributes:
        session: as in the header; `num_agents`, `slot_count` and `step_s` likewise.
        static: the static arrays by name.
    """

    def __init__(self, fd: int) -> None:
        """Map the ring read-only; `fd` may be closed afterwards.

        Raises:
            ValueError: when it is no ring of this version.
        """
        self._map = mmap.mmap(fd, os.fstat(fd).st_size, prot=mmap.PROT_READ)
        header = HEADER.unpack_from(self._map)
        magic, version, header_bytes, slot_bytes, self.slot_count, self.num_agents, self.session, arrays = (
            header[:8]
        )
        self.step_s: float = header[8]
        if magic != MAGIC or version != VERSION:
            raise ValueError(f"not a frame ring of version {VERSION}: {magic!r}, version {version}")
        places = []
        for index in range(arrays):
            name, dtype, ndim, *rest = _DESCRIPTOR.unpack_from(
                self._map, HEADER.size + index * _DESCRIPTOR.size
            )
            places.append(
                _ArrayPlace(name.rstrip(b"\0").decode(), dtype, tuple(rest[:ndim]), rest[4], rest[5])
            )
        view = memoryview(self._map)
        self.static: dict[str, npt.NDArray[Any]] = {
            place.name: place.view(view) for place in places if place.kind == _STATIC
        }
        places = [place for place in places if place.kind == _PER_FRAME]
        self._slots = [
            _slot_views(view, header_bytes + index * slot_bytes, places) for index in range(self.slot_count)
        ]

    def read(self, slot: int, frame: int) -> Frame:
        """Copy a frame out of its slot.

        Raises:
            ValueError: when the slot is being written or holds another frame.
        """
        source = self._slots[slot]
        generation = int(source.header["generation"][0])
        if generation == 0 or generation % 2:
            raise ValueError(f"slot {slot} is empty or being written (generation {generation})")
        copy = Frame(
            int(source.header["frame"][0]),
            float(source.header["sim_time_s"][0]),
            int(source.header["written_ns"][0]),
            source.ego.copy(),
            source.route.copy(),
            source.metrics.copy(),
            source.status.copy(),
            source.objects.copy(),
            source.sensors.copy(),
            source.route_line.copy(),
            source.light_states.copy(),
        )
        if int(source.header["generation"][0]) != generation or copy.frame != frame:
            raise ValueError(f"slot {slot} holds frame {copy.frame}, not {frame}, or was overwritten")
        return copy
