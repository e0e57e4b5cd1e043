"""Files of recordings: what is written is read, damage is noticed, names stay in their folder, a replay starts in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from example_recording import example_frame, write_example

from carla_drl_sim.protocol.streams import ACTOR_RECORD
from carla_drl_sim.recording.files import Header, Recording, RecordingError, RecordingWriter, path_in
from carla_drl_sim.recording.items import Created, Destroyed, Frame, Lights
from carla_drl_sim.recording.preface import Preface, find_preface

TICKS = 60


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.log"
    written = write_example(path, 5000)
    with Recording(path) as recording:
        assert recording.header == Header("Town01", 7, "today")
        assert (recording.frames, recording.duration_s) == (5000, pytest.approx(249.95))
        read = list(recording.items())
    assert len(read) == len(written)
    for was, now in zip(written, read, strict=True):
        if isinstance(was, Frame):
            assert isinstance(now, Frame)
            assert was[:3] == now[:3]
            assert was.records.tobytes() == now.records.tobytes()
        else:
            assert was == now
    assert path.stat().st_size < 5000 * 1.5 * ACTOR_RECORD.itemsize / 5
    assert [entry.name for entry in path.parent.iterdir()] == ["a.log"]


@pytest.mark.parametrize("size", [0, 5, 20, 200, -1])
def test_a_truncated_recording_says_so(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.log"
    write_example(path)
    data = path.read_bytes()
    path.write_bytes(data[:size])
    with pytest.raises(RecordingError, match=r"truncated|not a recording") as caught:
        Recording(path)
    assert str(path) in str(caught.value)


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    write_example(path, 20)
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x41]) + data[place + 1 :])
        with pytest.raises(RecordingError), Recording(path) as recording:
            list(recording.items())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("drive.log", "drive.log"),
        ("drive", "drive.log"),
        ("/home/carla/drive.log", "drive.log"),
        ("../../drive.log", "drive.log"),
        ("c:\\records\\drive.rec", "drive.rec"),
        ("a/..", None),
        ("", None),
        (".hidden", None),
        ("a\0b", None),
        ("a\nb", None),
        ("x" * 300, None),
    ],
)
def test_names_stay_in_the_folder(tmp_path: Path, name: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(RecordingError, match="no name for a recording"):
            path_in(tmp_path, name)
    else:
        assert path_in(tmp_path, name) == tmp_path / expected


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        RecordingWriter(tmp_path / "file" / "a.log", Header("Town01", 7, ""))


def test_a_replay_from_the_middle_knows_what_was_before(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    made = [Created(number, 0, "vehicle.a.b", [], (1.0,) * 6, (1.0,) * 6) for number in (2, 3, 4)]
    child = Created(5, 4, "sensor.a.b", [], (0.0,) * 6, (1.0,) * 6)
    items: list[Any] = [
        *made,
        child,
        Lights(2, 1),
        Lights(3, 1),
        example_frame(1, [2, 3, 4, 5]),
        Lights(2, 8),
    ]
    items += [example_frame(number, [2, 3, 4, 5]) for number in range(2, 4000)]
    items += [Destroyed(3), Destroyed(4)]
    items += [example_frame(number, [2, 5]) for number in range(4000, 8001)]
    writer = RecordingWriter(path, Header("Town01", 7, "today"))
    for item in items:
        writer.put(item)
    writer.finish()
    for number in (1, 3999, 4000, 6000, 8000):
        with Recording(path) as recording:
            preface = Preface.unpacked(find_preface(recording, (number - 1) * 0.05 + 0.01).packed())
            read = list(preface.followed_by(recording))
        frames = [item for item in read if isinstance(item, Frame)]
        assert [frame.number for frame in frames] == list(range(number, 8001))
        wanted = [item for item in items if isinstance(item, Frame)][number - 1 :]
        for was, now in zip(wanted, frames, strict=True):
            assert was.records.tobytes() == now.records.tobytes()
        events = read[: read.index(frames[0])]
        if number >= 4000:
            assert events == [made[0], made[2], child, Lights(2, 8), Destroyed(4)]
        elif number > 1:
            assert events == [*made, child, Lights(3, 1), Lights(2, 8)]
