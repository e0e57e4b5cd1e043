"""The pass list: every public method of CARLA's main classes has a test, and the docs tell which and how far it works."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import carla
from covered import ACCEPTED, CLASSES

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "carla_api.md"
MARK = "<!-- pass list: kept in step by test/api/test_api_pass_list.py -->\n"


def _load() -> None:
    for path in sorted(HERE.glob("test_api_*.py")):
        if path.stem != Path(__file__).stem:
            importlib.import_module(path.stem)


def _public(name: str) -> list[str]:
    return sorted(member for member in vars(getattr(carla, name)) if not member.startswith("_"))


def table() -> str:
    """The pass list as it belongs into the docs."""
    _load()
    lines = []
    for name in CLASSES:
        lines += [
            "",
            f"### {name}",
            "",
            "| method or attribute | state | remarks | accepted by |",
            "|---|---|---|---|",
        ]
        for member in _public(name):
            entry = ACCEPTED[f"{name}.{member}"]
            lines.append(f"| `{member}` | {entry.state} | {entry.note} | `{entry.test}` |")
    return "\n".join(lines) + "\n"


def test_every_public_method_has_a_test() -> None:
    _load()
    expected = {f"{name}.{member}" for name in CLASSES for member in _public(name)}
    assert sorted(expected - set(ACCEPTED)) == []
    assert sorted(set(ACCEPTED) - expected) == []


def test_the_pass_list_is_current() -> None:
    assert PAGE.read_text().partition(MARK)[2] == table(), (
        f"run python {Path(__file__).name} to renew {PAGE.name}"
    )


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]
    head, mark, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(head + mark + table())
