"""YAML launch files that run programs."""

from __future__ import annotations

from typing import Any

import pytest

EVERYTHING = """
launch:
- arg: {name: who, default: nobody, choice: [{value: nobody}, {value: you}]}
- let: {name: greeting, value: hi $(var who)}
- set_env: {name: MARK, value: $(var greeting)!}
- node:
    exec: $(dirname)/show
    name: talker
    namespace: inner
    output: screen
    args: -v '$(var greeting)' plain
    respawn: false
    param:
    - {name: speed, value: 1.5}
    - {name: text, value: '7'}
    - {name: asked, value: "$(eval '1 + 2')"}
    - {name: list, value: [1, 2, 3]}
    - {from: $(dirname)/file.yaml, allow_substs: true}
    remap:
    - {from: chatter, to: $(var who)/chatter}
- group:
  - push_ros_namespace: {namespace: outer}
  - set_use_sim_time: {value: true}
  - node: {exec: $(dirname)/show, name: grouped, output: screen, if: $(not false)}
- group:
    scoped: false
    if: $(equals $(var who) nobody)
    children:
    - executable: {cmd: $(dirname)/show left out, output: screen}
- log: {message: said $(var greeting)}
"""


def test_everything(launch_file: Any, tmp_path: Any) -> None:
    (tmp_path / "file.yaml").write_text("/**: {ros__parameters: {from_file: $(var who)}}\n")
    code, shown, output = launch_file("all.launch.yaml", EVERYTHING, who="you")
    assert code == 0, output
    by_node = {s["words"][s["words"].index("--ros-args") + 2]: s for s in shown}
    talker = by_node["__node:=talker"]
    assert talker["words"][:4] == ["-v", "hi you", "plain", "--ros-args"]
    assert talker["words"][-2:] == ["-r", "chatter:=you/chatter"]
    assert talker["mark"] == "hi you!"
    assert talker["parameters"] == {
        "speed": 1.5,
        "text": "7",
        "asked": 3,
        "list": [1, 2, 3],
        "from_file": "you",
    }
    assert "__ns:=/outer" in by_node["__node:=grouped"]["words"]
    assert by_node["__node:=grouped"]["parameters"] == {"use_sim_time": True}
    assert len(shown) == 2
    assert "said hi you" in output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("launch: [", "this is no YAML"),
        ("- launch", "a launch file has one key, 'launch'"),
        ("launch: [{nodde: {}}]", "tag 'nodde': there is no such action; known: "),
        ("launch: [let]", "child 'let' is no mapping of one tag to its content"),
        ("launch: [{let: {name: x}}]", "tag 'let' ('x'): attribute 'value' is missing"),
        ("launch: [{node: {exec: a, colour: b}}]", "unexpected attribute(s) or tag(s): colour"),
        (
            "launch: [{timer: {period: soon, children: []}}]",
            "attribute 'period' is 'soon', a number is expected",
        ),
    ],
)
def test_mistakes_are_named(launch_file: Any, text: str, message: str) -> None:
    code, shown, output = launch_file("bad.launch.yaml", text)
    assert code == 1
    assert message in output
    assert "bad.launch.yaml" in output
    assert not shown
