"""Bags to data sets and back, with drives whose rewards are known."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from rclpy.serialization import serialize_message
from rosbag2_py import SequentialWriter, StorageOptions, TopicMetadata

from carla_drl_tools.bag import CDR, TYPES, Bag
from carla_drl_tools.bag_to_dataset import convert
from carla_drl_tools.bag_to_dataset import main as bag_to_dataset
from carla_drl_tools.dataset_to_bag import main as dataset_to_bag
from carla_drl_tools.errors import ToolError
from drl_agent_node.env import columns
from drl_agent_node.env.reward import MIN_ROUTE_LENGTH_M

AGENTS = 2
STATE = 3


def write_bag(path: Path, messages: list[tuple[str, Any]]) -> None:
    writer = SequentialWriter()
    writer.open(StorageOptions(uri=str(path), storage_id="mcap"), CDR)
    for index, (topic, kind) in enumerate(TYPES.items()):
        writer.create_topic(
            TopicMetadata(
                id=index,
                name=f"/carla_drl/sim0/{topic}",
                type=f"carla_drl_msgs/msg/{kind.__name__}",
                serialization_format="cdr",
            )
        )
    for time_ns, (topic, message) in enumerate(messages, 10**18):
        writer.write(f"/carla_drl/sim0/{topic}", serialize_message(message), time_ns)
    writer.close()


def layout() -> ObservationLayout:
    return ObservationLayout(
        simulator="sim0", session=4, num_agents=AGENTS, step_s=0.05, state_names=["a", "b", "c"]
    )


def observation(session: int, frame: int, progress_m: float = 0.0, status: int = 0) -> FleetObservation:
    metrics = np.zeros((AGENTS, columns.NUM_METRICS), np.float32)
    metrics[:, columns.PROGRESS_M] = progress_m
    metrics[:, columns.ROUTE_LENGTH_M] = 10 * MIN_ROUTE_LENGTH_M
    message = FleetObservation(session=session, frame=frame, num_agents=AGENTS, state_dim=STATE, step_s=0.05)
    message.header.frame_id = "map"
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(frame * 50_000_000, 10**9)
    message.state.extend(np.arange(AGENTS * STATE, dtype=np.float32) + frame)
    message.metrics.extend(metrics.ravel())
    message.status.extend([0, status])
    return message


def action(session: int, frame: int) -> FleetAction:
    values = [0.5, -0.25, 0.1 * frame, 0.0]
    return FleetAction(session=session, frame=frame, num_agents=AGENTS, action=values)


def drive() -> list[tuple[str, Any]]:
    """Two sessions. The second agent ends at frame 3, frame 5 is missing, frame 7 was not answered."""
    messages: list[tuple[str, Any]] = [("observation_layout", layout())]
    for frame, status in ((1, 0), (2, 0), (3, columns.TERMINATED), (4, columns.RESET), (6, 0), (7, 0)):
        messages.append(("observation", observation(4, frame, progress_m=0.5, status=status)))
        if frame == 2:
            messages.append(("observation", observation(4, frame, progress_m=0.5)))
        if frame != 7:
            messages += [("action", action(4, frame))] * (2 if frame == 2 else 1)
    for frame in (1, 2):
        messages += [("observation", observation(9, frame)), ("action", action(9, frame))]
    return messages


def test_rows_are_what_happened(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", drive())
    counts = convert(tmp_path / "bag", tmp_path / "drive.h5", "sim0", None)
    assert vars(counts) == {"frames": 8, "repeated": 1, "gaps": 2, "unanswered": 1}
    with h5py.File(tmp_path / "drive.h5") as data:
        assert list(data["frame"]) == [1, 2, 3, 4, 6, 7, 1, 2]
        assert list(data["session"]) == [4] * 6 + [9] * 2
        np.testing.assert_allclose(data["sim_time_s"][:3], [0.05, 0.1, 0.15])
        np.testing.assert_array_equal(data["state"][4], np.arange(6).reshape(2, 3) + 6)
        np.testing.assert_allclose(data["action"][1], [[0.5, -0.25], [0.2, 0.0]], rtol=1e-6)
        assert np.isnan(data["action"][5]).all()
        # Frame 3 ends the second agent's episode: its action there is ignored. 4 is followed by a gap, 7 by a session.
        valid = [[1, 1], [1, 1], [1, 0], [0, 0], [1, 1], [0, 0], [1, 1], [0, 0]]
        np.testing.assert_array_equal(data["valid"], np.array(valid, bool))
        np.testing.assert_array_equal(data["terminated"][:, 1], np.array([0, 1, 0, 0, 0, 0, 0, 0], bool))
        # Half a metre of a route of 100 m that is worth 100; the first observation of an episode earns nothing.
        np.testing.assert_allclose(data["reward"][:4], [[0.5, 0.5], [0.5, 0.5], [0.5, 0.0], [0.0, 0.0]])
        assert list(data.attrs["state_names"]) == ["a", "b", "c"]
        assert data.attrs["simulator"] == "sim0"


def test_actions_of_a_session_that_was_not_observed_are_passed_over(tmp_path: Path) -> None:
    """As when the recorder saw the last action of a world that was gone, and actions before observations."""
    messages: list[tuple[str, Any]] = [("observation_layout", layout()), ("action", action(3, 80))]
    for frame in (1, 2):
        messages += [("observation", observation(4, frame)), ("action", action(4, frame))]
    messages += [
        ("action", action(5, 1)),
        ("observation", observation(6, 1)),
        ("observation", observation(7, 1)),
    ]
    messages += [("action", action(7, 1))]
    write_bag(tmp_path / "bag", messages)
    counts = convert(tmp_path / "bag", tmp_path / "drive.h5", "sim0", None)
    with h5py.File(tmp_path / "drive.h5") as data:
        answered = np.isfinite(data["action"][:]).all((1, 2))
        assert list(zip(data["session"], answered, strict=True)) == [
            (4, True),
            (4, True),
            (6, False),
            (7, True),
        ]
    assert counts.unanswered == 1


def test_there_and_back_is_the_same(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", drive())
    bag_to_dataset([str(tmp_path / "bag"), str(tmp_path / "one.h5")])
    dataset_to_bag([str(tmp_path / "one.h5"), str(tmp_path / "again"), "--storage", "sqlite3"])
    first, second = Bag(tmp_path / "bag", "sim0"), Bag(tmp_path / "again", "sim0")
    for topic, repeated in (("observation", 1), ("action", 1), ("observation_layout", 0)):
        before = [(m, t) for m, t in first.messages(topic)]
        after = dict.fromkeys(str(m) for m, _ in second.messages(topic))
        assert len({str(m) for m, _ in before}) == len(before) - repeated
        if topic != "observation_layout":
            assert set(after) == {str(m) for m, _ in before}
    bag_to_dataset([str(tmp_path / "again"), str(tmp_path / "two.h5")])
    with h5py.File(tmp_path / "one.h5") as one, h5py.File(tmp_path / "two.h5") as two:
        for name in one:
            np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def test_what_cannot_be_used_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_bag(tmp_path / "bag", drive())
    with pytest.raises(ToolError, match=r"no message of /carla_drl/sim1/observation; it has /carla_drl/sim0"):
        convert(tmp_path / "bag", tmp_path / "x.h5", "sim1", None)
    with pytest.raises(ToolError, match="cannot be read"):
        convert(tmp_path / "nothing", tmp_path / "x.h5", "sim0", None)
    (tmp_path / "taken.h5").write_text("mine")
    with pytest.raises(ToolError, match="exists already"):
        convert(tmp_path / "bag", tmp_path / "taken.h5", "sim0", None)
    (tmp_path / "reward.yaml").write_text("reward: {route_reward: -1}\n")
    with pytest.raises(ToolError, match="route_reward"):
        convert(tmp_path / "bag", tmp_path / "x.h5", "sim0", tmp_path / "reward.yaml")
    with pytest.raises(SystemExit) as ended:
        dataset_to_bag([str(tmp_path / "taken.h5"), str(tmp_path / "out")])
    assert "taken.h5' cannot be read" in str(ended.value)
    assert not list(tmp_path.glob("*.partial"))


def test_a_fleet_that_changes_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    other = observation(4, 2)
    other.num_agents, other.state_dim = 1, 2 * STATE
    other.metrics, other.status = other.metrics[: columns.NUM_METRICS], other.status[:1]
    write_bag(
        tmp_path / "bag",
        [("observation_layout", layout()), ("observation", observation(4, 1)), ("observation", other)],
    )
    with pytest.raises(ToolError, match="frame 2 of session 4"):
        convert(tmp_path / "bag", tmp_path / "x.h5", "sim0", None)
    assert not list(tmp_path.glob("x.h5*"))
