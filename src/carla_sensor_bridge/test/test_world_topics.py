"""What the bridge publishes of the world itself, as a run has it: detections and traffic lights."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import carla
import pytest
from carla_drl_msgs.msg import TrafficLightInfoArray, TrafficLightStatus, TrafficLightStatusArray
from gateway_peer import GatewayPeer, follow_route, wait_until
from processes import Bridge, Simulator, scenario, start
from rclpy.qos import DurabilityPolicy, QoSProfile
from ros_listener import RosListener
from tiny_detector import write_tiny_detector
from vision_msgs.msg import Detection2DArray

from carla_sensor_bridge.errors import EXIT_CONFIGURATION

LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
CAMERA = {
    "name": "front",
    "type": "sensor.camera.rgb",
    "attributes": {"image_size_x": 64, "image_size_y": 48},
}


def seconds(stamp: object) -> float:
    return stamp.sec + stamp.nanosec * 1e-9  # type: ignore[attr-defined]


def test_detections_have_stamp_and_frame_of_their_pictures(
    simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    path = scenario(tmp_path, sensors=[CAMERA])
    model = write_tiny_detector(tmp_path / "tiny.onnx")
    with (
        RosListener() as listener,
        Bridge(simulator.port, path, num_agents=2, detection_model=model, detection_rate_hz=0.0) as bridge,
    ):
        arrays = [
            listener.listen(Detection2DArray, f"/carla/ego{agent}/front/detections") for agent in range(2)
        ]
        start(peer, bridge)
        times: list[float] = []

        def step() -> bool:
            times.append(peer.run(1, follow_route)[0].sim_time_s)
            listener.spin()
            told = listener.messages.get("detection") == "2 cameras"
            reported = listener.reports and "detection_pictures" in listener.reports[-1].drop_names
            return bool(all(len(found) >= 3 for found in arrays) and told and reported)

        assert wait_until(step, 60.0), (bridge.output(), listener.messages)
        for agent, found in enumerate(arrays):
            for array in found:
                assert array.header.frame_id == f"ego{agent}/front_optical"
                assert min(abs(seconds(array.header.stamp) - time) for time in times) < 1e-6
                (detection,) = array.detections
                box = detection.bbox
                assert (box.center.position.x, box.center.position.y) == (32.0, 24.0)
                assert (box.size_x, box.size_y) == (20.0, 10.0)
                (result,) = detection.results
                assert result.hypothesis.class_id == "vehicle"
                assert result.hypothesis.score == pytest.approx(0.9)
            stamps = [seconds(array.header.stamp) for array in found]
            assert stamps == sorted(set(stamps))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"detection_model": "none.onnx"}, "parameter detection_model is 'none.onnx'; allowed: the path"),
        ({"detection_score": 1.5}, "parameter detection_score is 1.5; allowed: numbers from 0 to 1"),
        ({"topic_prefix": "carla"}, "parameter topic_prefix is 'carla'; allowed: an absolute name"),
    ],
)
def test_parameters_that_cannot_be_are_explained(parameters: dict[str, object], told: str) -> None:
    with Bridge(1, **parameters) as bridge:
        assert bridge.wait(60.0) == EXIT_CONFIGURATION
        assert told in bridge.output()


def test_traffic_lights_are_those_of_the_simulator(
    simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    path = scenario(tmp_path)
    with RosListener() as listener, Bridge(simulator.port, path, num_agents=1, seed=1) as bridge:
        infos = listener.listen(TrafficLightInfoArray, "/carla/traffic_lights/info", LATCHED)
        statuses = listener.listen(TrafficLightStatusArray, "/carla/traffic_lights/status", LATCHED)
        start(peer, bridge)

        def step() -> bool:
            peer.run(1, follow_route)
            listener.spin()
            return bool(infos and statuses)

        assert wait_until(step, 60.0), bridge.output()
        client = carla.Client("127.0.0.1", simulator.port, worker_threads=1)
        client.set_timeout(20.0)
        world = client.get_world()
        lights: dict[int, carla.TrafficLight] = {}

        def watching() -> bool:  # A new client knows no actors before its first snapshot.
            peer.run(1, follow_route)
            lights.update((light.id, light) for light in world.get_actors().filter("traffic.traffic_light*"))
            return bool(lights)

        assert wait_until(watching, 20.0)
        assert len(lights) == 28

        (info,) = infos
        assert info.header.frame_id == "map"
        assert {place.id for place in info.traffic_lights} == set(lights)
        for place in info.traffic_lights:
            light = lights[place.id]
            assert place.opendrive_id == light.get_opendrive_id()
            at = light.get_transform().location
            assert (place.pose.position.x, place.pose.position.y) == pytest.approx((at.x, -at.y), abs=1e-3)
            box = light.trigger_volume
            middle = light.get_transform().transform(box.location)
            trigger = place.trigger_pose.position
            assert (trigger.x, trigger.y) == pytest.approx((middle.x, -middle.y), abs=1e-3)
            assert place.trigger_size.x == pytest.approx(2.0 * box.extent.x, abs=1e-4)

        # One light is held green and switched: exactly that is told.
        chosen = lights[info.traffic_lights[0].id]
        for state, wanted in (
            (carla.TrafficLightState.Green, TrafficLightStatus.GREEN),
            (carla.TrafficLightState.Off, TrafficLightStatus.OFF),
        ):
            chosen.set_state(state)
            chosen.freeze(True)

            def shown(wanted: int = wanted) -> bool:
                step()
                now = {light.id: light.state for light in statuses[-1].traffic_lights}
                return now[chosen.id] == wanted

            assert wait_until(shown, 60.0)
        told = [tuple(light.state for light in array.traffic_lights) for array in statuses]
        assert all(one != other for one, other in pairwise(told))
        stamps = [seconds(array.header.stamp) for array in statuses]
        assert stamps == sorted(stamps)
