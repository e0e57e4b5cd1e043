"""XML launch files that run programs."""

from __future__ import annotations

from typing import Any

import pytest

EVERYTHING = """
<launch version="0.1.1">
  <!-- comments are nothing -->
  <arg name="who" default="nobody" description="whom to greet"/>
  <let name="greeting" value="hi $(var who)"/>
  <set_env name="MARK" value="$(var greeting)!"/>
  <node exec="$(dirname)/show" name="talker" namespace="inner" output="screen"
        args="-v '$(var greeting)' plain" ros_args="--log-level debug">
    <param name="speed" value="1.5"/>
    <param name="text" value="'7'"/>
    <param name="asked" value="$(eval '1 + 2')"/>
    <param name="forced" value="$(var who)" type="str"/>
    <param name="list" value="1, 2, 3" value-sep=","/>
    <param name="group"><param name="deep" value="true"/></param>
    <remap from="chatter" to="$(var who)/chatter"/>
    <env name="OTHER" value="x"/>
  </node>
  <group>
    <push_ros_namespace namespace="outer"/>
    <set_parameter name="shared" value="4"/>
    <set_remap from="a" to="b"/>
    <node exec="$(dirname)/show" name="grouped" output="screen" if="$(equals $(var who) 'you')"/>
    <node exec="$(dirname)/show" name="left_out" output="screen" unless="true"/>
  </group>
  <executable cmd="$(dirname)/show 'one word' $(env ABSENT_VARIABLE none)" output="screen"/>
  <log message="said $(var greeting)" level="warning"/>
</launch>
"""


def test_everything(launch_file: Any) -> None:
    code, shown, output = launch_file("all.launch.xml", EVERYTHING, who="you")
    assert code == 0
    by_node = {next((word for word in s["words"] if word.startswith("__node")), None): s for s in shown}
    talker = by_node["__node:=talker"]
    assert talker["words"][:8] == [
        "-v",
        "hi you",
        "plain",
        "--ros-args",
        "--log-level",
        "debug",
        "-r",
        "__node:=talker",
    ]
    assert talker["words"][8:10] == ["-r", "__ns:=/inner"]
    assert talker["words"][-2:] == ["-r", "chatter:=you/chatter"]
    assert talker["mark"] == "hi you!"
    assert talker["parameters"] == {
        "speed": 1.5,
        "text": "7",
        "asked": 3,
        "forced": "you",
        "list": [1, 2, 3],
        "group.deep": True,
    }
    grouped = by_node["__node:=grouped"]
    assert "__ns:=/outer" in grouped["words"]
    assert "a:=b" in grouped["words"]
    assert grouped["parameters"] == {"shared": 4}
    assert by_node[None]["words"] == ["one word", "none"]
    assert len(shown) == 3
    assert "[WARNING] [launch.user]: said hi you" in output


def test_includes_and_processes_that_end_the_launch(launch_file: Any, tmp_path: Any) -> None:
    inner = """
    <launch>
      <arg name="x"/>
      <executable cmd="$(dirname)/show $(var x)" output="screen" on_exit="shutdown"/>
    </launch>
    """
    (tmp_path / "inner.launch.xml").write_text(inner)
    code, shown, output = launch_file(
        "outer.launch.xml",
        """
        <launch>
          <include file="$(dirname)/inner.launch.xml"><arg name="x" value="given"/></include>
          <executable cmd="sleep 60"/>
          <timer period="0.0"><log message="ticked"/></timer>
        </launch>
        """,
    )
    assert code == 0
    assert [s["words"] for s in shown] == [["given"]]
    assert "ticked" in output
    assert "was required: shutting down launched system" in output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<launch>", "this is no XML"),
        ("<begin/>", "a launch file begins with 'launch'"),
        ("<launch><nodde/></launch>", "tag 'nodde': there is no such action; known: "),
        ("<launch><let name='x'/></launch>", "tag 'let' ('x'): attribute 'value' is missing"),
        (
            "<launch><node exec='a' colour='b'/></launch>",
            "tag 'node' ('a'): unexpected attribute(s) or tag(s): colour",
        ),
        (
            "<launch><executable cmd='a' respawn='maybe'/></launch>",
            "attribute 'respawn' is 'maybe'; allowed: true, false",
        ),
        ("<launch><log message='$(nothing)'/></launch>", "'$(nothing ...)' in '$(nothing)' is unknown"),
        ("<launch><log message='$(var x'/></launch>", "substitution '$(var x' is not closed"),
        (
            "<launch><log message='x' if='true' unless='true'/></launch>",
            "'if' and 'unless' exclude each other",
        ),
    ],
)
def test_mistakes_are_named(launch_file: Any, text: str, message: str) -> None:
    code, shown, output = launch_file("bad.launch.xml", text)
    assert code == 1
    assert message in output
    assert "bad.launch.xml" in output
    assert not shown
