"""Run benchmarks by group and report every figure."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys

import benchmarks

HELPERS = {"__main__", "idle_server", "results", "stack"}


def groups() -> list[str]:
    """Return the modules of this package that have a `main()`."""
    return sorted(info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name not in HELPERS)


def main() -> int:
    """Run the groups named on the command line, or all."""
    # As the launch files do, before a group imports numpy: its products would take every core.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "groups", nargs="*", metavar="group", help=f"any of: {', '.join(groups())}; default: all"
    )
    chosen = parser.parse_args().groups or groups()
    unknown = sorted(set(chosen) - set(groups()))
    if unknown:
        parser.error(f"unknown group {', '.join(unknown)}; allowed: {', '.join(groups())}")
    for group in chosen:
        print(f"== {group} ==", file=sys.stderr, flush=True)
        importlib.import_module(f"benchmarks.{group}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
