"""The edges of a map's driving lanes as lines, for viewers."""

from __future__ import annotations

from typing import Final

import carla
import numpy as np
from numpy.typing import NDArray

from carla_drl_tools.errors import ToolError

STEP_M: Final = 2.0


def lane_edges(map_name: str, opendrive: str) -> list[NDArray[np.float32]]:
    """Return the left and the right edge of every driving lane.

    Args:
        map_name: for messages.
        opendrive: the map's document.

    Returns:
        Polylines, float32 [P, 3]: x, y, z in frame "map" (REP-103), m.

    Raises:
        ToolError: when the document holds no road.
    """
    try:
        town = carla.Map(map_name, opendrive)
        lanes = {(start.road_id, start.section_id, start.lane_id): start for start, _ in town.get_topology()}
    except RuntimeError as error:
        raise ToolError(f"the OpenDRIVE document of map '{map_name}' cannot be read: {error}") from error
    if not lanes:
        raise ToolError(f"the OpenDRIVE document of map '{map_name}' has no driving lane")
    edges = []
    for start in lanes.values():
        points = [start, *start.next_until_lane_end(STEP_M)]
        centre = np.array([_place(point) for point in points], np.float32)
        half = 0.5 * np.array([point.lane_width for point in points], np.float32)
        across = np.column_stack([-np.sin(centre[:, 3]), np.cos(centre[:, 3]), np.zeros(len(points))])
        for side in (half, -half):
            edges.append((centre[:, :3] + across * side[:, None]).astype(np.float32))
    return edges


def _place(waypoint: carla.Waypoint) -> tuple[float, float, float, float]:
    """Return x, y, z and yaw of a waypoint, right-handed."""
    at = waypoint.transform.location
    return at.x, -at.y, at.z, -np.deg2rad(waypoint.transform.rotation.yaw)
