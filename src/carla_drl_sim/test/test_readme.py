"""The README's list of RPC functions is the one that is served."""

from __future__ import annotations

from pathlib import Path

from carla_drl_sim.handlers import RPCS

README = Path(__file__).resolve().parent.parent / "README.md"
MARK = "<!-- rpc table: kept in step by test/test_readme.py -->\n"


def table() -> str:
    """The table as it belongs into the README."""
    lines = ["", "| function | state | remarks |", "|---|---|---|"]
    order = {"full": 0, "partial": 1, "refused": 2}
    for function in sorted(RPCS.values(), key=lambda entry: (order[entry.state], entry.name)):
        lines.append(f"| `{function.name}` | {function.state} | {function.note} |")
    return "\n".join(lines) + "\n"


def test_the_table_is_current() -> None:
    assert README.read_text().partition(MARK)[2] == table()


if __name__ == "__main__":
    head, mark, _ = README.read_text().partition(MARK)
    README.write_text(head + mark + table())
