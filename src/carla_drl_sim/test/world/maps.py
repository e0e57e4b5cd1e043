"""CARLA's own maps, where the machine has them, and small documents made of given parts."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_MAPS = ("Town01", "Town02", "Town04")


def shared_map(name: str) -> str:
    """Text of a map in the folder shared/maps beside the repository; skips the test where there is none."""
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared" / "maps" / f"{name}.xodr"
        if path.is_file():
            return path.read_text()
    pytest.skip(f"CARLA's own map {name} is not in a folder shared/maps beside the repository")


def document(
    geometry: str,
    length: float = 100.0,
    *,
    lanes: str | None = None,
    elevation: str = "",
    rest: str = "",
    road_rest: str = "",
    offset: str = "",
) -> str:
    """A document with one road; `geometry` is what the planView holds."""
    if lanes is None:
        lanes = (
            '<laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>'
            '<center><lane id="0" type="none"/></center>'
            '<right><lane id="-1" type="driving"><width sOffset="0" a="3" b="0.01" c="0" d="0"/></lane></right></laneSection>'
        )
    return (
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"/>'
        f'<road name="" id="7" length="{length}" junction="-1"><link/>'
        f"<planView>{geometry}</planView><elevationProfile>{elevation}</elevationProfile>"
        f"<lanes>{offset}{lanes}</lanes>{road_rest}</road>{rest}</OpenDRIVE>"
    )


def piece(
    shape: str, length: float = 100.0, x: float = 0.0, y: float = 0.0, hdg: float = 0.0, s: float = 0.0
) -> str:
    """A geometry element."""
    return f'<geometry s="{s}" x="{x}" y="{y}" hdg="{hdg}" length="{length}">{shape}</geometry>'
