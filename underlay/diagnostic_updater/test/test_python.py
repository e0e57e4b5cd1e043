"""The Python half reports what the C++ half would."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

os.environ["ROS_DOMAIN_ID"] = str(100 + os.getpid() % 10)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from diagnostic_updater import (
    CompositeDiagnosticTask,
    DiagnosedPublisher,
    DiagnosticStatusWrapper,
    FrequencyStatus,
    FrequencyStatusParam,
    FunctionDiagnosticTask,
    Heartbeat,
    TimeStampStatus,
    TimeStampStatusParam,
    Updater,
)
from rclpy.parameter import Parameter


@pytest.fixture(name="node")
def fixture_node() -> Iterator[Any]:
    with rclpy.init():
        node = rclpy.create_node("tester")
        yield node
        node.destroy_node()


def hot(status: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
    status.summary(DiagnosticStatus.WARN, "hot")
    status.add("temperature", 90)
    return status


def broken(status: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
    raise RuntimeError("no sensor")


def test_summaries_merge() -> None:
    status = DiagnosticStatusWrapper()
    status.summary(DiagnosticStatus.OK, "fine")
    status.mergeSummary(DiagnosticStatus.WARN, "late")
    status.mergeSummary(DiagnosticStatus.ERROR, "lost")
    status.mergeSummary(DiagnosticStatus.OK, "not of interest")
    assert (status.level, status.message) == (DiagnosticStatus.ERROR, "late; lost")


def test_frequency_is_judged_against_its_bounds() -> None:
    bounds = {"min": 1e-9, "max": 1e9}
    frequency = FrequencyStatus(FrequencyStatusParam(bounds))
    assert frequency.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.ERROR
    frequency.tick()
    assert frequency.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.OK
    bounds["max"] = 1e-9
    assert frequency.run(DiagnosticStatusWrapper()).message == "Frequency too high."
    bounds["min"] = bounds["max"] = 1e9
    assert frequency.run(DiagnosticStatusWrapper()).message == "Frequency too low."


def test_stamps_are_judged_by_their_age() -> None:
    stamps = TimeStampStatus()
    assert stamps.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.WARN
    stamps.tick(time.time())
    assert stamps.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.OK
    stamps.tick(time.time() - 60)
    assert stamps.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.ERROR


def test_updater_reports_all_tasks_and_survives_a_broken_one(node: Any) -> None:
    updater = Updater(node, 0.02)
    updater.setHardwareID("unit 7")
    both = CompositeDiagnosticTask("both")
    both.addTask(Heartbeat())
    both.addTask(FunctionDiagnosticTask("hot", hot))
    updater.add(both)
    updater.add("broken", broken)
    last: dict[str, Any] = {}

    def note(array: DiagnosticArray) -> None:
        last.update({s.name: s for s in array.status if s.message != "Node starting up"})

    node.create_subscription(DiagnosticArray, "/diagnostics", note, 10)
    deadline = time.monotonic() + 10
    while len(last) < 2 and time.monotonic() < deadline:
        rclpy.spin_once(node, timeout_sec=0.05)
    assert last["tester: both"].level == DiagnosticStatus.WARN
    assert last["tester: both"].message == "hot"
    assert last["tester: both"].hardware_id == "unit 7"
    assert [(v.key, v.value) for v in last["tester: both"].values] == [("temperature", "90")]
    assert last["tester: broken"].level == DiagnosticStatus.ERROR
    assert "no sensor" in last["tester: broken"].message


def test_period_is_a_parameter() -> None:
    override = Parameter("diagnostic_updater.period", value=0.0)
    with rclpy.init():
        node = rclpy.create_node("wrong", parameter_overrides=[override])
        with pytest.raises(ValueError, match=r"diagnostic_updater\.period is 0\.0; allowed"):
            Updater(node)
        node.destroy_node()


def test_publishers_are_watched(node: Any) -> None:
    updater = Updater(node)
    publisher = node.create_publisher(DiagnosticArray, "stamped", 1)
    bounds = FrequencyStatusParam({"min": 1e-9, "max": 1e9})
    watched = DiagnosedPublisher(publisher, updater, bounds, TimeStampStatusParam())
    assert watched.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.ERROR
    message = DiagnosticArray()
    message.header.stamp = node.get_clock().now().to_msg()
    watched.publish(message)
    assert watched.run(DiagnosticStatusWrapper()).level == DiagnosticStatus.OK
    watched.publish(DiagnosticArray())
    status = watched.run(DiagnosticStatusWrapper())
    assert status.level == DiagnosticStatus.ERROR
    assert "Zero timestamp seen." in status.message
    assert watched.name.endswith("stamped topic status")
