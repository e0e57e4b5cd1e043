"""Sensors on egos as a run has them: real client library, embedded simulator; the test is the gateway."""

from __future__ import annotations

import math
import re
import signal
from pathlib import Path
from typing import Any

import carla
import numpy as np
import numpy.typing as npt
import pytest
from gateway_peer import GatewayPeer, follow_route, wait_until
from processes import STOP_S, Bridge, Simulator, scenario, start
from ros_listener import RosListener

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import sensor_table as table
from carla_sensor_bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from carla_sensor_bridge.frame_ring import Frame
from carla_sensor_bridge.sensor_blueprints import find_sensor_blueprint
from carla_sensor_bridge.sensor_config import Sensor

SMALL = {"image_size_x": 64, "image_size_y": 48}
POINTS = {"points_per_second": 5000}
CAMERAS = ("rgb", "depth", "semantic_segmentation", "instance_segmentation", "normals", "optical_flow", "dvs")
MAST = {"x_m": 0.5, "z_m": 2.0}


def every_sensor() -> list[dict[str, Any]]:
    cameras = [
        {"name": name, "type": f"sensor.camera.{name}", "attributes": SMALL, "transform": MAST}
        for name in CAMERAS
    ]
    others = [
        {"name": "lidar", "type": "sensor.lidar.ray_cast", "attributes": POINTS, "transform": MAST},
        {
            "name": "labels",
            "type": "sensor.lidar.ray_cast_semantic",
            "attributes": POINTS,
            "transform": MAST,
        },
        {"name": "radar", "type": "sensor.other.radar", "attributes": POINTS, "transform": MAST},
        {"name": "imu", "type": "sensor.other.imu", "rate_hz": 5.0},
        {"name": "gnss", "type": "sensor.other.gnss", "agents": [1]},
        {"name": "collision", "type": "sensor.other.collision"},
        {"name": "lane", "type": "sensor.other.lane_invasion"},
        {"name": "obstacle", "type": "sensor.other.obstacle", "attributes": {"distance": 2.0}},
    ]
    return cameras + others


class Rows:
    """The sensors of a ring: records by agent and name, blocks and payloads of a frame."""

    def __init__(self, peer: GatewayPeer) -> None:
        assert peer.ring is not None
        self.records = peer.ring.static["sensor_table"].view(table.RECORD)[:, 0]
        self.index = {
            (int(row["agent"]), row["name"].decode()): index for index, row in enumerate(self.records)
        }

    def block(self, frame: Frame, agent: int, name: str) -> Any:
        index = self.index[agent, name]
        return frame.sensors[64 * index : 64 * (index + 1)].view(table.BLOCK)[0]

    def payload(self, frame: Frame, agent: int, name: str) -> npt.NDArray[np.uint8]:
        row = self.records[self.index[agent, name]]
        start = int(row["offset"])
        return frame.sensors[start : start + int(self.block(frame, agent, name)["bytes"])]


def test_every_kind_of_sensor_sends_in_its_frames(
    shared_simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    path = scenario(tmp_path, sensors=every_sensor())
    with Bridge(shared_simulator.port, path, num_agents=2, seed=1) as bridge:
        start(peer, bridge)
        rows = Rows(peer)
        assert peer.ring is not None
        assert peer.ring.static["world"].tobytes().rstrip(b"\0").startswith(b"Town01\0")
        assert peer.ring.static["opendrive"].tobytes().lstrip().startswith(b"<?xml")
        assert len(rows.index) == 2 * 15 - 1
        assert (0, "gnss") not in rows.index
        frames = peer.run(12, follow_route)
        bridge.signal(signal.SIGTERM)
        while peer.next_frame() is not None:
            pass
        assert bridge.wait(STOP_S) == 0, bridge.output()

    events = {"collision", "lane", "obstacle"}
    imu_frames = [bool(rows.block(frame, 0, "imu")["flags"] & table.FLAG_DATA) for frame in frames]
    assert imu_frames in ([True, False] * 6, [False, True] * 6)
    for frame in frames:
        for agent, name in rows.index:
            block = rows.block(frame, agent, name)
            assert int(block["frame"]) == frame.frame
            assert float(block["sim_time_s"]) == frame.sim_time_s
            if name not in events | {"imu"}:
                assert int(block["flags"]) == table.FLAG_DATA, name
        assert rows.payload(frame, 0, "rgb").size == 64 * 48 * 4
        assert rows.payload(frame, 0, "optical_flow").size == 64 * 48 * 8
    last = frames[-1]
    assert len(np.unique(rows.payload(last, 0, "rgb"))) > 10
    assert (rows.payload(last, 0, "rgb") != rows.payload(last, 1, "rgb")).any()
    points = rows.payload(last, 0, "lidar").view(np.float32).reshape(-1, 4)
    assert len(points) > 20
    assert points[:, 2].min() == pytest.approx(-2.0, abs=0.3)  # the road, 2 m below
    labels = rows.payload(last, 0, "labels").view(np.uint32).reshape(-1, 6)[:, 5]
    assert 1 in labels  # Roads
    latitude, _, _ = rows.payload(last, 1, "gnss").view(np.float64)
    # The map lies at 42 degrees; CARLA's latitude grows with its y, which is minus ours; 111 km per degree.
    assert latitude - 42.0 == pytest.approx(-last.ego[1, col.EGO_Y] / 111_320.0, abs=2e-5)
    imu = rows.payload(frames[imu_frames.index(True)], 0, "imu").view(np.float64)
    yaw = 2.0 * math.atan2(imu[2], imu[3])
    difference = yaw - frames[imu_frames.index(True)].ego[0, col.EGO_YAW]
    assert math.sin(difference) == pytest.approx(0.0, abs=1e-3)
    assert imu[9] == pytest.approx(9.81, abs=0.5)


def plain_client(simulator: Simulator) -> tuple[Any, Any]:
    client = carla.Client("127.0.0.1", simulator.port, worker_threads=1)
    client.set_timeout(20.0)
    return client, client.get_world()


def actor_named(world: Any, role: str) -> Any:
    """Wait until the client has seen a snapshot with an actor of that role, and return it."""
    found: list[Any] = []

    def look() -> bool:
        found.extend(actor for actor in world.get_actors() if actor.attributes.get("role_name") == role)
        return bool(found)

    assert wait_until(look), f"no actor has the role {role}"
    return found[0]


def step(peer: GatewayPeer, frame: Frame) -> Frame:
    peer.answer(frame.frame, follow_route(frame))
    after = peer.next_frame()
    assert after is not None
    return after


def begin(peer: GatewayPeer, bridge: Bridge) -> tuple[Rows, Frame]:
    start(peer, bridge)
    frame = peer.next_frame()
    assert frame is not None
    return Rows(peer), frame


def test_pictures_are_those_of_a_plain_client(
    shared_simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    camera = {"name": "front", "type": "sensor.camera.rgb", "attributes": SMALL}
    path = scenario(
        tmp_path, sensors=[camera | {"transform": {"x_m": 1.0, "y_m": 0.5, "z_m": 1.5, "yaw_deg": 30.0}}]
    )
    with Bridge(shared_simulator.port, path, num_agents=1, seed=1) as bridge:
        rows, frame = begin(peer, bridge)
        _, world = plain_client(shared_simulator)
        frame = step(peer, frame)
        ego = actor_named(world, "ego0")
        blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
        for name, value in SMALL.items():
            blueprint.set_attribute(name, str(value))
        # The same place in CARLA's axes: y and yaw change their signs.
        place = carla.Transform(carla.Location(1.0, -0.5, 1.5), carla.Rotation(yaw=-30.0))
        own = world.spawn_actor(blueprint, place, attach_to=ego)
        pictures: dict[int, bytes] = {}
        own.listen(lambda image: pictures.__setitem__(image.frame, bytes(image.raw_data)))
        seen: dict[bytes, int] = {}
        for _ in range(8):
            frame = step(peer, frame)
            seen[rows.payload(frame, 0, "front").tobytes()] = frame.frame
        wait_until(lambda: len(pictures) >= 5)
        own.stop()
        own.destroy()
        common = [seen[picture] for picture in pictures.values() if picture in seen]
        assert len(common) == len(pictures) >= 5
        assert common == list(range(common[0], common[0] + len(common)))


def test_a_sensor_that_is_destroyed_is_noticed_and_the_loop_goes_on(
    shared_simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    sensors = [
        {"name": "front", "type": "sensor.camera.rgb", "attributes": SMALL},
        {"name": "back", "type": "sensor.camera.rgb", "attributes": SMALL},
    ]
    path = scenario(tmp_path, sensors=sensors)
    with RosListener() as listener, Bridge(shared_simulator.port, path, num_agents=1, seed=1) as bridge:
        rows, frame = begin(peer, bridge)
        client, world = plain_client(shared_simulator)
        frame = step(peer, frame)
        victim = actor_named(world, "front")
        client.apply_batch_sync([carla.command.DestroyActor(victim.id)], False)
        peer.answer(frame.frame, follow_route(frame))
        frames = peer.run(6, follow_route)
        assert frames[-1].frame == 8
        assert [int(rows.block(each, 0, "front")["flags"]) for each in frames] == [table.FLAG_MISSING] + [
            0
        ] * 5
        assert all(rows.payload(each, 0, "front").size == 0 for each in frames)
        assert all(int(rows.block(each, 0, "back")["flags"]) == table.FLAG_DATA for each in frames)

        def told() -> bool:
            peer.run(1, follow_route)
            listener.spin()
            return "ego0/front is gone" in listener.messages.get("sensors", "")

        assert wait_until(told), listener.messages
        assert "sensor ego0/front is gone from the simulator" in bridge.output()


@pytest.mark.parametrize(
    ("sensor", "told"),
    [
        (
            {"type": "sensor.camera.rbg"},
            "scenario field sensors.front.type is 'sensor.camera.rbg'; allowed: sensor.camera.rgb",
        ),
        (
            {"attributes": {"image_width": 3}},
            "scenario field sensors.front.attributes.image_width is no attribute of sensor.camera.rgb; allowed: ",
        ),
        (
            {"attributes": {"image_size_x": "wide"}},
            "scenario field sensors.front.attributes.image_size_x is 'wide'; allowed: whole numbers",
        ),
        (
            {"type": "sensor.other.collision", "rate_hz": 5.0},
            "scenario field sensors.front.rate_hz is 5; allowed: none, as sensor.other.collision has no rate",
        ),
    ],
)
def test_sensors_that_cannot_be_are_explained(
    shared_simulator: Simulator, sensor: dict[str, Any], told: str
) -> None:
    _, world = plain_client(shared_simulator)
    wanted = Sensor.model_validate({"name": "front", "type": "sensor.camera.rgb"} | sensor)
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        find_sensor_blueprint(world.get_blueprint_library(), wanted, 0.1)


def test_a_sensor_that_cannot_be_ends_the_bridge(shared_simulator: Simulator, tmp_path: Path) -> None:
    path = scenario(tmp_path, sensors=[{"name": "front", "type": "sensor.camera.rgb", "agents": [0, 3]}])
    with Bridge(shared_simulator.port, path, num_agents=2) as bridge:
        assert bridge.wait(60.0) == EXIT_CONFIGURATION
        told = "scenario field sensors.front.agents is [0, 3]; allowed with 2 egos: 0 to 1"
        assert told in bridge.output()
