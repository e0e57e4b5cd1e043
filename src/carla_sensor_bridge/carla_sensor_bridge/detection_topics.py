"""Detections as ROS 2 knows them: topics and diagnostics."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from carla_sensor_bridge.detection_stage import Camera, DetectionStage, choose_cameras
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.onnx_detector import OnnxDetector
from carla_sensor_bridge.sensor_manager import SensorManager
from carla_sensor_bridge.topic_names import TopicNames, stamp_of
from carla_sensor_bridge.topic_parameters import DetectionSettings
from carla_sensor_bridge.yolo import Detections

_QOS: Final = QoSProfile(depth=1, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.RELIABLE)


def message(header_time_s: float, frame_id: str, names: tuple[str, ...], found: Detections) -> Any:
    """Return detections as vision_msgs/Detection2DArray."""
    from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

    array = Detection2DArray()
    array.header.stamp = stamp_of(header_time_s)
    array.header.frame_id = frame_id
    for (left, top, right, bottom), score, kind in zip(
        found.box.tolist(), found.score.tolist(), found.kind.tolist(), strict=True
    ):
        detection = Detection2D(header=array.header)
        detection.bbox.center.position.x = (left + right) / 2.0
        detection.bbox.center.position.y = (top + bottom) / 2.0
        detection.bbox.size_x = right - left
        detection.bbox.size_y = bottom - top
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id = names[kind]
        result.hypothesis.score = score
        detection.results.append(result)
        array.detections.append(detection)
    return array


class DetectionTopics:
    """The detection stage of a node, with its publishers and its part of the diagnostics.

    Attributes:
        stage: looks at the pictures.
    """

    def __init__(
        self, node: Node, settings: DetectionSettings, names: TopicNames, log: logging.Logger
    ) -> None:
        """Load the network.

        Raises:
            ConfigurationError: naming the parameter, its value and what is allowed.
        """
        self._node = node
        self._names = names
        self._log = log
        self._sensors = settings.sensors
        self._publishers: dict[Camera, Any] = {}
        self._role_prefix = ""
        try:
            import vision_msgs  # noqa: F401

            self._detector = OnnxDetector(
                Path(settings.model).expanduser(),
                settings.classes,
                score=settings.score,
                iou=settings.iou,
                provider=settings.provider,
                threads=settings.threads,
            )
        except ConfigurationError as error:
            raise ConfigurationError(f"parameter detection_{error}") from None
        except ImportError as error:
            raise ConfigurationError(
                f"parameter detection_model is '{settings.model}', which needs the package {error.name}: install it"
            ) from None
        self.stage = DetectionStage(self._detector, self._publish, self._wanted, settings.rate_hz, log)
        log.info(
            "detection: %s for %s, %dx%d pixels, %s",
            settings.model,
            ", ".join(self._detector.names),
            self._detector.network[1],
            self._detector.network[0],
            self._detector.provider,
        )

    def attach(self, sensors: SensorManager, role_prefix: str) -> None:
        """Begin with the cameras of a new world.

        Raises:
            ConfigurationError: when the scenario has not the cameras that are asked for.
        """
        self._role_prefix = role_prefix
        chosen = choose_cameras(sensors.table.places, self._sensors)
        for camera in chosen.values():
            if camera not in self._publishers:
                from vision_msgs.msg import Detection2DArray

                topic = f"{self._names.prefix}/{role_prefix}{camera.agent}/{camera.sensor}/detections"
                self._publishers[camera] = self._node.create_publisher(Detection2DArray, topic, _QOS)
        self.stage.attach(chosen)
        sensors.watch_pictures(self.stage.offer)

    def _wanted(self, camera: Camera) -> bool:
        return bool(self._publishers[camera].get_subscription_count() > 0)

    def _publish(self, camera: Camera, sim_time_s: float, found: Detections) -> None:
        frame_id = f"{self._names.frame_prefix}{self._role_prefix}{camera.agent}/{camera.sensor}_optical"
        self._publishers[camera].publish(message(sim_time_s, frame_id, self._detector.names, found))

    def diagnose(self, status: Any) -> Any:
        """Fill the part of the diagnostics."""
        stage = self.stage
        if stage.error:
            status.summary(DiagnosticStatus.ERROR, stage.error)
        else:
            status.summary(DiagnosticStatus.OK, f"{len(self._publishers)} cameras")
        mean_ms, longest_ms = stage.take_times_ms()
        status.add("detection_mean_ms", f"{mean_ms:.1f}")
        status.add("detection_max_ms", f"{longest_ms:.1f}")
        for name, count in vars(stage.counters).items():
            status.add(f"detection_{name}", str(count))
        return status
