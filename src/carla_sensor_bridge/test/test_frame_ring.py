from __future__ import annotations

import fcntl
import os
import struct
import time

import numpy as np
import pytest

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.frame_ring import SLOT_COUNT, FrameRingReader, FrameRingWriter


def write(ring: FrameRingWriter, frame: int, value: float) -> int:
    slot = ring.begin(frame)
    slot.ego[:] = value
    slot.route[:] = value + 1
    slot.metrics[:] = value + 2
    slot.status[:] = frame % 256
    return ring.commit(frame, frame * 0.1)


def test_layout_is_the_documented_one() -> None:
    table = np.arange(6, dtype=np.float32).reshape(2, 3)
    ring = FrameRingWriter(3, 5, 0xDEADBEEF, 0.1, sensor_bytes=100, static={"table": table})
    raw = os.pread(ring.fd, 1 << 20, 0)
    magic, version, header_bytes, slot_bytes, slots, agents, session, arrays, step = struct.unpack_from(
        "<8sIIQIIIId", raw
    )
    assert (magic, version, slots, agents, session, arrays, step) == (
        b"CDRLRING",
        2,
        4,
        3,
        0xDEADBEEF,
        6,
        0.1,
    )
    assert header_bytes % 64 == slot_bytes % 64 == 0
    assert header_bytes >= 64 + 6 * 64 + table.nbytes
    assert len(raw) == header_bytes + 4 * slot_bytes
    wanted = {
        b"ego": (1, [3, col.NUM_EGO, 0, 0]),
        b"route": (1, [3, 5, col.NUM_ROUTE, 0]),
        b"metrics": (1, [3, col.NUM_METRICS, 0, 0]),
        b"status": (2, [3, 0, 0, 0]),
        b"sensors": (2, [100, 0, 0, 0]),
        b"table": (1, [2, 3, 0, 0]),
    }
    ends = 64
    for index in range(arrays):
        name, dtype, ndim, *shape, offset, kind = struct.unpack_from("<24sII4IQI", raw, 64 + 64 * index)
        assert wanted.pop(name.rstrip(b"\0")) == (dtype, shape)
        assert ndim == sum(1 for extent in shape if extent)
        assert offset % 64 == 0
        assert kind == (1 if name.startswith(b"table") else 0)
        if kind == 1:
            assert 64 + 6 * 64 <= offset <= header_bytes - table.nbytes
            assert raw[offset : offset + table.nbytes] == table.tobytes()
            continue
        assert offset >= ends
        ends = offset + int(np.prod(shape[:ndim])) * (4 if dtype == 1 else 1)
    assert ends <= slot_bytes
    assert not wanted
    # Slot header: generation, frame, sim_time_s, written_ns.
    before = time.monotonic_ns()
    write(ring, 6, 1.0)
    raw = os.pread(ring.fd, 1 << 20, 0)
    generation, frame, sim_time, written = struct.unpack_from("<QQdq", raw, header_bytes + 2 * slot_bytes)
    assert (generation, frame) == (2, 6)
    assert sim_time == pytest.approx(0.6)
    assert before <= written <= time.monotonic_ns()


def test_sensor_payloads_and_static_arrays_arrive() -> None:
    names = np.frombuffer(b"some text", np.uint8)
    ring = FrameRingWriter(1, 1, 1, 0.1, sensor_bytes=8, static={"a": names, "b": np.ones(3, np.float32)})
    reader = FrameRingReader(ring.fd)
    assert reader.static["a"].tobytes() == b"some text"
    assert reader.static["b"].tolist() == [1.0, 1.0, 1.0]
    ring.begin(1).sensors[:] = np.arange(8)
    assert reader.read(ring.commit(1, 0.0), 1).sensors.tolist() == list(range(8))


def test_size_is_sealed() -> None:
    ring = FrameRingWriter(1, 1, 1, 0.1)
    assert fcntl.fcntl(ring.fd, 1034) & 0b111 == 0b111  # F_GET_SEALS: SEAL, SHRINK, GROW
    with pytest.raises(PermissionError):
        os.ftruncate(ring.fd, 0)


def test_reader_gets_what_was_written() -> None:
    ring = FrameRingWriter(2, 3, 7, 0.05)
    reader = FrameRingReader(ring.fd)
    assert (reader.session, reader.num_agents, reader.slot_count, reader.step_s) == (7, 2, SLOT_COUNT, 0.05)
    for frame in range(1, 12):
        slot = write(ring, frame, float(frame))
        assert slot == frame % SLOT_COUNT
        got = reader.read(slot, frame)
        assert (got.frame, got.status.tolist()) == (frame, [frame, frame])
        assert (got.ego == frame).all()
        assert (got.route == frame + 1).all()
        assert (got.metrics == frame + 2).all()
        assert got.route.shape == (2, 3, col.NUM_ROUTE)


def test_reader_refuses_unfinished_and_overwritten_slots() -> None:
    ring = FrameRingWriter(1, 1, 1, 0.1)
    reader = FrameRingReader(ring.fd)
    with pytest.raises(ValueError, match="empty"):
        reader.read(1, 1)
    ring.begin(1)
    with pytest.raises(ValueError, match="being written"):
        reader.read(1, 1)
    ring.commit(1, 0.0)
    reader.read(1, 1)
    write(ring, 5, 0.0)
    with pytest.raises(ValueError, match="holds frame 5, not 1"):
        reader.read(1, 1)


def test_memory_lives_as_long_as_it_is_mapped() -> None:
    ring = FrameRingWriter(1, 1, 1, 0.1)
    reader = FrameRingReader(ring.fd)
    slot = write(ring, 1, 3.0)
    ring.close()
    ring.close()
    assert (reader.read(slot, 1).ego == 3.0).all()


def test_reader_refuses_something_else() -> None:
    fd = os.memfd_create("other")
    os.truncate(fd, 4096)
    with pytest.raises(ValueError, match="not a frame ring"):
        FrameRingReader(fd)
    os.close(fd)
