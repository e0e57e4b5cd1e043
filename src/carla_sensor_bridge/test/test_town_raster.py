"""What rasters are cut from: the town's image, and the route as points."""

from __future__ import annotations

import logging

import carla
import numpy as np
import numpy.typing as npt
import pytest
from conftest import document, ring_road, road_xml

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import town_raster
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.frame_ring import FrameRingReader, FrameRingWriter
from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph
from carla_sensor_bridge.route_line import BEHIND_M, SPACING_M, sample
from carla_sensor_bridge.stop_lines import build_stop_lines
from carla_sensor_bridge.town_raster import TownRaster, build_town_raster

CROSSING = (
    '<objects><object id="1" name="crossing" type="crosswalk" s="50" t="0" zOffset="0" hdg="0" pitch="0" roll="0" '
    'orientation="none" width="6" length="3"><outline>'
    + "".join(
        f'<cornerLocal u="{u}" v="{v}" z="0"/>' for u, v in ((-1, -3), (2, -3), (2, 3), (-1, 3), (-1, -3))
    )
    + "</outline></object></objects>"
)
BROKEN = '<lane id="0" type="none" level="false"><roadMark sOffset="0" type="broken" weight="standard" color="white" '
BROKEN += 'width="0.1" laneChange="none"/></lane>'


def signal_xml(number: int, kind: str, s: float, lane: int) -> str:
    orientation = "+" if lane < 0 else "-"
    return (
        f'<signal name="" id="{number}" s="{s}" t="0" zOffset="0" hOffset="0" roll="0" pitch="0" '
        f'orientation="{orientation}" dynamic="no" country="OpenDRIVE" type="{kind}" subtype="-1" value="-1" text="" '
        f'height="0.8" width="0.6"><validity fromLane="{lane}" toLane="{lane}"/></signal>'
    )


def street() -> str:
    """A road of 100 m along the x axis, lanes 4 m wide; a broken centre line, and a crossing at x = 49 to 52.

    The lane towards +x, at y = -2, has a traffic light at x = 30, the other one a stop sign at x = 70.
    """
    road = road_xml(1, (0.0, 0.0, 0.0), 100.0, sections=(0.0, 40.5))
    road = road.replace('<lane id="0" type="none" level="false"/>', BROKEN)
    signals = signal_xml(7, "1000001", 30.0, -1) + signal_xml(8, "206", 70.0, 1)
    return document("street", road.replace("</lanes>", f"</lanes>{CROSSING}<signals>{signals}</signals>"))


def draw(name: str, opendrive: str) -> tuple[TownRaster, DrivableArea, LaneGraph]:
    carla_map = carla.Map(name, opendrive)
    graph = build_lane_graph(carla_map)
    area = DrivableArea(graph)
    lines = build_stop_lines(carla_map, graph)
    return build_town_raster(carla_map, graph, area, lines, logging.getLogger("test")), area, graph


def bits(town: TownRaster, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """Return the cells at some points."""
    column = np.floor((np.asarray(x) - town.x) / town.cell_m).astype(int)
    row = np.floor((np.asarray(y) - town.y) / town.cell_m).astype(int)
    return town.cells[row, column]


def marked_at(town: TownRaster, x: npt.NDArray[np.float64], y: float) -> npt.NDArray[np.bool_]:
    """Tell where there is a lane marking on a line along x, which may be the border of two rows of cells."""
    cells = bits(town, x, np.full(len(x), y - 0.01)) | bits(town, x, np.full(len(x), y + 0.01))
    return cells & col.MAP_LANE_MARKING != 0


def test_street() -> None:
    town, area, _ = draw("street", street())
    assert town.cell_m == 0.25
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-2.0, 105.0, 5000), rng.uniform(-6.0, 6.0, 5000)
    np.testing.assert_array_equal(bits(town, x, y) & col.MAP_ROAD != 0, area.contains(x, y))

    along = np.arange(0.2, 99.8, 0.1)
    assert marked_at(town, along, -4.0).all()
    assert marked_at(town, along, 4.0).all()
    marked = marked_at(town, along, 0.0)
    assert 0.4 < marked.mean() < 0.6
    assert np.count_nonzero(np.diff(marked.astype(int)) == 1) == pytest.approx(100.0 / 6.0, abs=1.5)
    for beside in (-2.0, 2.0, -4.5, 4.5):
        assert not marked_at(town, along, beside).any()

    rows, columns = np.nonzero(town.cells & col.MAP_CROSSING)
    assert len(rows) == pytest.approx(3 * 6 * 16, abs=3 + 6)
    cell_x = town.x + (columns + 0.5) * 0.25
    cell_y = town.y + (rows + 0.5) * 0.25
    assert (cell_x.min(), cell_x.max()) == (pytest.approx(49.0, abs=0.26), pytest.approx(52.0, abs=0.26))
    assert (cell_y.min(), cell_y.max()) == (pytest.approx(-3.0, abs=0.26), pytest.approx(3.0, abs=0.26))


def test_stop_lines() -> None:
    town, _, _ = draw("street", street())
    rows, columns = np.nonzero(town.cells & col.MAP_STOP_LINE)
    x, y = town.x + (columns + 0.5) * 0.25, town.y + (rows + 0.5) * 0.25
    for place, low, high in ((30.0, -4.0, 0.0), (70.0, 0.0, 4.0)):
        here = np.abs(x - place) < 5.0
        assert np.abs(x[here] - place).max() < 0.4
        assert (y[here].min(), y[here].max()) == (pytest.approx(low, abs=0.2), pytest.approx(high, abs=0.2))
        assert 2 * 16 <= np.count_nonzero(here) <= 3 * 18
    np.testing.assert_allclose(town.light_lines, [[30.0, -2.0, 0.0, 4.0]], atol=0.02)
    assert town.lights.tolist() == [0]


def test_a_ring_is_marked_all_round() -> None:
    town, _, _ = draw("ring", ring_road())
    angle = np.linspace(0.0, 2.0 * np.pi, 3000)
    for radius in (26.0, 34.0):
        edge = bits(town, radius * np.cos(angle), radius * np.sin(angle)) & col.MAP_LANE_MARKING
        # Chords between points that are a metre apart stay within a cell of the circle.
        assert (edge != 0).mean() > 0.8
    inner = bits(town, 28.0 * np.cos(angle), 28.0 * np.sin(angle))
    assert (inner == col.MAP_ROAD).all()


def test_large_towns_get_larger_cells(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fine, _, _ = draw("ring", ring_road())
    monkeypatch.setattr(town_raster, "MAX_CELLS", fine.cells.size // 4)
    with caplog.at_level(logging.INFO):
        coarse, _, _ = draw("ring", ring_road())
    assert "0.5 m per cell instead of 0.25 m" in caplog.text
    assert (coarse.cell_m, coarse.x, coarse.y) == (0.5, fine.x, fine.y)
    road = fine.cells & col.MAP_ROAD
    height, width = coarse.cells.shape
    joined = road.reshape(height, 2, width, 2).max(axis=(1, 3))
    np.testing.assert_array_equal(coarse.cells & col.MAP_ROAD, joined)
    assert np.count_nonzero(coarse.cells & col.MAP_LANE_MARKING) > 500


def test_route_points_are_equally_spaced_and_end_with_the_route() -> None:
    s = np.array([0.0, 10.0, 30.0, 70.0])
    route = np.zeros((2, 5, 6))
    for agent in range(2):
        route[agent, 0, :4], route[agent, 1, :4], route[agent, 3, :4] = s, 5.0 * agent, s
    here = np.array([25.0, 3.0])
    out = np.full((2, col.NUM_ROUTE_LINE, 2), np.nan, np.float32)
    sample(route, np.array([4, 4]), np.array([1, 0]), here, out)
    for agent in range(2):
        wanted = here[agent] - BEHIND_M + SPACING_M * np.arange(col.NUM_ROUTE_LINE)
        np.testing.assert_allclose(out[agent, :, 0], np.clip(wanted, 0.0, 70.0), atol=1e-5)
        np.testing.assert_array_equal(out[agent, :, 1], 5.0 * agent)


def test_the_ring_has_room_for_it() -> None:
    town, _, _ = draw("street", street())
    ring = FrameRingWriter(2, 3, 1, 0.1, raster_lights=5, static=town.static_arrays(), sensor_bytes=10)
    reader = FrameRingReader(ring.fd)
    slot = ring.begin(1)
    slot.route_line[:] = 7.5
    slot.light_states[:] = [0, 1, 2, 3, 1]
    frame = reader.read(ring.commit(1, 0.1), 1)
    ring.close()
    assert frame.route_line.shape == (2, col.NUM_ROUTE_LINE, 2)
    assert (frame.route_line == 7.5).all()
    assert frame.light_states.tolist() == [0, 1, 2, 3, 1]
    np.testing.assert_array_equal(reader.static["map_raster"], town.cells)
    np.testing.assert_allclose(reader.static["map_frame"], [town.x, town.y, 0.25], rtol=1e-6)
    without = FrameRingWriter(2, 3, 1, 0.1)
    assert without.begin(1).route_line.size == without.begin(2).light_states.size == 0
    without.close()
