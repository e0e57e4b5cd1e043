"""Arguments, conditions, scopes, includes, substitutions."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from launch import LaunchContext, LaunchDescription, LaunchIntrospector, LaunchService
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    ForLoop,
    GroupAction,
    IncludeLaunchDescription,
    LogInfo,
    OpaqueCoroutine,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
    SetLaunchConfiguration,
    UnregisterEventHandler,
    UnsetEnvironmentVariable,
    UnsetLaunchConfiguration,
)
from launch.conditions import (
    IfCondition,
    LaunchConfigurationEquals,
    LaunchConfigurationNotEquals,
    UnlessCondition,
)
from launch.event_handlers import OnExecutionComplete, OnShutdown
from launch.invalid_launch_file_error import InvalidLaunchFileError
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.launch_description_sources.any_launch_file_utilities import (
    get_launch_description_from_frontend_launch_file,
)
from launch.substitutions import (
    AndSubstitution,
    Command,
    EnvironmentVariable,
    EqualsSubstitution,
    FindExecutable,
    IfElseSubstitution,
    LaunchConfiguration,
    LocalSubstitution,
    NotEqualsSubstitution,
    NotSubstitution,
    OrSubstitution,
    PathJoinSubstitution,
    PathSubstitution,
    PythonExpression,
    SubstitutionFailure,
    TextSubstitution,
    ThisLaunchFile,
)
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


def run(*entities: Any) -> int:
    service = LaunchService()
    service.include_launch_description(LaunchDescription(entities))
    return service.run()


def note(into: list[Any], *names: str) -> OpaqueFunction:
    return OpaqueFunction(
        function=lambda context: into.append(tuple(context.launch_configurations.get(name) for name in names))
    )


def text(substitution: Any, **configurations: str) -> str:
    context = LaunchContext()
    context.launch_configurations.update(configurations)
    return perform_substitutions(context, normalize_to_list_of_substitutions(substitution))


def test_default_and_given_values() -> None:
    seen: list[Any] = []
    run(
        SetLaunchConfiguration("a", "given"),
        DeclareLaunchArgument("a", default_value="1"),
        DeclareLaunchArgument("b", default_value=[LaunchConfiguration("a"), "-more"]),
        note(seen, "a", "b"),
    )
    assert seen == [("given", "given-more")]


def test_missing_argument_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(DeclareLaunchArgument("speed", description="m/s")) == 1
    assert "Required launch argument 'speed' (description: 'm/s') was not provided" in capsys.readouterr().out


def test_value_that_is_no_choice_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(
        SetLaunchConfiguration("mode", "fly"), DeclareLaunchArgument("mode", choices=["train", "drive"])
    )
    assert code == 1
    output = capsys.readouterr().out
    assert "'mode' has the value 'fly'" in output
    assert "['train', 'drive']" in output
    with pytest.raises(ValueError, match="default value 'x'"):
        DeclareLaunchArgument("mode", default_value="x", choices=["train"])


@pytest.mark.parametrize(("value", "runs"), [("true", True), ("1", True), ("False", False), ("0", False)])
def test_if_and_unless(value: str, runs: bool) -> None:
    seen: list[str] = []
    run(
        OpaqueFunction(function=lambda context: seen.append("if"), condition=IfCondition(value)),
        OpaqueFunction(function=lambda context: seen.append("unless"), condition=UnlessCondition(value)),
    )
    assert seen == (["if"] if runs else ["unless"])


def test_condition_that_is_no_truth_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(LogInfo(msg="x", condition=IfCondition("maybe"))) == 1
    assert "invalid condition expression 'maybe'" in capsys.readouterr().out


def test_conditions_on_configurations() -> None:
    context = LaunchContext()
    context.launch_configurations["a"] = "1"
    assert LaunchConfigurationEquals("a", "1").evaluate(context)
    assert not LaunchConfigurationNotEquals("a", "1").evaluate(context)
    assert LaunchConfigurationEquals("b", None).evaluate(context)
    assert LaunchConfigurationNotEquals("a", "2").evaluate(context)


def test_group_is_a_scope() -> None:
    seen: list[Any] = []
    run(
        SetLaunchConfiguration("a", "outside"),
        GroupAction(
            [SetLaunchConfiguration("a", "inside"), note(seen, "a", "b")], launch_configurations={"b": "2"}
        ),
        note(seen, "a", "b"),
        GroupAction([SetLaunchConfiguration("a", "kept")], scoped=False),
        note(seen, "a", "b"),
        GroupAction(
            [note(seen, "a", "b")], forwarding=False, launch_configurations={"b": LaunchConfiguration("a")}
        ),
        UnsetLaunchConfiguration("a"),
        note(seen, "a", "b"),
    )
    assert seen == [("inside", "2"), ("outside", None), ("kept", None), (None, "kept"), (None, None)]


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_LAUNCH_A", "a")
    seen: list[Any] = []
    look = OpaqueFunction(function=lambda context: seen.append(os.environ.get("TEST_LAUNCH_A")))
    again = OpaqueFunction(function=lambda context: seen.append(os.environ.get("TEST_LAUNCH_A")))
    run(
        GroupAction([
            AppendEnvironmentVariable("TEST_LAUNCH_A", "b"),
            AppendEnvironmentVariable("TEST_LAUNCH_A", "c", prepend=True, separator="-"),
            look,
            UnsetEnvironmentVariable("TEST_LAUNCH_A"),
            SetEnvironmentVariable("TEST_LAUNCH_A", "z"),
        ]),
        again,
    )  # fmt: skip
    assert seen == ["c-a:b", "a"]


def test_include_passes_arguments_and_knows_its_place(tmp_path: Path) -> None:
    (tmp_path / "inner.launch.py").write_text(
        "from launch import LaunchDescription\nfrom launch.actions import *\nfrom launch.substitutions import *\n"
        "def generate_launch_description():\n    return LaunchDescription([\n"
        "        DeclareLaunchArgument('who'),\n"
        "        SetLaunchConfiguration('place', ThisLaunchFileDir()), SetLaunchConfiguration('file', ThisLaunchFile())])\n"
    )
    seen: list[Any] = []
    source = PythonLaunchDescriptionSource([str(tmp_path), "/inner.launch.py"])
    assert (
        run(
            IncludeLaunchDescription(source, launch_arguments={"who": "me"}.items()),
            note(seen, "who", "place", "file"),
        )
        == 0
    )
    assert seen == [("me", str(tmp_path), str(tmp_path / "inner.launch.py"))]
    assert run(IncludeLaunchDescription(str(tmp_path / "inner.launch.py"))) == 1


def test_included_arguments_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "inner.launch.py"
    path.write_text(
        "from launch import LaunchDescription\nfrom launch.actions import *\n"
        "def generate_launch_description():\n"
        "    return LaunchDescription([DeclareLaunchArgument('x'), DeclareLaunchArgument('y', default_value='1')])\n"
    )
    outer = LaunchDescription([
        DeclareLaunchArgument("z"),
        GroupAction([IncludeLaunchDescription(str(path), launch_arguments=[("x", "1")])]),
    ])  # fmt: skip
    assert [argument.name for argument in outer.get_launch_arguments()] == ["z", "y"]
    assert "IncludeLaunchDescription" in LaunchIntrospector().format_launch_description(outer)


def test_files_that_are_no_launch_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.launch.py"
    empty.write_text("x = 1\n")
    broken = tmp_path / "broken.launch.py"
    broken.write_text("raise RuntimeError('no good')\n")
    assert run(IncludeLaunchDescription(str(empty))) == 1
    assert "does not contain the required function" in capsys.readouterr().out
    assert run(IncludeLaunchDescription(str(broken))) == 1
    assert "no good" in capsys.readouterr().out
    assert run(IncludeLaunchDescription(str(tmp_path / "absent.launch.py"))) == 1
    with pytest.raises(InvalidLaunchFileError, match="neither XML nor YAML"):
        get_launch_description_from_frontend_launch_file("a.launch.json")


def test_completion_coroutines_and_shutdown() -> None:
    seen: list[str] = []

    async def work(context: LaunchContext) -> None:
        seen.append("coroutine")

    action = OpaqueCoroutine(coroutine=work)
    unwanted = OnShutdown(on_shutdown=lambda event, context: seen.append("unwanted"))
    run(
        RegisterEventHandler(
            OnExecutionComplete(target_action=action, on_completion=lambda e, c: seen.append("complete"))
        ),
        RegisterEventHandler(unwanted),
        UnregisterEventHandler(unwanted),
        RegisterEventHandler(
            OnShutdown(on_shutdown=[OpaqueFunction(function=lambda context: seen.append("shutdown"))])
        ),
        action,
    )
    assert seen == ["coroutine", "complete", "shutdown"]


@pytest.mark.parametrize(
    ("substitution", "expected"),
    [
        ("plain", "plain"),
        (Path("/a/b"), "/a/b"),
        (["a", TextSubstitution(text="b")], "ab"),
        (LaunchConfiguration("n"), "3"),
        (LaunchConfiguration("absent", default="d"), "d"),
        (EnvironmentVariable("NOT_SET_HERE", default_value="e"), "e"),
        (PathJoinSubstitution(["/a", ["b", LaunchConfiguration("n")], "c"]), "/a/b3/c"),
        (PathSubstitution("/a") / "b" / LaunchConfiguration("n"), "/a/b/3"),
        (PythonExpression([LaunchConfiguration("n"), " + 1"]), "4"),
        (PythonExpression("sqrt(16)"), "4.0"),
        (PythonExpression("'a' if os.sep == '/' else 'b'", ["os"]), "a"),
        (FindExecutable(name="sh"), None),
        (Command("echo hi"), "hi\n"),
        (EqualsSubstitution(LaunchConfiguration("n"), "3.0"), "true"),
        (EqualsSubstitution("True", "1"), "true"),
        (NotEqualsSubstitution("a", "b"), "true"),
        (NotSubstitution("true"), "false"),
        (AndSubstitution("true", "false"), "false"),
        (OrSubstitution("true", "false"), "true"),
        (IfElseSubstitution("true", "x", "y"), "x"),
        (IfElseSubstitution("0", if_value="x", else_value="y"), "y"),
    ],
)
def test_substitutions(substitution: Any, expected: str | None) -> None:
    result = text(substitution, n="3")
    assert result == expected if expected is not None else os.access(result, os.X_OK)


@pytest.mark.parametrize(
    ("substitution", "message"),
    [
        (LaunchConfiguration("absent"), "launch configuration 'absent' does not exist"),
        (EnvironmentVariable("NOT_SET_HERE"), "environment variable 'NOT_SET_HERE' does not exist"),
        (FindExecutable(name="no-such-program"), "executable 'no-such-program' not found on the PATH"),
        (PythonExpression("1 +"), "python expression '1 \\+' failed"),
        (Command("false"), "exit code 1"),
        (ThisLaunchFile(), "outside of a launch file"),
        (LocalSubstitution("event.reason"), "event.reason"),
        (NotSubstitution("maybe"), "invalid condition expression 'maybe'"),
    ],
)
def test_substitutions_that_fail(substitution: Any, message: str) -> None:
    with pytest.raises(SubstitutionFailure, match=message):
        text(substitution)


def test_things_that_are_not_here_name_upstream() -> None:
    with pytest.raises(NotImplementedError, match="upstream's package launch"):
        ForLoop()
    with pytest.raises(TypeError, match="cannot be used as a substitution"):
        normalize_to_list_of_substitutions([3])  # type: ignore[list-item]
    assert sys.modules["launch"].Action is not None
