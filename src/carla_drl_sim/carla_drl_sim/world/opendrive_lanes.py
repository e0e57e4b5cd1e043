"""Reads the lane sections of a road of an OpenDRIVE document."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.opendrive_fields import Fields, cubic_table
from carla_drl_sim.world.road_network import Lane, Mark, Section, Side

MAX_LANES = 64
"""Of one side of a section."""
_DEFAULT_MARK_WIDTH = 0.12

Floats = npt.NDArray[np.float64]


def read_sections(road: Fields, length: float) -> tuple[Section, ...]:
    """The sections of a road, in order.

    Raises:
        ValueError: there is none, they are not in order, or lane ids have gaps.
    """
    records = sorted(road.children("lanes", "laneSection"), key=lambda record: record.number("s"))
    if not records:
        raise road.error("there is no laneSection")
    starts = [min(max(record.number("s"), 0.0), length) for record in records]
    starts[0] = 0.0
    ends = [*starts[1:], length]
    return tuple(
        _read_section(record, start, end)
        for record, start, end in zip(records, starts, ends, strict=True)
        if end > start or len(records) == 1
    )


def _read_section(record: Fields, start: float, end: float) -> Section:
    centre = Lane(0, "none")
    for element in record.children("center", "lane"):
        centre = _read_lane(element, start)
    return Section(start, end, _read_side(record, "left", start), _read_side(record, "right", start), centre)


def _read_side(record: Fields, name: str, start: float) -> Side:
    sign = 1 if name == "left" else -1
    elements = record.children(name, "lane")
    if len(elements) > MAX_LANES:
        raise record.error(f"{len(elements)} lanes on the {name} side; allowed: {MAX_LANES}")
    lanes = sorted(((_read_lane(e, start), e) for e in elements), key=lambda lane: abs(lane[0].id))
    ids = [lane.id for lane, _ in lanes]
    if ids != [sign * (place + 1) for place in range(len(ids))]:
        raise record.error(
            f"lane ids on the {name} side are {ids}; expected {sign}, {2 * sign}, ... without gaps"
        )
    tables: list[Floats] = []
    inner = np.zeros((1, 5))
    for _, element in lanes:
        widths = cubic_table(element.children("width"), start, "sOffset")
        borders = cubic_table(element.children("border"), start, "sOffset")
        if not len(widths) and len(borders):
            borders[:, 1:] *= sign
            widths, inner = _difference(borders, inner), borders
        tables.append(widths if len(widths) else np.array([[start, 0.0, 0.0, 0.0, 0.0]]))
    first = np.cumsum([0, *(len(table) for table in tables)])
    return Side(
        tuple(lane for lane, _ in lanes),
        np.vstack(tables) if tables else np.zeros((0, 5)),
        first.astype(np.int64),
    )


def _moved(table: Floats, s: float) -> Floats:
    """a, b, c, d of the piece at `s`, counted from there."""
    row = table[max(int(np.searchsorted(table[:, 0], s, side="right")) - 1, 0)]
    h = s - row[0]
    a, b, c, d = row[1:]
    return np.array([a + h * (b + h * (c + h * d)), b + h * (2.0 * c + 3.0 * d * h), c + 3.0 * d * h, d])


def _difference(outer: Floats, inner: Floats) -> Floats:
    starts = np.union1d(outer[:, 0], inner[inner[:, 0] > outer[0, 0], 0])
    return np.array([[s, *(_moved(outer, s) - _moved(inner, s))] for s in starts])


def _read_lane(element: Fields, start: float) -> Lane:
    lane_id = element.integer("id")
    where = f"{element.where} (lane {lane_id})"
    element = Fields(element.element, where)
    marks = []
    for record in element.children("roadMark"):
        kind = record.text("type", "none")
        line = record.child("type")
        line = None if line is None else line.child("line")
        mark = Mark(
            start + record.number("sOffset", 0.0),
            kind,
            record.text("color", "standard"),
            min(record.unsigned_length("width", _DEFAULT_MARK_WIDTH) or _DEFAULT_MARK_WIDTH, 1.0),
        )
        if line is not None:
            mark = replace(
                mark, dash=line.unsigned_length("length", 0.0), space=line.unsigned_length("space", 0.0)
            )
        marks.append(mark)
    link = element.child("link")
    ends: list[int | None] = []
    for name in ("predecessor", "successor"):
        end = None if link is None else link.child(name)
        ends.append(None if end is None else end.integer("id"))
    heights = [
        (start + record.number("sOffset", 0.0), record.number("inner", 0.0), record.number("outer", 0.0))
        for record in element.children("height")
    ]
    return Lane(
        lane_id,
        element.text("type", "none"),
        tuple(sorted(marks, key=lambda mark: mark.s)),
        ends[0],
        ends[1],
        element.text("level", "false") in ("true", "1"),
        tuple(sorted(heights)),
    )
