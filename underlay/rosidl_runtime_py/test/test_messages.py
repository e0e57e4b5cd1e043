"""Messages to text and back."""

from __future__ import annotations

import array

import pytest
import yaml
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from rosidl_runtime_py import (
    get_interface_path,
    get_message_interfaces,
    get_service_interfaces,
    message_to_csv,
    message_to_ordereddict,
    message_to_yaml,
    set_message_fields,
)
from rosidl_runtime_py.utilities import get_interface, get_message, get_service, is_message, is_service
from sensor_msgs.msg import Image, Imu
from std_msgs.msg import Float32MultiArray, String


def test_yaml_keeps_order_and_reads_back() -> None:
    msg = PoseStamped()
    msg.header.frame_id = "map"
    msg.pose.position.x = 1.5
    text = message_to_yaml(msg)
    assert text.splitlines()[0] == "header:"
    assert list(yaml.safe_load(text)["pose"]["position"].items()) == [("x", 1.5), ("y", 0.0), ("z", 0.0)]
    again = PoseStamped()
    set_message_fields(again, yaml.safe_load(text))
    assert again == msg


def test_long_values_are_cut_or_described() -> None:
    image = Image(data=array.array("B", range(200)), encoding="rgb8" * 50)
    values = message_to_ordereddict(image, truncate_length=3)
    assert values["data"] == [0, 1, 2, "..."]
    assert values["encoding"] == "rgb..."
    values = message_to_ordereddict(image, no_arr=True, no_str=True)
    assert values["data"] == "<sequence type: uint8, length: 200>"
    assert values["encoding"] == "<string length: <200>>"
    assert message_to_ordereddict(Imu(), no_arr=True)["orientation_covariance"] == "<array type: double[9]>"
    assert len(message_to_ordereddict(image)["data"]) == 200


def test_csv_and_nested_sequences() -> None:
    status = DiagnosticStatus(level=b"\x02", name="n", values=[KeyValue(key="k", value="v")])
    msg = DiagnosticArray(status=[status])
    values = message_to_ordereddict(msg)
    assert values["status"][0]["level"] == 2
    assert values["status"][0]["values"] == [{"key": "k", "value": "v"}]
    assert message_to_csv(msg) == "0,0,,2,n,,,k,v"


def test_fields_are_set_with_conversion() -> None:
    msg = DiagnosticArray()
    set_message_fields(msg, {"status": [{"name": "a", "level": 1, "values": [{"key": "x", "value": "y"}]}]})
    assert msg.status[0].level == b"\x01"
    assert msg.status[0].values[0].value == "y"
    floats = Float32MultiArray()
    set_message_fields(floats, {"data": [1, 2]})
    assert list(floats.data) == [1.0, 2.0]
    imu = Imu()
    set_message_fields(imu, {"orientation_covariance": list(range(9))})
    assert imu.orientation_covariance[8] == 8.0


def test_automatic_stamps() -> None:
    msg = PoseStamped()
    setters = set_message_fields(msg, {"header": "auto"}, expand_header_auto=True)
    for setter in setters:
        setter(Time(sec=3))
    assert msg.header.stamp.sec == 3


@pytest.mark.parametrize(
    ("values", "error"),
    [({"nope": 1}, AttributeError), ("text", ValueError), ({"data": {"a": 1}}, None)],
)
def test_wrong_fields_are_refused(values: object, error: type[Exception] | None) -> None:
    msg = String()
    if error is None:
        set_message_fields(msg, values)  # type: ignore[arg-type]
        assert isinstance(msg.data, str)
    else:
        with pytest.raises(error):
            set_message_fields(msg, values)  # type: ignore[arg-type]


def test_wrong_length_of_a_fixed_array_is_refused() -> None:
    with pytest.raises(ValueError, match="9 are expected"):
        set_message_fields(Imu(), {"orientation_covariance": [1.0]})


def test_classes_by_name() -> None:
    assert get_message("std_msgs/msg/String") is String
    assert get_message("std_msgs/String") is String
    assert is_message(get_interface("std_msgs/msg/String"))
    assert is_service(get_service("std_srvs/srv/Empty"))
    with pytest.raises(ValueError, match="std_srvs/srv/Empty"):
        get_message("std_srvs/srv/Empty")
    with pytest.raises(AttributeError):
        get_message("std_msgs/msg/Nope")
    with pytest.raises(ModuleNotFoundError):
        get_message("nope_msgs/msg/String")


def test_installed_interfaces() -> None:
    assert "msg/String" in get_message_interfaces(["std_msgs"])["std_msgs"]
    assert get_service_interfaces(["std_srvs"])["std_srvs"] == ["srv/Empty", "srv/SetBool", "srv/Trigger"]
    assert get_interface_path("std_msgs/msg/String").endswith("std_msgs/msg/String.msg")
    with pytest.raises(LookupError):
        get_interface_path("std_msgs/msg/Nope")
