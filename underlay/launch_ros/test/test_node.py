"""Nodes in launch descriptions, against a real rclpy node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import GroupAction, SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, SubstitutionFailure
from launch_ros.actions import (
    LoadComposableNodes,
    Node,
    PushRosNamespace,
    SetParameter,
    SetParametersFromFile,
    SetRemap,
)
from launch_ros.descriptions import ComposableNode
from launch_ros.parameter_descriptions import Parameter, ParameterFile, ParameterValue
from launch_ros.substitutions import ExecutableInPackage, FindPackagePrefix, FindPackageShare
from launch_ros.utilities import evaluate_parameter_dict, prefix_namespace
from launch_ros.utilities.load_node_request import _file_parameters

Launch = Callable[..., dict[str, list[str]]]


def test_name_parameters_remappings_and_arguments(launch_until_ready: Launch, tmp_path: Path) -> None:
    plain = tmp_path / "plain.yaml"
    plain.write_text("/**:\n  ros__parameters: {from_file: 1, later: file}\n")
    templated = tmp_path / "templated.yaml"
    templated.write_text("/**:\n  ros__parameters: {templated: $(var speed)}\n")
    output = launch_until_ready(
        SetLaunchConfiguration("speed", "2.5"),
        Node(
            package="probe_pkg",
            executable="probe",
            name="one",
            namespace="space",
            exec_name="chosen",
            parameters=[
                str(plain),
                ParameterFile(str(templated), allow_substs=True),
                {
                    "speed": LaunchConfiguration("speed"),
                    "text": "12",
                    "as_text": ParameterValue(LaunchConfiguration("speed"), value_type=str),
                    "flags": [True, False],
                    "names": ["a", "b"],
                    "nested": {"deep": 3},
                    "joined": [LaunchConfiguration("speed"), "_x"],
                    "later": "dictionary",
                },
                Parameter("single", "yes: no"),
            ],
            remappings=[("chatter", "talk")],
            arguments=["--own", "word"],
            ros_arguments=["--log-level", "warn"],
        ),
    )
    [(name, lines)] = output.items()
    assert name.startswith("chosen-")
    assert "name /space/one /space/talk" in lines
    parameters = {
        words[1]: words[2] for words in (line.split(" ", 2) for line in lines) if words[0] == "parameter"
    }
    assert parameters["speed"] == "2.5"
    assert parameters["text"] == "'12'"
    assert parameters["as_text"] == "'2.5'"
    assert parameters["flags"] == "[True, False]"
    assert parameters["names"] == "['a', 'b']"
    assert parameters["nested.deep"] == "3"
    assert parameters["joined"] == "'2.5_x'"
    assert parameters["from_file"] == "1"
    assert parameters["templated"] == "2.5"
    assert parameters["later"] == "'dictionary'"
    assert parameters["single"] == "'yes: no'"
    assert "arguments ['--own', 'word']" in lines


def test_scopes_of_namespaces_parameters_and_remappings(launch_until_ready: Launch, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text("/**:\n  ros__parameters: {everywhere: 5}\n")
    output = launch_until_ready(
        GroupAction([
            PushRosNamespace("outer"),
            PushRosNamespace("inner"),
            SetParameter("shared", 7),
            SetParametersFromFile(str(file)),
            SetRemap("chatter", "noise"),
            Node(package="probe_pkg", executable="probe", parameters=[{"own": 1}]),
        ]),
        Node(package="probe_pkg", executable="probe", namespace="/absolute", name="other"),
        count=2,
    )  # fmt: skip
    inside, outside = (output[name] for name in sorted(output, key=lambda name: int(name.rpartition("-")[2])))
    assert "name /outer/inner/probe /outer/inner/noise" in inside
    assert {"parameter shared 7", "parameter everywhere 5", "parameter own 1"} <= set(inside)
    assert "name /absolute/other /absolute/chatter" in outside
    assert not any("shared" in line for line in outside)


def test_program_without_a_package(launch_until_ready: Launch, tmp_path: Path) -> None:
    path = tmp_path / "prefix" / "lib" / "probe_pkg" / "probe"
    assert any(
        "name /probe" in line
        for lines in launch_until_ready(Node(executable=str(path))).values()
        for line in lines
    )


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"package": "absent_pkg", "executable": "probe"}, "package 'absent_pkg' not found"),
        ({"package": "empty_pkg", "executable": "probe"}, "libexec directory"),
        (
            {"package": "probe_pkg", "executable": "absent"},
            "executable 'absent' not found on the libexec directory",
        ),
        ({"package": "probe_pkg", "executable": "probe", "parameters": ["absent.yaml"]}, "absent.yaml"),
        (
            {"package": "probe_pkg", "executable": "probe", "parameters": [{"x": [1, "a"]}]},
            "list of mixed types",
        ),
        (
            {"package": "probe_pkg", "executable": "probe", "parameters": [{"x": object()}]},
            "parameter 'x' is",
        ),
    ],
)
def test_errors_end_the_launch(
    node: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service = LaunchService()
    service.include_launch_description(LaunchDescription([Node(**node)]))
    assert service.run() == 1
    assert message in capsys.readouterr().out


def test_wrong_kinds_of_arguments_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="'parameters' is"):
        Node(executable="x", parameters={"a": 1})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="remapping is"):
        Node(executable="x", remappings=[("only one",)])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="parameter 'arguments'"):
        Node(executable="x", arguments="--one")


def test_package_substitutions() -> None:
    context = LaunchContext()
    share = FindPackageShare("std_msgs").perform(context)
    assert (Path(share) / "package.xml").is_file()
    assert share == str(Path(FindPackagePrefix("std_msgs").perform(context)) / "share" / "std_msgs")
    joined = PathJoinSubstitution([FindPackageShare("std_msgs"), "msg", "String.msg"]).perform(context)
    assert Path(joined).is_file()
    assert (FindPackageShare("std_msgs") / "package.xml").perform(context) == f"{share}/package.xml"
    assert Path(ExecutableInPackage("probe", "probe_pkg").perform(context)).name == "probe"
    with pytest.raises(SubstitutionFailure, match="absent_pkg"):
        FindPackageShare("absent_pkg").perform(context)


@pytest.mark.parametrize(
    ("base", "namespace", "joined"),
    [
        (None, None, None),
        (None, "a", "a"),
        ("/a", "b", "/a/b"),
        ("/a", "/b", "/b"),
        ("/a", "", "/a"),
        ("/", "b", "/b"),
    ],
)
def test_namespaces(base: str | None, namespace: str | None, joined: str | None) -> None:
    assert prefix_namespace(base, namespace) == joined


def test_parameter_values_are_read_by_yaml_rules_only_if_substitutions() -> None:
    context = LaunchContext()
    context.launch_configurations.update({"yes": "true", "list": "[1, 2]", "empty": ""})
    values = evaluate_parameter_dict(
        context,
        {
            "a": LaunchConfiguration("yes"),
            "b": "true",
            "c": LaunchConfiguration("list"),
            "d": LaunchConfiguration("empty"),
            "e": [1, 2.5],
        },
    )
    assert values == {"a": True, "b": "true", "c": [1, 2], "d": "", "e": [1.0, 2.5]}


def test_file_parameters_of_one_node(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(
        "/**:\n  ros__parameters: {a: 1}\n/ns/me:\n  ros__parameters: {b: {c: 2}}\n/ns:\n  other:\n    ros__parameters: {d: 3}\n"
        "/*/me:\n  ros__parameters: {e: 4}\n"
    )
    assert _file_parameters(str(file), "/ns/me") == {"a": 1, "b.c": 2, "e": 4}


def test_what_is_not_here_names_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    import launch_ros.actions

    with pytest.raises(NotImplementedError, match="upstream's package launch_ros"):
        launch_ros.actions.RosTimer(period=1.0, actions=[])
    monkeypatch.setitem(sys.modules, "composition_interfaces.srv", None)
    action = LoadComposableNodes(
        composable_node_descriptions=[ComposableNode(package="p", plugin="q")], target_container="c"
    )
    with pytest.raises(RuntimeError, match="composition_interfaces"):
        action.execute(LaunchContext())
