"""Turn a recorded drive into a data set for offline learning: observations, actions, and rewards computed anew."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from carla_drl_tools.bag import Bag
from carla_drl_tools.dataset import DatasetWriter
from carla_drl_tools.errors import ToolError
from carla_drl_tools.transitions import Counts, rows
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.run_setup import read_configs


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="ros2 run carla_drl_tools bag_to_dataset", description=__doc__)
    parser.add_argument("bag", type=Path, help="folder that record.launch.py wrote with topics:=dataset")
    parser.add_argument("dataset", type=Path, help="HDF5 file to write, must not exist")
    parser.add_argument("--simulator", default="sim0", help="name of the lock-step group (default: sim0)")
    parser.add_argument(
        "--reward",
        type=Path,
        metavar="YAML",
        help="algorithm's configuration whose section 'reward' is used (default: the default reward)",
    )
    return parser.parse_args(arguments)


def convert(bag_path: Path, dataset: Path, simulator: str, reward_file: Path | None) -> Counts:
    """Convert a bag.

    Raises:
        ToolError: when the bag, the configuration or the data set cannot be used.
    """
    try:
        config = read_configs("ppo", reward_file).reward
    except ConfigurationError as error:
        raise ToolError(str(error)) from error
    bag = Bag(bag_path, simulator)
    total = bag.count("observation")
    bag.count("observation_layout")
    layout, _ = next(bag.messages("observation_layout"))
    counts = Counts()
    writer = DatasetWriter(
        dataset,
        {
            "simulator": simulator,
            "step_s": layout.step_s,
            "state_names": list(layout.state_names),
            "metric_names": list(layout.metric_names),
            "action_names": list(layout.action_names),
            "reward_config": json.dumps(config.model_dump(mode="json")),
            "source": bag_path.name,
        },
    )
    try:
        # Actions are small: going through them twice costs little beside the observations.
        sessions = (action.session for action, _ in bag.messages("action"))
        drive = rows(bag.messages("observation"), bag.messages("action"), sessions, config, counts)
        for row in tqdm(drive, total=total, unit=" frames", unit_scale=True, disable=not sys.stderr.isatty()):
            writer.append(row)
    except BaseException:
        writer.discard()
        raise
    writer.close()
    return counts


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(arguments)
    try:
        counts = convert(options.bag, options.dataset, options.simulator, options.reward)
    except ToolError as error:
        sys.exit(f"bag_to_dataset: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    print(
        f"{options.dataset}: {counts.frames:,} frames, {counts.gaps:,} gaps, {counts.unanswered:,} without an action, "
        f"{counts.repeated:,} repeated ones left out"
    )


if __name__ == "__main__":
    main()
