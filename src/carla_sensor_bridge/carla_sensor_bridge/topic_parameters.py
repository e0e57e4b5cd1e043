"""Parameters of what the bridge publishes itself: names of topics, and detection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from rclpy.node import Node

from carla_sensor_bridge.bridge_parameters import Specification, declare
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.topic_names import TopicNames

_PREFIX: Final = re.compile(r"(?:/[A-Za-z][A-Za-z0-9_]*)+")

PARAMETERS: Final = (
    Specification("topic_prefix", "/carla", "Before the topics of sensors and world; the gateway's."),
    Specification("frame_prefix", "", "Before the names of all frames; the gateway's."),
    Specification("detection_model", "", "Path of a YOLO detector's ONNX file; empty: no detection."),
    Specification(
        "detection_sensors",
        "",
        "Names of colour cameras, with commas between them; empty: the first one of every ego.",
    ),
    Specification(
        "detection_classes", "", "Names of the classes, with commas between them; empty: those in the file."
    ),
    Specification("detection_score", 0.25, "Least score of a detection.", 0.0, 1.0),
    Specification(
        "detection_iou", 0.5, "Overlap above which the less sure of two detections goes.", 0.0, 1.0
    ),
    Specification(
        "detection_rate_hz",
        10.0,
        "Pictures per camera and second of wall time, at most; 0: any.",
        0.0,
        1000.0,
    ),
    Specification("detection_provider", "CPUExecutionProvider", "Execution provider of ONNX Runtime."),
    Specification("detection_threads", 1, "Threads that work on one picture.", 1, 64),
)


@dataclass(frozen=True)
class DetectionSettings:
    """Which pictures are looked at, and by what: the parameters that begin with `detection_`."""

    model: str
    sensors: tuple[str, ...]
    classes: tuple[str, ...]
    score: float
    iou: float
    rate_hz: float
    provider: str
    threads: int


@dataclass(frozen=True)
class TopicSettings:
    """What the bridge publishes itself."""

    names: TopicNames
    detection: DetectionSettings | None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def read_topic_parameters(node: Node) -> TopicSettings:
    """Declare and check the parameters.

    Raises:
        ConfigurationError: naming the parameter, its value and what is allowed.
    """
    values: dict[str, Any] = declare(node, PARAMETERS)
    if not _PREFIX.fullmatch(values["topic_prefix"]):
        raise ConfigurationError(
            f"parameter topic_prefix is '{values['topic_prefix']}'; allowed: an absolute name, e.g. /carla"
        )
    detection = None
    if values["detection_model"]:
        detection = DetectionSettings(
            values["detection_model"],
            _listed(values["detection_sensors"]),
            _listed(values["detection_classes"]),
            values["detection_score"],
            values["detection_iou"],
            values["detection_rate_hz"],
            values["detection_provider"],
            values["detection_threads"],
        )
    return TopicSettings(TopicNames(values["topic_prefix"], values["frame_prefix"]), detection)
