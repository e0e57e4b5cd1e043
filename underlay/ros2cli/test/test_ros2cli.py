"""The command line core."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ros2cli.cli import main
from ros2cli.command import CommandExtension, get_first_line_doc
from ros2cli.node.discovery import count_participants
from ros2cli.plugin_system import PluginException, satisfies_version

DEADLINE_S = 60.0
DOMAIN = str(110 + os.getpid() % 4)


def test_help_lists_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv=[]) == 0
    output = capsys.readouterr().out
    for name in ("launch", "run", "topic", "node", "pkg"):
        assert f"\n  {name}" in output


def test_unknown_command_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(argv=["nope"])
    assert raised.value.code == 2
    assert "topic" in capsys.readouterr().err


def test_there_is_no_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts stop it before they start."""
    for verb in ("status", "stop"):
        assert not main(argv=["daemon", verb])
        assert capsys.readouterr().out == "The daemon is not running\n"
    assert str(main(argv=["daemon", "start"])).startswith("There is no daemon here")


@pytest.mark.parametrize(("raises", "code"), [(KeyboardInterrupt(), 2), (RuntimeError("why"), "why")])
def test_exit_codes(raises: BaseException, code: int | str) -> None:
    class Failing(CommandExtension):
        def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
            raise raises

    assert main(argv=[], extension=Failing()) == code


def test_reader_that_goes_away() -> None:
    code = (
        "import sys\nfrom ros2cli.cli import main\nfrom ros2cli.command import CommandExtension\n"
        "class Chatty(CommandExtension):\n"
        "    def main(self, *, parser, args):\n"
        "        while True: print('x' * 1000)\n"
        "sys.exit(main(argv=[], extension=Chatty()))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=DEADLINE_S) == 0
    assert errors == b""


def test_versions_of_extension_points() -> None:
    satisfies_version("0.1", "^0.1")
    with pytest.raises(PluginException):
        satisfies_version("0.1", "^0.2")
    assert (
        get_first_line_doc(main)
        == "Parse `argv` (default: this process's) and run the command; return its exit code or error text"
    )


def test_participants_are_counted_by_their_ports() -> None:
    def line(port: int) -> str:
        return f" 100: 00000000:{port:04X} 00000000:0000 07"

    domain = 7
    base = 7400 + 250 * domain
    text = "\n".join(
        [
            "header",
            line(base),
            line(base + 10),
            line(base + 11),
            line(base + 12),
            line(base + 12),
            line(base + 260),
        ]
    )
    assert count_participants(text, domain) == 2
    assert count_participants("header\n", domain) == 0


def test_node_finds_a_node_that_is_there_and_waits_no_longer_than_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import rclpy
    from ros2cli.node.strategy import NodeStrategy

    monkeypatch.setenv("ROS_DOMAIN_ID", DOMAIN)
    code = (
        "import rclpy, sys\nrclpy.init()\nnode = rclpy.create_node('present')\nprint('up', flush=True)\n"
        "sys.stdin.read()\nnode.destroy_node()\nrclpy.shutdown()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"up\n"
        with NodeStrategy(argparse.Namespace(spin_time=None)) as node:
            assert ("present", "/") in node.get_node_names_and_namespaces()
        process.stdin.close()
        process.wait(timeout=DEADLINE_S)
    start = time.monotonic()
    with NodeStrategy(argparse.Namespace(spin_time=0.0)) as node:
        node.get_topic_names_and_types()
    assert time.monotonic() - start < DEADLINE_S
    assert not rclpy.ok()


@pytest.mark.parametrize(
    ("line", "completion"),
    [("ros2 par", "param "), ("ros2 topic ec", "echo "), ("ros2 node list --count", "--count-nodes ")],
)
def test_bash_completes_commands_verbs_and_options(line: str, completion: str) -> None:
    script = Path(__file__).parents[1] / "completion" / "ros2-argcomplete.bash"
    setting = f"COMP_LINE='{line}' COMP_POINT={len(line)} COMP_TYPE=9 COMP_WORDBREAKS=$' \\t\\n'"
    command = f"source '{script}'; {setting}; _ros2_complete; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout == f"{completion}\n", result.stderr
