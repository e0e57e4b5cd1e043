"""`ros2 bag` against real publishers and subscriptions."""

from __future__ import annotations

import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import COMMAND, DEADLINE_S
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rclpy.serialization import deserialize_message
from rosbag2_py import SequentialReader, StorageOptions
from rosbags.highlevel import AnyReader
from std_msgs.msg import String


def grown(folder: Path, size: int) -> Callable[[], bool]:
    return lambda: (
        sum(path.stat().st_size for path in folder.glob("*_*")) >= size if folder.is_dir() else False
    )


def texts(path: Path, topic: str) -> list[str]:
    reader = SequentialReader()
    reader.open_uri(str(path))
    found = []
    while reader.has_next():
        name, data, _ = reader.read_next()
        if name == topic:
            found.append(deserialize_message(data, String).data)
    reader.close()
    return found


def assert_consecutive(numbers: list[str]) -> None:
    values = [int(number) for number in numbers]
    assert len(values) > 20
    assert values == list(range(values[0], values[0] + len(values)))


@pytest.mark.usefixtures("talker")
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_record_keeps_every_message_and_quality_of_service(storage: str, record: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    code, log = record(
        grown(folder, 200_000), "-a", "-s", storage, "-o", "bag", "--storage-preset-profile", "none"
    )
    assert code == 0, log
    assert "Subscribed to topic '/chatter'" in log
    assert "lost" not in log
    assert_consecutive(texts(folder, "/chatter"))
    assert texts(folder, "/latched") == ["kept"]
    with AnyReader([folder]) as reader:  # reads all that rosbag2 writes
        connections = {connection.topic: connection for connection in reader.connections}
        assert "/_hidden" not in connections
        assert connections["/header"].msgdef.data.startswith("# Standard metadata")
        assert "MSG: builtin_interfaces/Time" in connections["/header"].msgdef.data
        assert connections["/header"].ext.offered_qos_profiles[0].reliability.name == "BEST_EFFORT"
        assert connections["/latched"].ext.offered_qos_profiles[0].durability.name == "TRANSIENT_LOCAL"
        assert connections["/chatter"].digest.startswith("RIHS01_")
        for connection, _, data in reader.messages([connections["/header"]]):
            assert reader.deserialize(data, connection.msgtype).frame_id.isdecimal()


@pytest.mark.usefixtures("talker")
def test_an_independent_mcap_reader_decodes_the_file(record: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    record(
        grown(folder, 3000),
        "--topics",
        "/chatter",
        "-o",
        "bag",
        "--storage-preset-profile",
        "zstd_fast",
        number=signal.SIGTERM,
    )
    with (folder / "bag_0.mcap").open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()], validate_crcs=True)
        messages = [message.data for _, _, _, message in reader.iter_decoded_messages()]
        summary = reader.get_summary()
    assert messages == texts(folder, "/chatter")
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == len(messages)
    assert {chunk.compression for chunk in summary.chunk_indexes} == {"zstd"}
    metadata = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert metadata["message_count"] == len(messages)
    assert metadata["files"][0]["path"] == "bag_0.mcap"


@pytest.mark.usefixtures("talker")
@pytest.mark.parametrize("mode", ["file", "message"])
def test_splits_and_compresses_without_losing_messages(mode: str, record: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    code, log = record(
        lambda: len(list(folder.glob("bag_*"))) >= 4,
        "--regex",
        "^/chat",
        "-o",
        "bag",
        "-b",
        2000,
        "--compression-mode",
        mode,
        "--compression-format",
        "zstd",
    )
    assert code == 0, log
    suffix = "mcap.zstd" if mode == "file" else "mcap"
    names = sorted(
        (path.name for path in folder.glob("bag_*")), key=lambda name: int(name.split("_")[1].split(".")[0])
    )
    assert names == [f"bag_{index}.{suffix}" for index in range(len(names))]
    assert_consecutive(texts(folder, "/chatter"))


@pytest.mark.usefixtures("talker")
def test_a_full_disk_ends_with_a_message_and_a_whole_bag(environment: dict[str, str], tmp_path: Path) -> None:
    limit = 300_000

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    for storage in ("mcap", "sqlite3"):
        words = ["record", "-a", "-o", storage, "-s", storage, "-p", "50"]
        # Shared memory segments are files, too.
        environment = {**environment, "FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}
        result = subprocess.run(
            [*COMMAND, *words], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=DEADLINE_S, check=False, preexec_fn=limit_file_size,
        )  # fmt: skip
        assert result.returncode == 1
        assert "ended early, what was written until then is complete" in result.stderr
        assert_consecutive(texts(tmp_path / storage, "/chatter"))


@pytest.fixture
def listener(environment: dict[str, str]) -> Any:
    """Return a node of the test's own that is spun by `wait_for`."""
    import rclpy

    context = rclpy.Context()
    rclpy.init(context=context, args=[])
    node = rclpy.create_node("listener", context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


def wait_for(node: Any, condition: Callable[[], bool]) -> None:
    from rclpy.executors import SingleThreadedExecutor

    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        executor.spin_once(0.1)


def make_bag(path: Path, count: int, period_ns: int = 10_000_000, topic: str = "/played") -> None:
    from rclpy.serialization import serialize_message
    from rosbag2_py import SequentialWriter, TopicMetadata
    from rosgraph_msgs.msg import Clock

    writer = SequentialWriter()
    writer.open(StorageOptions(str(path), "mcap"))
    writer.create_topic(TopicMetadata(0, topic, "std_msgs/msg/String"))
    writer.create_topic(TopicMetadata(0, "/other", "rosgraph_msgs/msg/Clock"))
    for number in range(count):
        stamp = 1_000_000_000_000 + number * period_ns
        writer.write(topic, serialize_message(String(data=str(number))), stamp)
        writer.write("/other", serialize_message(Clock()), stamp)
    writer.close()


class Play:
    """`ros2 bag play` in the background; `received` are texts, `times` those of `/clock` in seconds."""

    def __init__(self, node: Any, environment: dict[str, str], tmp_path: Path) -> None:
        from rosgraph_msgs.msg import Clock

        self.node, self.environment, self.tmp_path = node, environment, tmp_path
        self.received: list[str] = []
        self.others: list[Any] = []
        self.times: list[float] = []
        for topic in ("/played", "/renamed"):
            node.create_subscription(String, topic, lambda message: self.received.append(message.data), 1000)
        node.create_subscription(Clock, "/other", self.others.append, 1000)
        node.create_subscription(
            Clock, "/clock", lambda m: self.times.append(m.clock.sec + m.clock.nanosec * 1e-9), 1000
        )

    def __call__(self, until: Callable[[], bool] | None, *words: object) -> str:
        command = [*COMMAND, "play", str(self.tmp_path / "bag"), "--wait-for-all-acked", "9000"]
        with subprocess.Popen(
            [*command, *map(str, words)], env=self.environment, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                wait_for(self.node, lambda: process.poll() is not None or (until is not None and until()))
                process.send_signal(signal.SIGINT)
                _, log = process.communicate(timeout=DEADLINE_S)
                assert process.returncode == 0, log
                return log
            finally:
                process.kill()


@pytest.fixture
def play(listener: Any, environment: dict[str, str], tmp_path: Path) -> Play:
    return Play(listener, environment, tmp_path)


def test_play_publishes_in_time_with_a_clock(play: Play, tmp_path: Path) -> None:
    make_bag(tmp_path / "bag", 100)
    started = time.monotonic()
    play(None, "--rate", 2, "--clock", 100)
    took = time.monotonic() - started
    assert play.received == [str(number) for number in range(100)]
    assert len(play.others) == 100
    assert took > 0.99 / 2
    assert play.times == sorted(play.times)
    assert len(play.times) == 50
    assert play.times[0] == pytest.approx(1000.0)
    assert play.times[-1] == pytest.approx(1000.98)


def test_play_selects_renames_and_cuts(play: Play, tmp_path: Path) -> None:
    make_bag(tmp_path / "bag", 100)
    play(
        None,
        "--topics",
        "/played",
        "--remap",
        "/played:=/renamed",
        "--start-offset",
        0.2,
        "--playback-duration",
        0.1,
    )
    assert play.received == [str(number) for number in range(20, 31)]
    assert play.others == []


def test_play_loops_until_it_is_stopped(play: Play, tmp_path: Path) -> None:
    make_bag(tmp_path / "bag", 10)
    play(lambda: len(play.received) > 25, "--loop", "--exclude-topics", "/other")
    assert play.received[:25] == [str(number % 10) for number in range(25)]
    assert play.others == []


def test_quality_of_service_overrides(play: Play, bag: Any, tmp_path: Path) -> None:
    make_bag(tmp_path / "bag", 3)
    overrides = tmp_path / "qos.yaml"
    overrides.write_text(
        "/played: {reliability: best_effort, durability: transient_local, depth: 7, history: keep_last}\n"
    )
    seen = []

    def look() -> bool:
        infos = play.node.get_publishers_info_by_topic("/played")
        seen.extend(info.qos_profile.durability.name for info in infos)
        return bool(seen)

    play(look, "--loop", "--qos-profile-overrides-path", overrides)
    assert seen[0] == "TRANSIENT_LOCAL"
    overrides.write_text("/played: {reliability: sometimes}\n")
    wrong = bag("play", "bag", "--qos-profile-overrides-path", overrides)
    assert wrong.code == 1
    assert "/played: reliability is 'sometimes'; allowed: " in wrong.err


def test_info(bag: Any, tmp_path: Path) -> None:
    make_bag(tmp_path / "bag", 11)
    lines = bag("info", "bag").out.splitlines()
    assert lines[1] == "Files:             bag_0.mcap"
    assert lines[3] == "Storage id:        mcap"
    assert lines[5] == "Duration:          0.100000000s"
    assert lines[6].endswith(" (1000.000000000)")
    assert lines[8] == "Messages:          22"
    assert (
        lines[9]
        == "Topic information: Topic: /other | Type: rosgraph_msgs/msg/Clock | Count: 11 | Serialization Format: cdr"
    )
    assert (
        lines[10].strip()
        == "Topic: /played | Type: std_msgs/msg/String | Count: 11 | Serialization Format: cdr"
    )
    assert bag("info", "bag/bag_0.mcap", "-t").out.split() == ["/other", "/played"]
    assert "Size Contribution: 132 B" in bag("info", "bag", "-v").out


def test_mistakes_are_named(bag: Any, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "broken.mcap").write_bytes(b"nothing")
    for words, code, text in (
        (["info", "absent"], 2, "Bag path 'absent' does not exist!"),
        (["info", "broken.mcap"], 1, "Could not open bag 'broken.mcap': "),
        (["play", "there"], 1, "'there' has no metadata.yaml"),
        (["record"], 1, "Need to specify at least one option out of "),
        (["record", "-a", "-o", "there"], 1, "Bag directory already exists (there)"),
        (
            ["record", "-a", "-s", "sqlite3", "--storage-preset-profile", "zstd_fast"],
            1,
            "allowed for sqlite3: none, resilient",
        ),
        (["record", "-e", "("], 1, "'(' is no regular expression"),
    ):
        result = bag(*words)
        assert (result.code, text in result.err) == (code, True), result.err
        assert "Traceback" not in result.err
    assert not list(tmp_path.glob("rosbag2_*"))
