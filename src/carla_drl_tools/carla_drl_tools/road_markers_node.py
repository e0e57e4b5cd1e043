"""The road as lines for viewers: `/carla/world_info` in, one latched MarkerArray out per world."""

from __future__ import annotations

import sys
from contextlib import suppress
from itertools import pairwise

import rclpy
from carla_drl_msgs.msg import WorldInfo
from geometry_msgs.msg import Point
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from visualization_msgs.msg import Marker, MarkerArray

from carla_drl_tools.errors import ToolError
from carla_drl_tools.road_lines import lane_edges

_LATCHED = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
)
_WIDTH_M = 0.15


class RoadMarkersNode(Node):  # type: ignore[misc]
    """Publishes the edges of all driving lanes whenever the world is another one."""

    def __init__(self) -> None:
        super().__init__("road_markers")
        self._map = ("", 0)
        self._publisher = self.create_publisher(MarkerArray, "road_markers", _LATCHED)
        self.create_subscription(WorldInfo, "/carla/world_info", self._take, _LATCHED)

    def _take(self, world: WorldInfo) -> None:
        key = (world.map_name, hash(world.opendrive))
        if key == self._map:
            return
        self._map = key
        try:
            marker = road_marker(world.map_name, world.opendrive)
        except ToolError as error:
            self.get_logger().error(str(error))
            return
        self._publisher.publish(MarkerArray(markers=[marker]))
        self.get_logger().info(f"{world.map_name}: {len(marker.points) // 2} pieces of lane edges")


def road_marker(map_name: str, opendrive: str) -> Marker:
    """Return the lane edges of a map as one LINE_LIST in frame "map".

    Raises:
        ToolError: when the document holds no road.
    """
    marker = Marker(ns="road", type=Marker.LINE_LIST, action=Marker.ADD)
    marker.header.frame_id = "map"
    marker.pose.orientation.w = 1.0
    marker.scale.x = _WIDTH_M
    marker.color.r = marker.color.g = marker.color.b = 0.75
    marker.color.a = 1.0
    for edge in lane_edges(map_name, opendrive):
        points = [Point(x=x, y=y, z=z) for x, y, z in edge.astype(float).tolist()]
        for pair in pairwise(points):
            marker.points.extend(pair)
    return marker


def main() -> None:
    """Run until a signal."""
    rclpy.init()
    node = RoadMarkersNode()
    with suppress(KeyboardInterrupt, ExternalShutdownException):
        rclpy.spin(node)
    node.destroy_node()
    rclpy.try_shutdown()
    sys.exit(0)


if __name__ == "__main__":
    main()
