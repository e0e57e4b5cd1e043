"""The messages have upstream's fields, types and order: what is serialised by one package is read by the other."""

import pytest
from rclpy.serialization import deserialize_message, serialize_message
from vision_msgs import msg

FIELDS = {
    "BoundingBox2D": {"center": "vision_msgs/Pose2D", "size_x": "double", "size_y": "double"},
    "BoundingBox2DArray": {"header": "std_msgs/Header", "boxes": "sequence<vision_msgs/BoundingBox2D>"},
    "BoundingBox3D": {"center": "geometry_msgs/Pose", "size": "geometry_msgs/Vector3"},
    "BoundingBox3DArray": {"header": "std_msgs/Header", "boxes": "sequence<vision_msgs/BoundingBox3D>"},
    "Classification": {"header": "std_msgs/Header", "results": "sequence<vision_msgs/ObjectHypothesis>"},
    "Detection2D": {
        "header": "std_msgs/Header",
        "results": "sequence<vision_msgs/ObjectHypothesisWithPose>",
        "bbox": "vision_msgs/BoundingBox2D",
        "id": "string",
    },
    "Detection2DArray": {"header": "std_msgs/Header", "detections": "sequence<vision_msgs/Detection2D>"},
    "Detection3D": {
        "header": "std_msgs/Header",
        "results": "sequence<vision_msgs/ObjectHypothesisWithPose>",
        "bbox": "vision_msgs/BoundingBox3D",
        "id": "string",
    },
    "Detection3DArray": {"header": "std_msgs/Header", "detections": "sequence<vision_msgs/Detection3D>"},
    "LabelInfo": {
        "header": "std_msgs/Header",
        "class_map": "sequence<vision_msgs/VisionClass>",
        "threshold": "float",
    },
    "ObjectHypothesis": {"class_id": "string", "score": "double"},
    "ObjectHypothesisWithPose": {
        "hypothesis": "vision_msgs/ObjectHypothesis",
        "pose": "geometry_msgs/PoseWithCovariance",
    },
    "Point2D": {"x": "double", "y": "double"},
    "Pose2D": {"position": "vision_msgs/Point2D", "theta": "double"},
    "VisionClass": {"class_id": "uint16", "class_name": "string"},
    "VisionInfo": {
        "header": "std_msgs/Header",
        "method": "string",
        "database_location": "string",
        "database_version": "int32",
    },
}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_types_and_order(name: str) -> None:
    assert list(getattr(msg, name).get_fields_and_field_types().items()) == list(FIELDS[name].items())


def test_a_detection_goes_there_and_back() -> None:
    hypothesis = msg.ObjectHypothesis(class_id="vehicle", score=0.75)
    detection = msg.Detection2D(id="7", results=[msg.ObjectHypothesisWithPose(hypothesis=hypothesis)])
    detection.header.frame_id = "ego0/front_optical"
    detection.bbox.center.position.x, detection.bbox.center.position.y = 160.0, 96.0
    detection.bbox.size_x, detection.bbox.size_y = 40.0, 20.0
    array = msg.Detection2DArray(header=detection.header, detections=[detection])
    assert deserialize_message(serialize_message(array), msg.Detection2DArray) == array
