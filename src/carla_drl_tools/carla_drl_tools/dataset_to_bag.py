"""Turn a data set back into a bag of observations, actions and their layout, at the times they were recorded."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from rclpy.serialization import serialize_message
from rosbag2_py import SequentialWriter, StorageOptions, TopicMetadata
from tqdm import tqdm

from carla_drl_tools.bag import CDR, TYPES
from carla_drl_tools.dataset import open_dataset
from carla_drl_tools.errors import ToolError

_BLOCK_ROWS: Final = 1024


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="ros2 run carla_drl_tools dataset_to_bag", description=__doc__)
    parser.add_argument("dataset", type=Path, help="file that bag_to_dataset wrote")
    parser.add_argument("bag", type=Path, help="folder to write, must not exist")
    parser.add_argument("--storage", default="mcap", choices=("mcap", "sqlite3"), help="default: mcap")
    return parser.parse_args(arguments)


def convert(dataset: Path, bag: Path, storage: str) -> int:
    """Convert a data set; return the number of frames.

    Raises:
        ToolError: when the data set cannot be used or the bag exists.
    """
    if bag.exists():
        raise ToolError(f"bag '{bag}' exists already; allowed: a new folder")
    with open_dataset(dataset) as file:
        writer = SequentialWriter()
        writer.open(StorageOptions(uri=str(bag), storage_id=storage), CDR)
        prefix = f"/carla_drl/{file.attrs['simulator']}/"
        for index, (topic, kind) in enumerate(TYPES.items()):
            name = f"carla_drl_msgs/msg/{kind.__name__}"
            writer.create_topic(
                TopicMetadata(id=index, name=prefix + topic, type=name, serialization_format="cdr")
            )
        sessions: set[int] = set()
        total = len(file["frame"])
        with tqdm(total=total, unit=" frames", unit_scale=True, disable=not sys.stderr.isatty()) as progress:
            for start in range(0, total, _BLOCK_ROWS):
                block = {name: array[start : start + _BLOCK_ROWS] for name, array in file.items()}
                for index in range(len(block["frame"])):
                    _write(
                        writer, prefix, file, {name: array[index] for name, array in block.items()}, sessions
                    )
                progress.update(len(block["frame"]))
        writer.close()
    return total


def _write(writer: Any, prefix: str, file: h5py.File, row: dict[str, Any], sessions: set[int]) -> None:
    session, time_ns = int(row["session"]), int(row["recorded_ns"])
    agents = len(row["status"])
    if session not in sessions:
        sessions.add(session)
        layout = ObservationLayout(
            simulator=file.attrs["simulator"],
            session=session,
            num_agents=agents,
            step_s=float(file.attrs["step_s"]),
            state_names=list(file.attrs["state_names"]),
            metric_names=list(file.attrs["metric_names"]),
            action_names=list(file.attrs["action_names"]),
        )
        writer.write(prefix + "observation_layout", serialize_message(layout), time_ns)
    observation = FleetObservation(
        session=session,
        frame=int(row["frame"]),
        step_s=float(file.attrs["step_s"]),
        num_agents=agents,
        state_dim=row["state"].shape[1],
    )
    total_ns = round(float(row["sim_time_s"]) * 1e9)
    observation.header.frame_id = "map"
    observation.header.stamp.sec, observation.header.stamp.nanosec = divmod(total_ns, 10**9)
    observation.state.frombytes(row["state"].tobytes())
    observation.metrics.frombytes(row["metrics"].tobytes())
    observation.status.frombytes(row["status"].tobytes())
    writer.write(prefix + "observation", serialize_message(observation), time_ns)
    if not np.isnan(row["action"]).any():
        action = FleetAction(session=session, frame=int(row["frame"]), num_agents=agents)
        action.action.frombytes(row["action"].tobytes())
        writer.write(prefix + "action", serialize_message(action), time_ns)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(arguments)
    try:
        frames = convert(options.dataset, options.bag, options.storage)
    except ToolError as error:
        sys.exit(f"dataset_to_bag: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    print(f"{options.bag}: {frames:,} frames")


if __name__ == "__main__":
    main()
