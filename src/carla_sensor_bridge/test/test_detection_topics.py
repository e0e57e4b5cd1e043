"""What the bridge publishes of the world itself, as a run has it: detections."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway_peer import GatewayPeer, follow_route, wait_until
from processes import Bridge, Simulator, scenario, start
from ros_listener import RosListener
from tiny_detector import write_tiny_detector
from vision_msgs.msg import Detection2DArray

from carla_sensor_bridge.errors import EXIT_CONFIGURATION

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
