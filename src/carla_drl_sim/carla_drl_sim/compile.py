"""Compiles everything ahead of time, in parallel: ``python -m carla_drl_sim.compile``.

Numba keeps what it has compiled on disk, but would compile a kernel only when it is first called: in a call of a client,
which then runs into its time-out. So setup and the first start of a server compile all of them. A stamp beside the
compiled code tells that this was done for these very sources; then nothing is run.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from carla_drl_sim.errors import ConfigurationError

_PACKAGE = Path(__file__).resolve().parent
_TOWN = "Town01"


def _ticks() -> None:
    from carla_drl_sim.warm_up import warm_up

    warm_up(_TOWN)


def _cameras() -> None:
    from carla_drl_sim.warm_up import warm_up_sensors

    warm_up_sensors(_TOWN, cameras=True)


def _sensors() -> None:
    from carla_drl_sim.warm_up import warm_up_sensors

    warm_up_sensors(_TOWN, cameras=False)


PARTS: dict[str, Callable[[], None]] = {"ticks": _ticks, "cameras": _cameras, "sensors": _sensors}
"""What is compiled in a process of its own."""


_LOCKS = "CARLA_DRL_SIM_COMPILE_LOCKS"
"""Folder of the locks of the processes that compile together."""


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _share_the_work(locks: Path) -> None:
    """Let no two processes compile the same function: the second waits, and takes what the first has kept on disk."""
    from numba.core.dispatcher import Dispatcher

    compile_one: Any = Dispatcher.compile
    held: set[Path] = set()

    def compile_alone(self: Any, signature: Any) -> Any:
        function = self.py_func
        lock = locks / f"{function.__module__}.{function.__qualname__}"
        if lock in held or not function.__module__.startswith(f"{__package__}."):
            return compile_one(self, signature)
        with _lock(lock):
            held.add(lock)
            try:
                return compile_one(self, signature)
            finally:
                held.remove(lock)

    setattr(Dispatcher, "compile", compile_alone)  # noqa: B010


def _say(text: str) -> None:
    print(f"carla_drl_sim: {text}", file=sys.stderr, flush=True)


def _end_with_parent() -> None:
    """Let the system end this process when the one that waits for it ends (prctl(2), PR_SET_PDEATHSIG is 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _sources() -> str:
    """A hash of this package's sources, of where they are, and of the libraries that compile them."""
    digest = hashlib.sha256(f"{_PACKAGE} {sys.version}".encode())
    import numba
    import numpy as np

    digest.update(f"{numba.__version__} {np.__version__}".encode())
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _stamp() -> Path:
    """Where the hash of the sources is kept that were compiled last: where numba keeps the code."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        folder = Path(chosen)
    elif os.access(_PACKAGE, os.W_OK):
        folder = _PACKAGE / "__pycache__"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "carla_drl_sim"
    return folder / f"compiled-{hashlib.sha256(str(_PACKAGE).encode()).hexdigest()[:16]}"


def is_compiled() -> bool:
    """Whether everything was compiled since the sources have changed."""
    try:
        return _stamp().read_text() == _sources()
    except OSError:
        return False


def compile_all() -> None:
    """Compile what is not compiled yet; takes about a minute on two processors.

    Raises:
        ConfigurationError: when a part cannot be compiled.
    """
    if is_compiled():
        return
    _say("compiling, once on this machine; this takes about a minute")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="carla_drl_sim_") as locks:
        running = {
            name: subprocess.Popen(
                [sys.executable, "-m", "carla_drl_sim.compile", name],
                stdin=subprocess.DEVNULL,
                env=os.environ | {_LOCKS: locks},
            )
            for name in PARTS
        }
        try:
            failed = [name for name, process in running.items() if process.wait() != 0]
        except BaseException:
            for process in running.values():
                process.kill()
            raise
    if failed:
        raise ConfigurationError(f"{', '.join(failed)} could not be compiled, see above")
    _say(f"compiled in {time.monotonic() - started:.0f} s")
    stamp = _stamp()
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(_sources())
    except OSError as error:
        _say(f"{stamp} cannot be written ({error.strerror}); the next start looks again")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile everything, or the one part that is named; return 0 when that went well."""
    names = list(sys.argv[1:] if arguments is None else arguments)
    if len(names) == 1 and names[0] in PARTS:
        _end_with_parent()
        if locks := os.environ.get(_LOCKS):
            _share_the_work(Path(locks))
        PARTS[names[0]]()
        return 0
    if names:
        print(
            f"carla_drl_sim.compile: unknown part {names}; allowed: one of {', '.join(PARTS)}",
            file=sys.stderr,
        )
        return 2
    try:
        compile_all()
    except ConfigurationError as error:
        print(f"carla_drl_sim.compile: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
