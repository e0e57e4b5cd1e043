"""The navigation mesh of a town as the file that CARLA's client reads to lead its AI walkers.

The file is a tile set as Recast's demo writes it: a header, then per tile its reference, its size and its data, which
is Detour's tile format, version 7 (recastnavigation, ``DetourNavMesh.h`` and ``DetourNavMeshBuilder.cpp``). A town is
one tile. Detour's axes are x, up, and CARLA's y.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.navigation_pieces import MAX_CORNERS, NO_NEIGHBOUR, Piece
from carla_drl_sim.world.walkways import WalkwayKind

FORMAT_VERSION = 2
"""Part of the files' names, which clients keep for ever: to be raised with every change of how meshes are made."""

_SET_MAGIC = int.from_bytes(b"MSET", "big")
_SET_VERSION = 1
_TILE_MAGIC = int.from_bytes(b"DNAV", "big")
_TILE_VERSION = 7
_SET_HEADER = struct.Struct("<3i5f2i")
_TILE_ENTRY = struct.Struct("<Ii")
_TILE_HEADER = struct.Struct("<5iI9i10f")

_POLYGON = np.dtype(
    [
        ("first_link", "<u4"),
        ("corners", "<u2", MAX_CORNERS),
        ("neighbours", "<u2", MAX_CORNERS),
        ("flags", "<u2"),
        ("count", "u1"),
        ("area", "u1"),
    ]
)
_DETAIL = np.dtype(
    [
        ("first_corner", "<u4"),
        ("first_triangle", "<u4"),
        ("corners", "u1"),
        ("triangles", "u1"),
        ("", "u1", 2),
    ]
)
_NODE = np.dtype([("low", "<u2", 3), ("high", "<u2", 3), ("index", "<i4")])
_LINK_BYTES = 12

MAX_PIECES = 0x7FFF
MAX_CORNERS_OF_ALL = 0xFFFF
"""Limits of 16-bit indices, of which neighbours use one bit otherwise."""

AGENT_HEIGHT_M, AGENT_RADIUS_M, AGENT_CLIMB_M = 1.8, 0.3, 0.5
"""The client's walkers (LibCarla, ``Navigation.cpp``)."""

_FLAGS = {
    WalkwayKind.SIDEWALK: 0x02,
    WalkwayKind.CROSSWALK: 0x04,
    WalkwayKind.ROAD: 0x08,
    WalkwayKind.GRASS: 0x10,
}
"""What the client's filters ask for (LibCarla, ``Navigation.h``)."""


def file_name(town: str, opendrive: str) -> str:
    """Name under which clients ask for and keep the mesh of a town; another map or way to make it has another name."""
    content = hashlib.sha256(opendrive.encode()).hexdigest()[:16]
    return f"Carla/Maps/Nav/{town}_{content}_{FORMAT_VERSION}.bin"


def encode(pieces: Sequence[Piece]) -> bytes:
    """The file of a mesh; a town without walkways has one without tiles.

    Raises:
        ValueError: there are too many pieces for one tile.
    """
    if not pieces:
        return _SET_HEADER.pack(_SET_MAGIC, _SET_VERSION, 0, 0.0, 0.0, 0.0, 1.0, 1.0, 1, 1)
    count = len(pieces)
    corners, polygons = _polygons(pieces)
    if count > MAX_PIECES or len(corners) > MAX_CORNERS_OF_ALL:
        raise ValueError(
            f"a navigation mesh of {count} pieces and {len(corners)} corners: at most {MAX_PIECES} and "
            f"{MAX_CORNERS_OF_ALL} are possible"
        )
    low, high = corners.min(axis=0) - 1.0, corners.max(axis=0) + 1.0
    width, _, depth = (high - low).tolist()
    quantum = 10.0 if max(high - low) < 6000.0 else 60000.0 / float(max(high - low))
    nodes = _tree(pieces, low, quantum)
    details, triangles = _details(polygons["count"])
    links = int((polygons["neighbours"] != 0).sum())
    header = _TILE_HEADER.pack(
        _TILE_MAGIC,
        _TILE_VERSION,
        *(0, 0, 0, 0),
        count,
        len(corners),
        links,
        len(details),
        0,
        len(triangles),
        len(nodes),
        0,
        count,
        AGENT_HEIGHT_M,
        AGENT_RADIUS_M,
        AGENT_CLIMB_M,
        *low.tolist(),
        *high.tolist(),
        quantum,
    )
    tile = b"".join(
        (
            header,
            corners.tobytes(),
            polygons.tobytes(),
            bytes(links * _LINK_BYTES),
            details.tobytes(),
            triangles.tobytes(),
            nodes.tobytes(),
        )
    )
    polygon_bits = max(1, (count - 1).bit_length())
    reference = 1 << (polygon_bits + 1)  # salt 1, tile 0 of 2, polygon 0
    head = _SET_HEADER.pack(
        _SET_MAGIC, _SET_VERSION, 1, *low.tolist(), width + 1.0, depth + 1.0, 2, 1 << polygon_bits
    )
    return b"".join((head, _TILE_ENTRY.pack(reference, len(tile)), tile))


def _polygons(pieces: Sequence[Piece]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.void]]:
    """All corners, each once, float32 [V, 3], and the polygons that use them."""
    number: dict[tuple[float, float, float], int] = {}
    polygons = np.zeros(len(pieces), _POLYGON)
    for index, piece in enumerate(pieces):
        row = polygons[index]
        size = len(piece.corners)
        row["corners"][:size] = [
            number.setdefault((round(x, 2), round(z, 2), round(y, 2)), len(number)) & 0xFFFF
            for x, y, z in piece.corners
        ]
        row["neighbours"][:size] = [
            0 if neighbour == NO_NEIGHBOUR else (neighbour + 1) & 0xFFFF for neighbour in piece.neighbours
        ]
        row["flags"] = _FLAGS[piece.kind]
        row["count"] = size
        row["area"] = int(piece.kind)  # of the type "ground", which is 0 in the upper bits
    polygons["first_link"] = 0xFFFFFFFF
    return np.array(list(number), dtype="<f4").reshape(-1, 3), polygons


def _details(counts: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.void], npt.NDArray[np.uint8]]:
    """Surfaces of the polygons: fans of triangles over their corners, with marks on the polygons' own edges."""
    details = np.zeros(len(counts), _DETAIL)
    details["triangles"] = counts - 2
    details["first_triangle"] = np.concatenate(([0], np.cumsum(details["triangles"][:-1], dtype=np.int64)))
    triangles = [
        (0, corner - 1, corner, (corner == 2) | 1 << 2 | (corner == count - 1) << 4)
        for count in counts.tolist()
        for corner in range(2, count)
    ]
    return details, np.array(triangles, dtype=np.uint8).reshape(-1, 4)


def _tree(pieces: Sequence[Piece], low: npt.NDArray[np.float32], quantum: float) -> npt.NDArray[np.void]:
    """Tree of bounding boxes in the order in which it is searched; inner nodes hold how many nodes to skip."""
    boxes = np.array(
        [
            (
                *(min(point[axis] for point in piece.corners) for axis in (0, 2, 1)),
                *(max(point[axis] for point in piece.corners) for axis in (0, 2, 1)),
            )
            for piece in pieces
        ]
    )
    lows = np.floor((boxes[:, :3] - low) * quantum).clip(0, 0xFFFF).astype(np.uint16)
    highs = np.ceil((boxes[:, 3:] - low) * quantum).clip(0, 0xFFFF).astype(np.uint16)
    middle = boxes[:, :3] + boxes[:, 3:]
    nodes = np.zeros(2 * len(pieces) - 1, _NODE)
    used = 0

    def add(members: npt.NDArray[np.intp]) -> None:
        nonlocal used
        place = used
        used += 1
        nodes["low"][place], nodes["high"][place] = lows[members].min(axis=0), highs[members].max(axis=0)
        if len(members) == 1:
            nodes["index"][place] = members[0]
            return
        spread = np.ptp(middle[members], axis=0)
        ordered = members[np.argsort(middle[members, int(np.argmax(spread))], kind="stable")]
        add(ordered[: len(ordered) // 2])
        add(ordered[len(ordered) // 2 :])
        nodes["index"][place] = place - used

    add(np.arange(len(pieces)))
    return nodes
