"""Command line of the simulator server."""

from __future__ import annotations

import argparse
import gc
import logging
import math
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from carla_drl_sim import CARLA_VERSION, __version__
from carla_drl_sim.compile import compile_all
from carla_drl_sim.errors import ConfigurationError, RpcError

EXIT_CONFIGURATION = 78
"""Exit code of every configuration error (``EX_CONFIG`` of sysexits.h)."""

_T = TypeVar("_T")
_LEVELS = ("debug", "info", "warning", "error")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise ConfigurationError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="carla_drl_sim",
        description=f"Driving simulator for the unmodified CARLA {CARLA_VERSION} client: no GPU, no CARLA install.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=2000, help="RPC port; streams are on the next one; 0 takes two free ports"
    )
    parser.add_argument("--town", default="Town01", help="first town")
    parser.add_argument(
        "--opendrive",
        metavar="FILE",
        help="OpenDRIVE file to start with, in place of a town; it is OpenDriveMap",
    )
    parser.add_argument(
        "--maps",
        metavar="FOLDER",
        help="folder of OpenDRIVE files, which are maps by their names: Town01.xodr takes the place of the generated Town01; "
        "if not given, the environment variable CARLA_DRL_MAPS",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the generated towns, 0 to 2**32 - 1")
    parser.add_argument(
        "--fps", type=float, default=20.0, help="ticks per second while no client ticks the world, 1 to 1000"
    )
    parser.add_argument(
        "--synchronous",
        action="store_true",
        help="start in synchronous mode, so that frame numbers and times count ticks alone and runs repeat exactly",
    )
    parser.add_argument(
        "--recordings",
        default="~/.carla_drl_sim/recordings",
        help="folder of the recordings that clients make",
    )
    parser.add_argument(
        "--view",
        type=int,
        nargs="?",
        const=8080,
        metavar="PORT",
        help="serve a live view from above to browsers on this machine; port 8080 if none is given, 0 takes a free one",
    )
    parser.add_argument("--log-level", default="info", choices=_LEVELS, help="least severity that is logged")
    parser.add_argument("--version", action="version", version=f"carla_drl_sim {__version__}")
    return parser


def _checked(options: argparse.Namespace, towns: Sequence[str]) -> argparse.Namespace:
    if not 0 <= options.port <= 65534:
        raise ConfigurationError(f"--port {options.port}: must be 0 to 65534")
    if options.view is not None and not 0 <= options.view <= 65535:
        raise ConfigurationError(f"--view {options.view}: must be 0 to 65535")
    if not 0 <= options.seed < 2**32:
        raise ConfigurationError(f"--seed {options.seed}: must be 0 to {2**32 - 1}")
    if not (math.isfinite(options.fps) and 1.0 <= options.fps <= 1000.0):
        raise ConfigurationError(f"--fps {options.fps}: must be 1 to 1000")
    if options.town not in towns:
        raise ConfigurationError(f"--town {options.town}: unknown; available: {', '.join(sorted(towns))}")
    return options


def _from_path(option: str, path: str | None, read: Callable[[Path], _T]) -> _T | None:
    """What an option's file or folder gives; None without one."""
    try:
        return None if path is None else read(Path(path).expanduser())
    except ConfigurationError as error:
        raise ConfigurationError(f"{option} {error}") from None


def _without_ros_arguments(arguments: Sequence[str]) -> list[str]:
    """Leave out ``--ros-args ... [--]``, which launch adds to every node: the server is none."""
    result: list[str] = []
    is_ros = False
    for argument in arguments:
        if argument == "--ros-args":
            is_ros = True
        elif not is_ros:
            result.append(argument)
        elif argument == "--":
            is_ros = False
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM; return the exit code."""
    try:
        options = _parser().parse_args(
            _without_ros_arguments(sys.argv[1:] if arguments is None else arguments)
        )
        logging.basicConfig(
            level=options.log_level.upper(), format="[%(levelname)s] [carla_drl_sim]: %(message)s"
        )
        return _serve(options)
    except ConfigurationError as error:
        print(f"carla_drl_sim: error: {error}", file=sys.stderr, flush=True)
        return EXIT_CONFIGURATION
    except KeyboardInterrupt:
        return 0


def _allow_open_files(number: int) -> None:
    """Let this process have that many open files, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        most = number if hard == resource.RLIM_INFINITY else min(number, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _serve(options: argparse.Namespace) -> int:
    # A signal during start-up ends the process at once; numba's import alone takes a while.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    from carla_drl_sim.server import MAX_ABANDONED, MAX_CONNECTIONS, Server
    from carla_drl_sim.town_library import TownLibrary, map_files, read_document
    from carla_drl_sim.warm_up import warm_up

    towns = TownLibrary(options.seed, _from_path("--maps", options.maps, map_files))
    _checked(options, towns.bases)
    _allow_open_files(MAX_CONNECTIONS + MAX_ABANDONED + 256)
    document = _from_path("--opendrive", options.opendrive, read_document)
    try:
        server = Server(
            options.host,
            options.port,
            options.town,
            options.seed,
            options.fps,
            synchronous=options.synchronous,
            recordings=Path(options.recordings),
            opendrive=document,
            towns=towns,
            view_port=options.view,
        )
    except RpcError as error:
        raise ConfigurationError(
            str(error) if document is None else f"--opendrive {options.opendrive}: {error}"
        ) from None
    compile_all()
    warm_up(options.town, towns if document is None else None)
    server.listen()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.stop())
    # Nothing made so far is ever garbage, and the loop makes no cycles: collections would only cost ticks.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    print(
        f"carla_drl_sim {__version__} (CARLA {CARLA_VERSION}) serves {server.map_name} "
        f"on {options.host}: RPC port {server.rpc_port}, streaming port {server.stream_port}"
        + (f", view {server.viewer.url}" if server.viewer is not None else ""),
        flush=True,
    )
    try:
        server.run(reader)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # it ends anyway; another signal must not spoil how
        server.close()
    return 0
