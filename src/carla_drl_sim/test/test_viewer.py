"""The live view: its page, its map, its stream of frames, and who may look."""

from __future__ import annotations

import json
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from raw_client import RawClient
from server_process import ServerProcess

from carla_drl_sim.cli import EXIT_CONFIGURATION, main
from carla_drl_sim.viewer.map_drawing import lane_polygons, part_polygons
from carla_drl_sim.world.town_generator import generate_town

LIMIT_S = 10.0


@pytest.fixture
def viewed(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    return start_server("--synchronous", "--view", "0")


def _url(server: ServerProcess) -> str:
    match = re.search(r"view (http://127\.0\.0\.1:\d+/)", server.start_line)
    assert match, server.start_line
    return match[1]


def _read(url: str, **headers: str) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=LIMIT_S) as answer:
        return bytes(answer.read())


def _events(url: str) -> Iterator[dict[str, Any]]:
    """Frames as the page gets them."""
    deadline = time.monotonic() + 4.0 * LIMIT_S
    with urllib.request.urlopen(url + "events", timeout=LIMIT_S) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        for line in stream:
            assert time.monotonic() < deadline, "no frame comes"
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def test_page_map_and_frames(viewed: ServerProcess) -> None:
    url = _url(viewed)
    assert b"<canvas" in _read(url)
    stream = _events(url)
    first = next(stream)
    assert first["map"] == "Carla/Maps/Town01"
    drawn = json.loads(_read(url + "map.json"))
    assert drawn["episode"] == first["episode"]
    assert {"driving", "sidewalk"} <= {kind for kind, _ in drawn["lanes"]}
    with RawClient(viewed.rpc_port) as raw:
        (x, y, z), rotation = raw.spawn_points()[0]
        vehicle = raw.spawn_vehicle([[x, y, z], rotation])
        raw.void("draw_debug_shape", [[4, [[1.0, 2.0, 3.0], "hello", False]], [255, 0, 0], 0.0, True])
        raw.void("set_weather_parameters", [80.0, *[0.0] * 4, -12.5, *[0.0] * 8])
        raw.void("apply_control_to_vehicle", vehicle, [1.0, 0.0, 0.0, False, False, False, 0])
        deadline = time.monotonic() + LIMIT_S
        seen: dict[str, Any] = {}
        while time.monotonic() < deadline:
            frame = raw.tick()
            while seen.get("frame") != frame:  # the last tick before a pause is always shown
                seen = next(stream)
            entry = next((actor for actor in seen["actors"] if actor[0] == vehicle), None)
            if entry is not None and entry[7] > 1.0:
                break
        assert entry is not None
        assert entry[1] == "vehicle.tesla.model3"
        assert np.hypot(entry[2] - x, entry[3] - y) < 10.0
        assert entry[7] > 1.0
        assert seen["shapes"] == [["text", [[1.0, 2.0, 3.0]], 0.0, 0.0, "hello", [255, 0, 0]]]
        assert seen["weather"]["sun altitude"] == -12.5
        assert any(
            actor[1] == "traffic.traffic_light" and actor[8] in "red yellow green" for actor in seen["actors"]
        )

        raw.void("load_new_episode", "Town02", False, 0)
        raw.tick()
        while seen["map"] != "Carla/Maps/Town02":
            seen = next(stream)
        assert json.loads(_read(url + "map.json"))["episode"] == seen["episode"] == first["episode"] + 1
    assert viewed.stop() == 0  # with a page open


def test_other_hosts_and_paths_are_refused(viewed: ServerProcess) -> None:
    url = _url(viewed)
    for path, headers, expected in (("nothing", {}, 404), ("events", {"Host": "example.org"}, 403)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            _read(url + path, **headers)
        assert caught.value.code == expected
    port = int(url.rsplit(":", 1)[1].strip("/"))
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))  # it listens on one address of loopback alone


def test_readers_that_leave_or_send_rubbish_disturb_nobody(viewed: ServerProcess) -> None:
    url = _url(viewed)
    port = int(url.rsplit(":", 1)[1].strip("/"))
    for data in (
        b"",
        b"\x00\xff" * 500,
        b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as peer:
            peer.sendall(data)
    with RawClient(viewed.rpc_port) as raw:
        for _ in range(100):
            raw.tick()
    assert next(_events(url))["frame"] >= 1
    assert "Traceback" not in viewed.log.read_text()


def test_a_taken_port_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", "0", "--view", str(port)]) == EXIT_CONFIGURATION
    assert f"--view {port}" in capsys.readouterr().err


def test_lanes_and_buildings_are_where_they_are() -> None:
    town = generate_town("Town02")
    lanes = list(lane_polygons(town.network))
    x, y = town.spawn_points[0, :2]
    driving = [np.array(points).reshape(-1, 2) for kind, points in lanes if kind == "driving"]
    assert any(_contains(polygon, x, y) for polygon in driving)
    parts = [np.array(points).reshape(-1, 2) for _, points in part_polygons(town.scenery.parts)]
    assert len(parts) > 100
    assert not any(_contains(polygon, x, y) for polygon in parts)


def _contains(polygon: np.ndarray, x: float, y: float) -> bool:
    """Whether a polygon [N, 2] has the point inside (crossings of a ray to the right)."""
    (ax, ay), (bx, by) = polygon.T, np.roll(polygon, -1, axis=0).T
    crosses = (ay > y) != (by > y)
    at = ax + (y - ay) / np.where(by == ay, 1.0, by - ay) * (bx - ax)
    return bool((crosses & (at > x)).sum() % 2)
