"""Compiles everything ahead of time, in parallel: ``python -m carla_drl_sim.compile``.

Where this has run, the server starts in a second and the first sensor of a kind is there at once. Where it has not, the
server compiles what it needs when it needs it. Running it again takes some seconds and changes nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from carla_drl_sim.warm_up import warm_up, warm_up_sensors

_TOWN = "Town01"

PARTS: dict[str, Callable[[], None]] = {
    "ticks": lambda: warm_up(_TOWN),
    "cameras": lambda: warm_up_sensors(_TOWN, cameras=True),
    "sensors": lambda: warm_up_sensors(_TOWN, cameras=False),
}
"""What is compiled in a process of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile the parts that are named, or all; return 0 when that went well."""
    names = list(sys.argv[1:] if arguments is None else arguments)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(
            f"carla_drl_sim.compile: unknown part '{unknown[0]}'; allowed: {', '.join(PARTS)}",
            file=sys.stderr,
        )
        return 2
    if len(names) == 1:
        PARTS[names[0]]()
        return 0
    started = time.monotonic()
    running = {
        name: subprocess.Popen([sys.executable, "-m", "carla_drl_sim.compile", name])
        for name in names or PARTS
    }
    failed = [name for name, process in running.items() if process.wait() != 0]
    if failed:
        print(f"carla_drl_sim.compile: failed for {', '.join(failed)}, see above", file=sys.stderr)
        return 1
    print(f"carla_drl_sim: compiled {', '.join(running)} in {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
