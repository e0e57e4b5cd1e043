"""Record a labelled data set for detectors of vehicles and walkers: cameras on traffic cars, boxes from the simulator.

Without --server every town is recorded in an embedded simulator of its own. One town is held out: it makes the split
"val", so that what is measured there was never trained on.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from carla_drl_tools.detection_recorder import RecorderSettings, record
from carla_drl_tools.errors import ToolError
from carla_drl_tools.instance_boxes import CLASS_NAMES, Limits
from carla_drl_tools.simulator_process import embedded_simulator
from carla_drl_tools.yolo_dataset import YoloWriter
from carla_sensor_bridge.scenario import WEATHER_PRESETS

_LOG = logging.getLogger("make_detection_dataset")


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    default = RecorderSettings()
    parser = argparse.ArgumentParser(
        prog="ros2 run carla_drl_tools make_detection_dataset", description=__doc__
    )
    add = parser.add_argument
    add("folder", type=Path, help="to write, must be new or empty")
    add("--server", metavar="HOST:PORT", help="CARLA server to use (default: an embedded simulator per town)")
    add(
        "--train-towns",
        nargs="+",
        metavar="TOWN",
        default=["Town01", "Town03", "Town05"],
        help="default: %(default)s",
    )
    add(
        "--val-town",
        metavar="TOWN",
        default="Town02",
        help="the town that is held out (default: %(default)s)",
    )
    add("--train-pictures", type=_positive, default=1500, help="of all towns together (default: %(default)s)")
    add("--val-pictures", type=_positive, default=300, help="default: %(default)s")
    add("--width", type=_positive, default=default.width, help="pixels (default: %(default)s)")
    add("--height", type=_positive, default=default.height, help="pixels (default: %(default)s)")
    add(
        "--fov",
        type=float,
        default=default.fov_deg,
        help="horizontal field of view, degrees (default: %(default)s)",
    )
    add(
        "--cameras", type=_positive, default=default.cameras, help="cars with a camera (default: %(default)s)"
    )
    add("--vehicles", type=_positive, default=default.vehicles, help="in each town (default: %(default)s)")
    add("--walkers", type=int, default=default.walkers, help="in each town (default: %(default)s)")
    add(
        "--interval",
        type=float,
        default=default.interval_s,
        help="s between a camera's pictures (default: %(default)s)",
    )
    add("--weathers", nargs="+", metavar="PRESET", choices=WEATHER_PRESETS, default=list(default.weathers))
    add(
        "--min-side",
        type=float,
        default=Limits.min_side_px,
        help="smallest box, pixels (default: %(default)s)",
    )
    add(
        "--min-visible",
        type=float,
        default=Limits.min_visible,
        help="least visible share (default: %(default)s)",
    )
    add("--seed", type=int, default=default.seed, help="default: %(default)s")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; allowed: 1 or more")
    return value


def _server(options: argparse.Namespace, town: str) -> Any:
    if options.server is None:
        return embedded_simulator(town)
    host, _, port = options.server.rpartition(":")
    if not host or not port.isdecimal():
        raise ToolError(f"--server is {options.server!r}; allowed: HOST:PORT, e.g. 127.0.0.1:2000")
    return nullcontext((host, int(port)))


def make(options: argparse.Namespace) -> dict[str, Any]:
    """Record all towns; return the number of pictures and boxes by split.

    Raises:
        ToolError: when a server, a town or the folder cannot be used.
    """
    if options.val_town in options.train_towns:
        raise ToolError(f"--val-town is {options.val_town}; allowed: a town that is not in --train-towns")
    settings = RecorderSettings(
        width=options.width,
        height=options.height,
        fov_deg=options.fov,
        cameras=options.cameras,
        vehicles=options.vehicles,
        walkers=options.walkers,
        interval_s=options.interval,
        weathers=tuple(options.weathers),
        limits=Limits(min_side_px=options.min_side, min_visible=options.min_visible),
        seed=options.seed,
    )
    shares = np.diff(np.linspace(0, options.train_pictures, len(options.train_towns) + 1).round().astype(int))
    plan = [("train", town, int(share)) for town, share in zip(options.train_towns, shares, strict=True)]
    plan.append(("val", options.val_town, options.val_pictures))
    about = {"settings": asdict(settings), "towns": [[split, town] for split, town, _ in plan]}
    writer = YoloWriter(options.folder, CLASS_NAMES, about)
    counts: dict[str, Any] = {}
    total = sum(pictures for _, _, pictures in plan)
    with tqdm(total=total, unit=" pictures", disable=not sys.stderr.isatty()) as bar:
        for split, town, pictures in plan:
            bar.set_description(town)
            with _server(options, town) as address:
                host, port = ("127.0.0.1", address) if isinstance(address, int) else address
                for number, shot in enumerate(record(host, port, town, pictures, settings, _LOG)):
                    writer.add(split, f"{town}_{number:05d}", shot.picture, shot.kind, shot.box)
                    boxes = np.bincount(shot.kind, minlength=len(CLASS_NAMES))
                    counts[split] = counts.get(split, 0) + np.array([1, *boxes])
                    bar.update()
    writer.close()
    return counts


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    code = 0
    try:
        counts = make(options)
        for split, (pictures, *boxes) in counts.items():
            named = ", ".join(f"{count:,} {name}s" for count, name in zip(boxes, CLASS_NAMES, strict=True))
            print(f"{options.folder}: {split}: {pictures:,} pictures, {named}")
    except ToolError as error:
        print(f"make_detection_dataset: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: tearing the client library down with its threads may abort the process.
    os._exit(code)


if __name__ == "__main__":
    main()
