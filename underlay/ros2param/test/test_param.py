"""`ros2 param` against a real node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def test_list(ros2: Any) -> None:
    lines = ros2("list").out.splitlines()
    assert lines[0] == "/ns/server:"
    assert {"  fixed", "  loose", "  pid.gains", "  speed", "  use_sim_time"} <= set(lines)
    assert ros2("list", "/ns/server", "--param-prefixes", "pid").out == "  pid.gains\n"
    assert ros2("list", "ns/server", "--filter", "^sp", "--param-type").out == "  speed (type: double)\n"


def test_get_and_set(ros2: Any) -> None:
    assert ros2("set", "/ns/server", "speed", "2.5", "pid.gains", "[7, 8]").out.splitlines() == [
        "Set parameter successful",
        "Set parameter successful",
    ]
    assert ros2("get", "/ns/server", "speed").out == "Double value is: 2.5\n"
    assert ros2("get", "/ns/server", "pid.gains").out == "Integer values are: [7, 8]\n"
    assert ros2("get", "/ns/server", "fixed", "--hide-type").out == "x\n"
    wide = ros2("set", "/ns/server", "speed", "99.0")
    assert wide.code == 1
    assert "Setting parameter failed: speed: " in wide.err
    assert ros2("set", "/ns/server", "speed").err == "Must provide parameter name and value pairs\n"


def test_describe(ros2: Any) -> None:
    text = ros2("describe", "/ns/server", "speed", "fixed").out
    assert "Parameter name: speed\n  Type: double\n  Description: in m/s\n" in text
    assert "    Min value: 0.0\n    Max value: 9.0\n    Step: 0.5\n" in text
    assert "    Read only: true\n" in text


def test_dump_and_load(ros2: Any, tmp_path: Path) -> None:
    content = yaml.safe_load(ros2("dump", "/ns/server").out)
    parameters = content["/ns/server"]["ros__parameters"]
    assert parameters["fixed"] == "x"
    parameters["pid"]["gains"] = [3, 4, 5]
    file = tmp_path / "parameters.yaml"
    file.write_text(yaml.dump(content))
    result = ros2("load", "/ns/server", file)
    assert result.code == 0
    assert "Set parameter pid.gains successful" in result.out
    assert "Set parameter fixed failed: " in result.err
    assert ros2("get", "/ns/server", "pid.gains").out == "Integer values are: [3, 4, 5]\n"
    broken = ros2("load", "/ns/server", tmp_path / "absent.yaml")
    assert broken.code == 1
    assert broken.err.startswith("Could not read parameters of '/ns/server' from ")


def test_delete(ros2: Any) -> None:
    assert ros2("delete", "/ns/server", "loose").out == "Deleted parameter successfully\n"
    assert ros2("get", "/ns/server", "loose").code == 1
    assert ros2("delete", "/ns/server", "fixed").code == 1


def test_nodes_that_cannot_answer(ros2: Any) -> None:
    assert ros2("list", "/absent").err == "Node not found\n"
    assert ros2("get", "/_shy", "use_sim_time", "--timeout", "0.1").err == "Node not found\n"
    known = ros2("get", "/_shy", "use_sim_time", "--include-hidden-nodes", "--timeout", "0.1")
    assert known.err == "Node has no parameter services\n"
    assert ros2("get", "/dumb", "speed").err == "Node has no parameter services\n"
