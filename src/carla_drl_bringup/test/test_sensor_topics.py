"""Sensors and world as ROS topics: real client, embedded simulator, bridge and gateway as processes."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from carla_drl_msgs.msg import LaneInvasionEvent, RoadObject, RoadObjectArray, SimulationStatus, WorldInfo
from launched import domain
from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_loop import LATCHED, SCENARIOS, SensorLoop, nanoseconds
from sensor_msgs.msg import CameraInfo, Image, Imu, NavSatFix, PointCloud2
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

SMALL = {"image_size_x": 64, "image_size_y": 48, "fov": 90.0}
POINTS = {"points_per_second": 5000}
MAST = {"x_m": 3.0, "z_m": 2.0}
CAMERAS = {
    "rgb": "bgra8",
    "depth": "32FC1",
    "semantic_segmentation": "bgr8",
    "instance_segmentation": "bgra8",
    "normals": "bgra8",
    "optical_flow": "32FC2",
}
CLOUDS = {
    "lidar": ("sensor.lidar.ray_cast", ["x", "y", "z", "intensity"]),
    "labels": ("sensor.lidar.ray_cast_semantic", ["x", "y", "z", "CosAngle", "ObjIdx", "ObjTag"]),
    "radar": (
        "sensor.other.radar",
        ["x", "y", "z", "Range", "Velocity", "AzimuthAngle", "ElevationAngle"],
    ),
}
ROLE = "/carla/ego0"


def every_sensor() -> list[dict[str, Any]]:
    sensors: list[dict[str, Any]] = [
        {"name": name, "type": f"sensor.camera.{name}", "attributes": SMALL, "transform": MAST}
        for name in (*CAMERAS, "dvs")
    ]
    sensors += [
        {"name": name, "type": kind, "attributes": POINTS, "transform": MAST}
        for name, (kind, _) in CLOUDS.items()
    ]
    for name in ("imu", "gnss", "lane_invasion", "collision", "obstacle"):
        sensors.append({"name": name, "type": f"sensor.other.{name}"})
    return sensors


def image_array(message: Image, dtype: Any, channels: int) -> np.ndarray[Any, Any]:
    assert message.step == message.width * channels * np.dtype(dtype).itemsize
    return np.frombuffer(message.data, dtype).reshape(message.height, message.width, channels)


def test_every_sensor_and_the_world_are_topics_of_their_frame(tmp_path: Path) -> None:
    with SensorLoop(tmp_path, domain(30), every_sensor()) as loop:
        per_frame: list[str] = []

        def every_frame(kind: Any, topic: str) -> None:
            loop.listen(kind, topic)
            per_frame.append(topic)

        for name in CAMERAS:
            every_frame(Image, f"{ROLE}/{name}/image")
            every_frame(CameraInfo, f"{ROLE}/{name}/camera_info")
        every_frame(Image, f"{ROLE}/semantic_segmentation/labels")
        every_frame(PointCloud2, f"{ROLE}/dvs/events")
        for name in CLOUDS:
            every_frame(PointCloud2, f"{ROLE}/{name}")
        every_frame(Imu, f"{ROLE}/imu")
        every_frame(NavSatFix, f"{ROLE}/gnss")
        every_frame(Odometry, f"{ROLE}/odometry")
        every_frame(SimulationStatus, "/carla/status")
        every_frame(RoadObjectArray, "/carla/objects")
        every_frame(Clock, "/clock")
        every_frame(TFMessage, "/tf")
        loop.listen(LaneInvasionEvent, f"{ROLE}/lane_invasion")
        loop.listen(MarkerArray, "/carla_drl/sim0/markers")  # 20 times per second of wall time
        loop.listen(WorldInfo, "/carla/world_info", LATCHED)
        loop.listen(TFMessage, "/tf_static", LATCHED)
        loop.begin()

        def stamps(topic: str) -> list[int]:
            def stamp(message: Any) -> int:
                if topic == "/clock":
                    return nanoseconds(message.clock)
                return nanoseconds(
                    message.transforms[0].header.stamp if topic == "/tf" else message.header.stamp
                )

            return [stamp(message) for message in loop.messages[topic]]

        # Who subscribes gets the frames from then on: step until everybody has been noticed.
        frames = {nanoseconds(loop.observation.header.stamp)}
        for _ in range(100):
            if all(loop.messages[topic] for topic in per_frame):
                break
            frames.add(nanoseconds(loop.step(0.3).header.stamp))
            for _ in range(5):
                loop._executor.spin_once(timeout_sec=0.02)
        missing = [topic for topic in per_frame if not loop.messages[topic]]
        assert not missing
        # From here on nothing may be missing, as long as the frame waits for its audience.
        for _ in range(4):
            now = nanoseconds(loop.step(0.6, 0.4).header.stamp)
            frames.add(now)
            loop.wait_until(
                lambda now=now: all(now in stamps(topic) for topic in per_frame), "all topics of a frame"
            )
        for topic in per_frame:
            assert set(stamps(topic)) <= frames, topic
            assert sorted(set(stamps(topic))) == stamps(topic), topic

        for _ in range(60):
            if loop.messages[f"{ROLE}/lane_invasion"]:
                break
            loop.step(0.6, 0.4)
        loop.wait_until(lambda: loop.messages[f"{ROLE}/lane_invasion"], "a crossed lane marking")
        assert len(loop.messages[f"{ROLE}/lane_invasion"][0].crossed_lane_markings) >= 1
        check_messages(loop)
        loop.wait_until(lambda: loop.values("topics").get("sensors") == "15", "diagnostics of the gateway")
        loop.wait_until(lambda: loop.values("sensors").get("sensors") == "15", "diagnostics of the bridge")
        # Diagnostics come once a second.
        loop.wait_until(lambda: int(loop.values("topics")["topic_messages"]) > 50, "counted messages")
        assert loop.values("sensors")["sensor_missing"] == "0"


def check_messages(loop: SensorLoop) -> None:
    """Look at the newest message of each topic."""

    def last(topic: str) -> Any:
        return loop.messages[topic][-1]

    for name, encoding in CAMERAS.items():
        image, info = last(f"{ROLE}/{name}/image"), last(f"{ROLE}/{name}/camera_info")
        assert (image.width, image.height, image.encoding) == (64, 48, encoding)
        assert image.header.frame_id == info.header.frame_id == f"ego0/{name}_optical"
        np.testing.assert_allclose(info.k, [32.0, 0.0, 32.0, 0.0, 32.0, 24.0, 0.0, 0.0, 1.0], atol=1e-4)
    depth = image_array(last(f"{ROLE}/depth/image"), np.float32, 1)
    # The road, seen from 2 m above it, at the lower edge of a picture with 74 degrees from top to bottom.
    assert depth[-1, 32] == pytest.approx(2.0 / math.tan(math.atan(24.0 / 32.0)), abs=0.4)
    labels = image_array(last(f"{ROLE}/semantic_segmentation/labels"), np.uint8, 1)
    colors = image_array(last(f"{ROLE}/semantic_segmentation/image"), np.uint8, 3)
    road = labels[..., 0] == 1
    assert road.any()
    assert (colors[road] == [128, 64, 128]).all()
    for name, (_, fields) in CLOUDS.items():
        cloud = last(f"{ROLE}/{name}")
        assert [field.name for field in cloud.fields] == fields
        assert cloud.point_step == 4 * len(fields)
        assert cloud.width * cloud.point_step == len(cloud.data)
        assert cloud.header.frame_id == f"ego0/{name}"
    imu, fix = last(f"{ROLE}/imu"), last(f"{ROLE}/gnss")
    assert imu.linear_acceleration.z == pytest.approx(9.81, abs=1.0)
    assert fix.latitude == pytest.approx(42.0, abs=0.1)
    odometry = last(f"{ROLE}/odometry")
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("ego0/odom", "ego0/base_link")
    speed = loop.observation.state[0]
    assert odometry.twist.twist.linear.x == pytest.approx(speed, abs=1.0)
    assert imu.angular_velocity.z == pytest.approx(odometry.twist.twist.angular.z, abs=0.05)
    assert imu.orientation.z == pytest.approx(odometry.pose.pose.orientation.z, abs=0.05)
    objects = last("/carla/objects").objects
    assert [(each.kind, each.index) for each in objects] == [(RoadObject.KIND_EGO, 0)]
    loop.wait_until(lambda: loop.messages["/carla_drl/sim0/markers"], "markers")
    box, route = last("/carla_drl/sim0/markers").markers
    assert (box.ns, box.type, route.ns, route.type) == ("egos", Marker.CUBE, "routes", Marker.LINE_STRIP)
    assert box.header.frame_id == "map"
    assert (
        math.hypot(
            box.pose.position.x - odometry.pose.pose.position.x,
            box.pose.position.y - odometry.pose.pose.position.y,
        )
        < 5.0
    )
    assert len(route.points) == 10
    ahead = math.hypot(route.points[0].x - box.pose.position.x, route.points[0].y - box.pose.position.y)
    assert ahead < 10.0  # the route's first point is 2.5 m ahead of where the ego is on it
    status = last("/carla/status")
    assert (status.session, status.simulator) == (loop.observation.session, "sim0")
    loop.wait_until(
        lambda: loop.messages["/carla/world_info"] and loop.messages["/tf_static"], "latched topics"
    )
    world = last("/carla/world_info")
    assert world.map_name == "Town01"
    assert "<OpenDRIVE>" in world.opendrive
    edges = {(each.header.frame_id, each.child_frame_id): each for each in last("/tf_static").transforms}
    assert ("map", "ego0/odom") in edges
    mounted = edges["ego0/base_link", "ego0/rgb"].transform.translation
    assert (mounted.x, mounted.y, mounted.z) == (3.0, 0.0, 2.0)
    optical = edges["ego0/rgb", "ego0/rgb_optical"].transform.rotation
    np.testing.assert_allclose([optical.x, optical.y, optical.z, optical.w], [-0.5, 0.5, -0.5, 0.5])


STUCK = """
import sys, time
from pathlib import Path
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("stuck")
def take(image):
    Path(sys.argv[1]).write_text("stuck")
    while not Path(sys.argv[2]).exists():
        time.sleep(0.01)
qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
node.create_subscription(Image, "/carla/ego0/front/image", take, qos)
rclpy.spin(node)
"""


def test_a_subscriber_that_is_stuck_does_not_hold_the_loop(tmp_path: Path) -> None:
    sensors = yaml.safe_load((SCENARIOS / "sensor_suite.yaml").read_text())["sensors"]
    sensors[0]["attributes"] |= {"image_size_x": 800, "image_size_y": 600}
    with SensorLoop(tmp_path, domain(31), sensors) as loop:
        loop.listen(Imu, f"{ROLE}/imu", QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT))
        loop.begin()
        stuck, free = tmp_path / "stuck", tmp_path / "free"
        loop.run([sys.executable, "-c", STUCK, str(stuck), str(free)])

        def is_stuck() -> bool:
            loop.step()
            return stuck.exists()

        loop.wait_until(is_stuck, "the subscriber to be stuck")
        before = len(loop.messages[f"{ROLE}/imu"])
        first = loop.observation.frame
        for _ in range(40):
            loop.step()
        # The subscriber stands still all the time, and neither the loop nor the other topics do.
        assert loop.observation.frame == first + 40
        loop.wait_until(lambda: len(loop.messages[f"{ROLE}/imu"]) >= before + 10, "other topics")
        free.write_text("free")
