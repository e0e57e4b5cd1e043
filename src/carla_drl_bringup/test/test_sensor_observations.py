"""Cameras and lidars as observations: real client, embedded simulator, bridge, gateway, and an agent that learns."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from carla_drl_msgs.msg import FleetObservation, ImageBlock256K, ObservationLayout
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from launched import Launched, domain
from numpy.typing import NDArray
from sensor_loop import LATCHED, SCENARIOS, SensorLoop, nanoseconds, parameters
from sensor_msgs.msg import Image, PointCloud2

HEIGHT, WIDTH = 60, 100
SIZE = 32
CAMERA = {
    "name": "front",
    "type": "sensor.camera.rgb",
    "transform": {"x_m": 1.5, "z_m": 1.6},
    "attributes": {"image_size_x": WIDTH, "image_size_y": HEIGHT, "fov": 90.0},
}
ROOF = {
    "name": "roof",
    "type": "sensor.lidar.ray_cast",
    "transform": {"z_m": 2.4},
    "attributes": {
        "channels": 16,
        "points_per_second": 40000,
        "range": 50.0,
        "lower_fov": -25.0,
        "upper_fov": 5.0,
    },
}
SHOWN = {"camera": True, "camera_height": SIZE, "camera_width": SIZE, "camera_history": 2}
FAULTS = {"drop": "is missing", "freeze": "is frozen", "black": "is blank", "late": "is missing"}


def overlaps(source: int, target: int) -> NDArray[np.int64]:
    """Return how much of each source pixel is in each target pixel, [target, source], in parts of 1 / target."""
    edges = np.arange(source + 1) * target
    cuts = np.arange(target + 1) * source
    low = np.maximum(edges[None, :-1], cuts[:-1, None])
    high = np.minimum(edges[None, 1:], cuts[1:, None])
    return np.maximum(high - low, 0)


def resized(image: Image) -> NDArray[np.uint8]:
    """Return the red, green and blue of a picture, averaged over the area of each pixel, [3, SIZE, SIZE]."""
    assert image.encoding == "bgra8"
    bgra = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 4)
    rgb = bgra[..., 2::-1].astype(np.int64).transpose(2, 0, 1)
    sums = overlaps(image.height, SIZE) @ rgb @ overlaps(image.width, SIZE).T
    total = image.height * image.width
    return ((2 * sums + total) // (2 * total)).astype(np.uint8)


def range_image(cloud: PointCloud2, rows: int, columns: int, range_m: float) -> NDArray[np.uint8]:
    """Return the nearness of the nearest point in each direction, [rows, columns]."""
    points = np.frombuffer(cloud.data, np.float32).reshape(-1, 4).astype(np.float64)
    x, y, z = points[:, :3].T
    distance = np.sqrt(x * x + y * y + z * z)
    lower, upper = np.radians(-25.0), np.radians(5.0)
    row = np.floor((upper - np.arctan2(z, np.hypot(x, y))) / (upper - lower) * (rows - 1) + 0.5).astype(int)
    column = np.clip(np.floor((np.pi - np.arctan2(y, x)) / (2 * np.pi) * columns), 0, columns - 1).astype(int)
    seen = (distance < range_m) & (row >= 0) & (row < rows)
    image = np.zeros((rows, columns), np.uint8)
    value = np.floor(1.0 + 254.0 * (1.0 - distance / range_m) + 0.5).astype(np.uint8)
    np.maximum.at(image, (row[seen], column[seen]), value[seen])
    return image


def at_stamp(loop: SensorLoop, topic: str, stamp: int) -> Any:
    """Wait for the message of a topic with that stamp, ns."""

    def found() -> Any:
        return next((m for m in loop.messages[topic] if nanoseconds(m.header.stamp) == stamp), None)

    return loop.wait_until(found, f"{topic} at {stamp}")


def part(observation: FleetObservation, index: int) -> NDArray[np.uint8]:
    image = observation.images[index]
    return np.frombuffer(image.data, np.uint8).reshape(-1, image.channels, image.height, image.width)


def test_observations_are_the_sensors_of_their_frame(tmp_path: Path) -> None:
    shown = SHOWN | {"lidar": True, "lidar_columns": 64, "lidar_range_m": 40.0}
    with SensorLoop(tmp_path, domain(60), [CAMERA, ROOF], 2, gateway=shown) as loop:
        topics = {
            f"/carla/ego{agent}/{name}": kind
            for agent in range(2)
            for name, kind in (("front/image", Image), ("roof", PointCloud2))
        }
        for topic, kind in topics.items():
            loop.listen(kind, topic)
        loop.listen(ImageBlock256K, "/carla/ego1/front/image_block")
        layouts: list[ObservationLayout] = loop.messages["/carla_drl/sim0/observation_layout"]
        loop.listen(ObservationLayout, "/carla_drl/sim0/observation_layout", LATCHED)
        loop.begin()
        camera, lidar = loop.wait_until(lambda: layouts, "the layout")[0].images
        colors = [f"front_{color}" for color in ("red", "green", "blue")]
        assert list(camera.channel_names) == colors + [f"{color}_1_frames_ago" for color in colors]
        assert (camera.place, lidar.place) == (
            "32x32 area of 60x100",
            "16x64 range image, -25 to 5 degrees, 40 m",
        )
        while not all(loop.messages[topic] for topic in topics):
            loop.step(0.5)

        before = [np.zeros(0)] * 2
        for frame in range(5):
            observation = loop.step(1.0, 0.2)
            stamp = nanoseconds(observation.header.stamp)
            assert [list(image.age) for image in observation.images] == [[0, 0], [0, 0]]
            pictures, scans = part(observation, 0), part(observation, 1)
            for agent in range(2):
                now = resized(at_stamp(loop, f"/carla/ego{agent}/front/image", stamp))
                np.testing.assert_array_equal(pictures[agent, :3], now)
                if frame > 0:
                    np.testing.assert_array_equal(pictures[agent, 3:], before[agent])
                    assert (now != before[agent]).any(), "nothing moves: this test would prove nothing"
                before[agent] = now
                expected = range_image(at_stamp(loop, f"/carla/ego{agent}/roof", stamp), 16, 64, 40.0)
                # The gateway reckons in single precision: a point on an edge may fall on its other side.
                same = (expected == scans[agent, 0]).mean()
                assert same > 0.98, same
                assert (expected > 0).mean() > 0.1
        # The same picture as a plain block.
        block = loop.wait_until(
            lambda: next(
                (b for b in loop.messages["/carla/ego1/front/image_block"] if b.frame == observation.frame),
                None,
            ),
            "a block",
        )
        assert (block.session, block.agent, block.height, block.width) == (
            observation.session,
            1,
            HEIGHT,
            WIDTH,
        )
        assert block.size == HEIGHT * WIDTH * 4
        image = at_stamp(loop, "/carla/ego1/front/image", nanoseconds(observation.header.stamp))
        assert bytes(block.data[: block.size]) == bytes(image.data)


@pytest.mark.parametrize("algorithm", ["ppo", "sac"])
def test_a_policy_learns_from_sensors(tmp_path: Path, algorithm: str) -> None:
    scenario = yaml.safe_load((SCENARIOS / "town01_basic.yaml").read_text()) | {"sensors": [CAMERA, ROOF]}
    (tmp_path / "scenario.yaml").write_text(yaml.safe_dump(scenario))
    small = {
        "ppo": {"rollout_steps": 16, "minibatch_size": 32},
        "sac": {"buffer_capacity": 1000, "learning_starts": 32, "batch_size": 16},
    }
    (tmp_path / f"{algorithm}.yaml").write_text(yaml.safe_dump(small[algorithm]))
    with Launched(
        "train",
        tmp_path,
        domain(62),
        scenario=tmp_path / "scenario.yaml",
        algorithm=tmp_path / f"{algorithm}.yaml",
        num_agents=2,
        total_steps=128,
        observation="state+camera+lidar",
        camera=f"height={SIZE},width={SIZE},color=false,history=3",
        lidar="form=grid,height=32,width=32",
        run_name="sensors",
    ) as run:
        assert run.wait(300) == 0, run.output[-6000:]
    assert list((tmp_path / "runs" / "sensors").glob("**/*.pt"))


class FaultyLoop(SensorLoop):
    """The loop with a bridge whose camera can be made to misbehave."""

    def __init__(self, folder: Path, domain_id: str, policy: str) -> None:
        self._fault = folder / "fault"
        program = [sys.executable, str(Path(__file__).with_name("faulty_bridge.py")), str(self._fault)]
        super().__init__(
            folder,
            domain_id,
            [CAMERA],
            gateway=SHOWN | {"sensor_policy": policy},
            bridge={"sensor_timeout_s": 0.2},
            bridge_program=program,
        )
        self.levels: list[tuple[bytes, str]] = []
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_levels, 50)

    def _on_levels(self, message: Any) -> None:
        self.levels += [
            (one.level, one.message) for one in message.status if one.name.endswith("gateway: observed")
        ]

    def set_fault(self, kind: str) -> None:
        """Make the camera misbehave from now on; not any more, if `kind` is empty."""
        if kind:
            self._fault.with_suffix(".new").write_text(kind)
            self._fault.with_suffix(".new").rename(self._fault)
        else:
            self._fault.unlink()

    def drive(self, until: Any, what: str) -> list[FleetObservation]:
        """Answer every observation until something holds; returns them."""
        topic, seen = self.messages["/carla_drl/sim0/observation"], []

        def turn() -> bool:
            if topic and topic[-1].frame > self.observation.frame:
                self.observation = topic[-1]
                seen.append(self.observation)
                self.act(1.0, 0.1)
            return bool(until())

        self.act(1.0, 0.1)
        self.wait_until(turn, what)
        return seen


def test_faulty_sensors_are_noticed_and_never_taken_for_sound(tmp_path: Path) -> None:
    with FaultyLoop(tmp_path, domain(63), "all") as loop:
        loop.begin()
        for fault, text in FAULTS.items():
            target = loop.observation.frame + 20
            loop.drive(lambda target=target: loop.observation.frame > target, "sound frames")
            loop.levels.clear()
            loop.set_fault(fault)

            def noticed(text: str = text) -> bool:
                return any(level == DiagnosticStatus.ERROR and text in said for level, said in loop.levels)

            seen = loop.drive(noticed, f"a report of {fault}")
            loop.set_fault("")
            last = loop.observation.frame
            seen += loop.drive(lambda last=last: loop.observation.frame > last + 3, "sound frames again")
            for one, following in itertools.pairwise(seen):
                assert list(following.images[0].age) == [0]
                pictures = part(following, 0)[0]
                assert pictures.min() < pictures.max()
                if one.state[0] > 1.0 and following.state[0] > 1.0:  # what stands sees the same again
                    assert (part(one, 0)[0, :3] != pictures[:3]).any(), (
                        f"{fault}: frame {following.frame} shows old data"
                    )


def test_duplicates_do_no_harm_and_are_counted(tmp_path: Path) -> None:
    with FaultyLoop(tmp_path, domain(64), "all") as loop:
        loop.begin()
        loop.set_fault("duplicate")
        target = loop.observation.frame + 50
        seen = loop.drive(lambda: loop.observation.frame > target, "frames")
        assert [one.frame for one in seen] == list(range(seen[0].frame, seen[-1].frame + 1))
        loop.drive(lambda: int(loop.values("sensors").get("sensor_duplicate", 0)) > 20, "counted duplicates")


def test_older_pictures_tell_their_age(tmp_path: Path) -> None:
    with FaultyLoop(tmp_path, domain(65), "latest") as loop:
        loop.begin()
        loop.drive(lambda: loop.observation.frame > 20, "sound frames")
        last = loop.observation
        loop.set_fault("drop")
        seen = loop.drive(lambda: any("is missing" in said for _, said in loop.levels), "a report")
        held = [one for one in seen if one.images[0].age[0] > 0]
        assert held
        assert (
            max(one.images[0].age[0] for one in held) <= 4
        )  # sensor_tolerance_s over step_s, of the defaults
        assert last.frame < held[0].frame
        loop.set_fault("")
        loop.drive(lambda: loop.observation.images[0].age[0] == 0, "sound frames again")


def test_topics_give_the_observations_of_the_ring_bit_by_bit(tmp_path: Path) -> None:
    size = {"camera": True, "camera_height": SIZE, "camera_width": SIZE, "camera_history": 2}
    size |= {"neighbour_count": 4, "neighbour_radius_m": 1000.0}
    world = {"traffic": {"vehicles": 3}, "pedestrians": {"walkers": 2}}
    for form in ("range", "grid"):
        shown = size | {"lidar": True, "lidar_form": form, "lidar_columns": 64}
        folder = tmp_path / form
        folder.mkdir()
        with SensorLoop(folder, domain(66), [CAMERA, ROOF], 2, gateway=shown, world=world) as loop:
            loop.begin()
            described = shown | {
                "simulator": "topics",
                "roles": "[ego0,ego1]",
                "step_s": round(loop.observation.step_s, 6),
                "camera_sensors": "[front]",
                "lidar_sensor": "roof",
                "lidar_rows": 16,
                "lidar_lower_deg": -25.0,
                "lidar_upper_deg": 5.0,
            }
            loop.start("carla_gateway", "topic_observer_node", *parameters(described))
            topic = "/carla_drl/topics/observation"
            loop.listen(FleetObservation, topic)
            heard: list[FleetObservation] = loop.messages[topic]
            while not heard:
                loop.step(0.5)
            compared = 0
            while compared < 5:
                ring = loop.step(1.0, 0.2)

                other = at_stamp(loop, topic, nanoseconds(ring.header.stamp))
                # Publishing a topic may leave a frame out, and topics do not tell where an episode begins: the
                # history is the ring's when it has the frame before, and no ego has been put elsewhere.
                whole_history = [one.frame for one in heard[-2:]] == [other.frame - 1, other.frame]
                if not whole_history or any(status & FleetObservation.STATUS_RESET for status in ring.status):
                    continue
                for one, same in zip(ring.images, other.images, strict=True):
                    assert (one.name, list(one.age)) == (same.name, list(same.age))
                    assert one.data == same.data
                    assert any(one.data)
                whole = np.asarray(ring.state).reshape(2, -1)
                neighbours = whole[:, -4 * 8 :]
                state = np.hstack([whole[:, :3], neighbours])
                np.testing.assert_array_equal(state, np.asarray(other.state).reshape(2, -1))
                assert (state[:, 0] > 0.1).all()
                assert (neighbours[:, ::8] == 1.0).all()
                compared += 1
