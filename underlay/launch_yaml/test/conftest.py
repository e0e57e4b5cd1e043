"""A program that shows what it was started with, and a way to run launch files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHOW = """#!{python}
import json, os, sys, yaml
words, parameters = sys.argv[1:], {{}}
for index, word in enumerate(words):
    if word == '--params-file':
        with open(words[index + 1]) as file:
            for values in yaml.safe_load(file).values():
                parameters.update(values['ros__parameters'])
        words[index + 1] = '<file>'
print('SHOWN ' + json.dumps({{'words': words, 'parameters': parameters, 'mark': os.environ.get('MARK')}}))
"""

Launch = Callable[..., "tuple[int, list[dict[str, Any]], str]"]


@pytest.fixture
def launch_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Launch:
    """Return a function that runs a file; it returns exit code, what programs were started with, and output."""
    import launch.logging

    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    launch.logging.reset()
    program = tmp_path / "show"
    program.write_text(SHOW.format(python=sys.executable))
    program.chmod(0o755)

    def run(name: str, text: str, **arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        from launch import LaunchDescription, LaunchService
        from launch.actions import IncludeLaunchDescription

        (tmp_path / name).write_text(text)
        include = IncludeLaunchDescription(str(tmp_path / name), launch_arguments=arguments.items())
        service = LaunchService(noninteractive=True)
        service.include_launch_description(LaunchDescription([include]))
        code = service.run()
        output = capfd.readouterr().out
        shown = [json.loads(line.partition("SHOWN ")[2]) for line in output.splitlines() if "SHOWN " in line]
        return code, shown, output

    return run
