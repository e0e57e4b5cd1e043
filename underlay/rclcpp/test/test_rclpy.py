"""A C++ node and a Python node understand each other: topics, services, parameters, signals."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

os.environ["ROS_DOMAIN_ID"] = str(100 + os.getpid() % 10)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import rclpy
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from std_msgs.msg import String
from std_srvs.srv import SetBool

DEADLINE_S = 20.0


@pytest.fixture(name="peer")
def fixture_peer() -> Iterator[subprocess.Popen[bytes]]:
    peer = subprocess.Popen(
        [os.environ["RCLCPP_TEST_PEER"], "--ros-args", "-r", "__ns:=/far", "-p", "gain:=2.5"]
    )
    yield peer
    peer.kill()
    peer.wait()


@pytest.fixture(name="node")
def fixture_node() -> Iterator[Any]:
    with rclpy.init():
        node = rclpy.create_node("near")
        yield node
        node.destroy_node()


def spin_until(node: Any, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        rclpy.spin_once(node, timeout_sec=0.05)
    return True


def call(node: Any, service: Any, name: str, request: Any) -> Any:
    client = node.create_client(service, name)
    assert client.wait_for_service(timeout_sec=DEADLINE_S)
    future = client.call_async(request)
    assert spin_until(node, future.done)
    return future.result()


def test_strings_come_back(peer: Any, node: Any) -> None:
    heard: list[str] = []
    node.create_subscription(String, "/far/pong", lambda message: heard.append(message.data), 10)
    publisher = node.create_publisher(String, "/far/ping", 10)

    def sent_until_heard() -> bool:
        publisher.publish(String(data="schön"))
        return bool(heard)

    assert spin_until(node, sent_until_heard)
    assert set(heard) == {"schön"}


def test_service_answers(peer: Any, node: Any) -> None:
    assert call(node, SetBool, "/far/flip", SetBool.Request(data=False)).success
    assert not call(node, SetBool, "/far/flip", SetBool.Request(data=True)).success


def test_parameters_are_served(peer: Any, node: Any) -> None:
    def gain() -> float:
        request = GetParameters.Request(names=["gain"])
        return float(call(node, GetParameters, "/far/peer/get_parameters", request).values[0].double_value)

    def set_gain(value: float) -> Any:
        parameter = Parameter(
            name="gain",
            value=ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value),
        )
        request = SetParameters.Request(parameters=[parameter])
        return call(node, SetParameters, "/far/peer/set_parameters", request).results[0]

    assert gain() == 2.5
    assert set_gain(4.0).successful
    refused = set_gain(11.0)
    assert not refused.successful
    assert "gain" in refused.reason
    assert gain() == 4.0
    names = call(node, ListParameters, "/far/peer/list_parameters", ListParameters.Request()).result.names
    assert {"gain", "use_sim_time"} <= set(names)
    described = call(
        node, DescribeParameters, "/far/peer/describe_parameters", DescribeParameters.Request(names=["gain"])
    )
    assert described.descriptors[0].floating_point_range[0].to_value == 10.0
    assert not call(
        node, GetParameters, "/far/peer/get_parameters", GetParameters.Request(names=["missing"])
    ).values


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_node_with_code_0(peer: Any, node: Any, number: signal.Signals) -> None:
    assert call(node, SetBool, "/far/flip", SetBool.Request(data=False)).success
    peer.send_signal(number)
    assert peer.wait(timeout=DEADLINE_S) == 0
