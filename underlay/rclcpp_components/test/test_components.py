"""Components of a user's package run alone and in containers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["ROS_DOMAIN_ID"] = str(100 + os.getpid() % 10)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import composition_interfaces.srv as composition_srv
import rclpy
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

DEADLINE_S = 20.0
PREFIX = Path(os.environ["RCLCPP_COMPONENTS_PREFIX"])


@pytest.fixture(name="user", scope="module")
def fixture_user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prefix of the user's package, configured, built and installed."""
    build, prefix = tmp_path_factory.mktemp("build"), tmp_path_factory.mktemp("install")
    source = Path(__file__).parent / "user_package"
    define = [f"-DCMAKE_INSTALL_PREFIX={prefix}", f"-DCMAKE_PREFIX_PATH={PREFIX}"]
    subprocess.run(["cmake", "-S", source, "-B", build, *define], check=True)
    subprocess.run(["cmake", "--build", build, "--target", "install"], check=True)
    os.environ["AMENT_PREFIX_PATH"] = f"{prefix}:{os.environ['AMENT_PREFIX_PATH']}"
    return prefix


@pytest.fixture(name="node")
def fixture_node() -> Iterator[Any]:
    with rclpy.init():
        node = rclpy.create_node("tester")
        yield node
        node.destroy_node()


def spin_until(node: Any, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        rclpy.spin_once(node, timeout_sec=0.05)
    return True


def listen(node: Any, topic: str) -> list[str]:
    heard: list[str] = []
    qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(String, topic, lambda message: heard.append(message.data), qos)
    return heard


def call(node: Any, service: Any, name: str, **fields: Any) -> Any:
    client = node.create_client(service, name)
    assert client.wait_for_service(timeout_sec=DEADLINE_S)
    future = client.call_async(service.Request(**fields))
    assert spin_until(node, future.done)
    return future.result()


@pytest.mark.parametrize("executable", ["talker_node", "talker_node_mt"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_component_runs_alone(user: Path, node: Any, executable: str, number: signal.Signals) -> None:
    program = user / "lib" / "user_package" / executable
    process = subprocess.Popen([program, "--ros-args", "-p", "number:=7", "-r", "__node:=alone"])
    try:
        heard = listen(node, "chatter")
        assert spin_until(node, lambda: "alone 7" in heard)
        process.send_signal(number)
        assert process.wait(timeout=DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()


def test_component_that_cannot_be_made_is_an_error(user: Path) -> None:
    program = user / "lib" / "user_package" / "talker_node"
    done = subprocess.run(
        [program, "--ros-args", "-p", "number:=10"], capture_output=True, text=True, timeout=DEADLINE_S
    )
    assert done.returncode == 1
    assert "number" in done.stderr
    assert "[1, 9]" in done.stderr


@pytest.mark.parametrize("container", ["component_container", "component_container_mt"])
def test_container_loads_lists_and_unloads(user: Path, node: Any, container: str) -> None:
    process = subprocess.Popen([PREFIX / "lib" / "rclcpp_components" / container])
    services = "/ComponentManager/_container"
    try:
        heard = listen(node, "/in/moved")
        number = Parameter(
            name="number", value=ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=3)
        )
        load = composition_srv.LoadNode
        loaded = call(
            node,
            load,
            f"{services}/load_node",
            package_name="user_package",
            plugin_name="user::Talker",
            node_name="loaded",
            node_namespace="/in",
            remap_rules=["chatter:=moved"],
            parameters=[number],
        )
        assert loaded.success, loaded.error_message
        assert loaded.full_node_name == "/in/loaded"
        assert spin_until(node, lambda: "loaded 3" in heard)
        second = call(
            node, load, f"{services}/load_node", package_name="user_package", plugin_name="user::Silent"
        )
        assert second.success, second.error_message
        listed = call(node, composition_srv.ListNodes, f"{services}/list_nodes")
        assert list(listed.full_node_names) == ["/in/loaded", "/silent"]
        assert list(listed.unique_ids) == [loaded.unique_id, second.unique_id]
        missing = call(
            node, load, f"{services}/load_node", package_name="user_package", plugin_name="user::No"
        )
        assert not missing.success
        assert "user::No" in missing.error_message
        unload = composition_srv.UnloadNode
        assert call(node, unload, f"{services}/unload_node", unique_id=loaded.unique_id).success
        assert not call(node, unload, f"{services}/unload_node", unique_id=loaded.unique_id).success
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("intra_process", "way"), [(True, "process"), (False, "middleware")])
def test_components_hand_over_within_the_process(
    user: Path, node: Any, intra_process: bool, way: str
) -> None:
    with subprocess.Popen([PREFIX / "lib" / "rclcpp_components" / "component_container"]) as process:
        try:
            heard = listen(node, "way")
            argument = Parameter(
                name="use_intra_process_comms",
                value=ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=intra_process),
            )
            for plugin in ("user::Talker", "user::Listener"):
                loaded = call(
                    node,
                    composition_srv.LoadNode,
                    "/ComponentManager/_container/load_node",
                    package_name="user_package",
                    plugin_name=plugin,
                    extra_arguments=[argument],
                )
                assert loaded.success, loaded.error_message
            assert spin_until(node, lambda: bool(heard))
            assert set(heard) == {way}
        finally:
            process.send_signal(signal.SIGINT)


def test_commands_load_list_and_unload(user: Path, node: Any) -> None:
    def ros2(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "component", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=3 * DEADLINE_S, check=False)

    with subprocess.Popen([PREFIX / "lib" / "rclcpp_components" / "component_container"]) as process:
        try:
            # A command does not wait for a container that is still to come.
            client = node.create_client(composition_srv.ListNodes, "/ComponentManager/_container/list_nodes")
            assert client.wait_for_service(timeout_sec=DEADLINE_S)
            words = [
                "user_package",
                "user::Talker",
                "-n",
                "loaded",
                "-p",
                "number:=3",
                "-r",
                "chatter:=moved",
            ]
            loaded = ros2("load", "/ComponentManager", *words)
            assert (
                loaded.stdout == "Loaded component 1 into '/ComponentManager' container node as '/loaded'\n"
            )
            assert ros2("list").stdout == "/ComponentManager\n  1  /loaded\n"
            assert ros2("list", "ComponentManager").stdout == "1  /loaded\n"
            missing = ros2("load", "/ComponentManager", "user_package", "user::No")
            assert (missing.returncode, "user::No" in missing.stderr) == (1, True)
            unloaded = ros2("unload", "/ComponentManager", "1")
            assert unloaded.stdout == "Unloaded component 1 from '/ComponentManager' container node\n"
            assert ros2("unload", "/ComponentManager", "1").returncode == 1
        finally:
            process.send_signal(signal.SIGINT)
    assert ros2("types", "user_package").stdout == "user::Talker\nuser::Listener\nuser::Silent\n"
    assert "has no components" in ros2("types", "std_msgs").stderr
    assert "Unable to find container node '/absent'" in ros2("list", "absent", "--spin-time", "1").stderr
