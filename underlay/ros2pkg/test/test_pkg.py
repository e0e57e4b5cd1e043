"""`ros2 pkg` on a temporary prefix."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ros2cli.cli import main


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("lib/own_pkg", "share/own_pkg", "share/ament_index/resource_index/packages"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages/own_pkg").touch()
    (tmp_path / "share/own_pkg/package.xml").write_text(
        "<package format='3'><name>own_pkg</name><version>1.2.3</version><depend>a</depend><depend>b</depend></package>\n"
    )
    (tmp_path / "lib/own_pkg/tool").write_text("#!/bin/sh\n")
    (tmp_path / "lib/own_pkg/tool").chmod(0o755)
    (tmp_path / "lib/own_pkg/data").touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}:{os.environ.get('AMENT_PREFIX_PATH', '')}")
    return tmp_path


def test_list(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not main(argv=["pkg", "list"])
    names = capsys.readouterr().out.split()
    assert names == sorted(names)
    assert {"own_pkg", "std_msgs"} <= set(names)


def test_prefix_and_share(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(argv=["pkg", "prefix", "own_pkg"])
    main(argv=["pkg", "prefix", "--share", "own_pkg"])
    assert capsys.readouterr().out.split() == [str(prefix), str(prefix / "share/own_pkg")]
    assert main(argv=["pkg", "prefix", "absent_pkg"]) == "Package not found"


def test_executables(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(argv=["pkg", "executables", "own_pkg"])
    main(argv=["pkg", "executables", "own_pkg", "--full-path"])
    assert capsys.readouterr().out.splitlines() == ["own_pkg tool", str(prefix / "lib/own_pkg/tool")]
    assert main(argv=["pkg", "executables", "absent_pkg"]) == "Unknown package name 'absent_pkg'"


def test_xml(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(argv=["pkg", "xml", "own_pkg"])
    main(argv=["pkg", "xml", "own_pkg", "-t", "version"])
    main(argv=["pkg", "xml", "own_pkg", "-t", "depend"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("<package")
    assert lines[1:] == ["1.2.3", "a", "b"]
    assert "No tag 'nope' found" in str(main(argv=["pkg", "xml", "own_pkg", "-t", "nope"]))


def test_command_without_a_verb_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv=["pkg"]) == 0
    assert "executables" in capsys.readouterr().out
