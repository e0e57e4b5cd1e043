"""All sensors of a world in process: the same bytes whatever the threads, and nothing measured for nobody."""

from __future__ import annotations

import gc
import weakref

import pytest

from carla_drl_sim.actors import Actor
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import AttributeType, Pose
from carla_drl_sim.sensors import suite
from carla_drl_sim.sensors.attributes import Attribute
from carla_drl_sim.sensors.blueprints import ATTRIBUTES, is_served
from carla_drl_sim.sensors.suite import intervals_passed
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.spring_arm import Attachment
from carla_drl_sim.stream_hub import StreamHub

SMALL = {"image_size_x": "40", "image_size_y": "30"}
CHOSEN = {
    "sensor.lidar.ray_cast": {"range": "60", "noise_stddev": "0.1", "points_per_second": "600000"},
    "sensor.other.imu": {"noise_accel_stddev_x": "0.1"},
    "sensor.other.gnss": {"noise_lat_stddev": "0.1"},
    "sensor.other.obstacle": {"distance": "100"},
}


def _empty(threads: int) -> Simulator:
    return Simulator(
        "Town01",
        0,
        20.0,
        synchronous=True,
        hub=StreamHub(lambda *_: None),
        clock=lambda: 0.0,
        workers=Workers(threads),
    )


def _simulator(threads: int) -> Simulator:
    simulator = _empty(threads)
    episode = simulator.episode
    for point in episode.town.spawn_points[:4].tolist():
        vehicle = episode.spawn(Description(0, "vehicle.tesla.model3", []), Pose(*point))
        episode.dynamics.control[vehicle.slot, 0] = 0.7
        for type_id, attributes in ATTRIBUTES.items():
            chosen = CHOSEN.get(type_id, {})
            if "image_size_x" in {attribute.name for attribute in attributes}:
                chosen = SMALL
            values = [(name, 4, text) for name, text in chosen.items()]
            episode.spawn(Description(0, type_id, values), Pose(x=2.5, z=1.5), vehicle.id)
    return simulator


def _run(threads: int, ticks: int) -> list[list[tuple[int, bytes, bytes]]]:
    simulator = _simulator(threads)
    result = []
    for _ in range(ticks):
        simulator.tick()
        sent = simulator.episode.sensors.measure_all(simulator.episode)
        result.append([(stream, header, bytes(payload)) for stream, header, payload in sent])
    return result


def test_all_bytes_are_the_same_for_one_and_two_threads() -> None:
    alone, shared = _run(1, 6), _run(2, 6)
    assert alone == shared
    measuring = (
        sum(is_served(type_id) for type_id in ATTRIBUTES) - 2
    )  # collisions and free roads send nothing
    assert all(len(messages) >= 4 * measuring for messages in alone)


def test_sensors_without_subscribers_measure_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = _simulator(1)

    def refuse(*_: object) -> None:
        raise AssertionError("somebody measured")

    monkeypatch.setattr(suite, "Moment", refuse)
    for _ in range(3):
        simulator.tick()
    with pytest.raises(AssertionError, match="somebody measured"):
        simulator.episode.sensors.measure_all(simulator.episode)


@pytest.mark.parametrize(("elapsed", "interval", "passed"), [(0.0, 0.1, 0), (-0.05, 0.1, -1), (0.1, 0.1, 1)])
def test_intervals_are_counted(elapsed: float, interval: float, passed: int) -> None:
    assert intervals_passed(elapsed, interval) == passed


def test_rounding_of_long_sums_loses_no_interval() -> None:
    elapsed, counts = 0.0, []
    for _ in range(20000):
        counts.append(intervals_passed(elapsed, 0.1))
        elapsed += 0.05
    assert counts == [index // 2 for index in range(20000)]


@pytest.fixture(scope="module")
def parked() -> tuple[Simulator, Actor]:
    """A world with one vehicle."""
    simulator = _empty(1)
    episode = simulator.episode
    place = Pose(*episode.town.spawn_points[0].tolist())
    return simulator, episode.spawn(Description(0, "vehicle.tesla.model3", []), place)


def _extreme(attribute: Attribute, *, high: bool) -> str:
    """The least or greatest value of an attribute; image sizes and rates stay small for the test's sake."""
    if attribute.restricted:
        return attribute.recommended[-1 if high else 0]
    if attribute.kind is AttributeType.BOOL:
        return "true" if high else "false"
    if attribute.kind not in (AttributeType.INT, AttributeType.FLOAT):
        return attribute.default
    bound = min(attribute.high, 1e30) if high else max(attribute.low, -1e30)
    if attribute.name.startswith("image_size"):
        bound = min(bound, 64)
    if attribute.name == "sensor_tick":
        bound = min(bound, 0.1)
    if attribute.name == "points_per_second":
        bound = min(bound, 100_000)
    return str(int(bound)) if attribute.kind is AttributeType.INT else repr(float(bound))


@pytest.mark.parametrize("type_id", sorted(type_id for type_id in ATTRIBUTES if is_served(type_id)))
@pytest.mark.parametrize("high", [False, True])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_extreme_settings_break_nothing(parked: tuple[Simulator, Actor], type_id: str, high: bool) -> None:
    attributes = ATTRIBUTES[type_id]
    defaults = {attribute.name: attribute.default for attribute in attributes}
    extremes = {attribute.name: _extreme(attribute, high=high) for attribute in attributes}
    simulator, vehicle = parked
    episode = simulator.episode
    alone = [defaults | {name: value} for name, value in extremes.items()]
    for chosen in (extremes, *alone):
        values = [(name, 4, text) for name, text in chosen.items()]
        episode.spawn(Description(0, type_id, values), Pose(z=2.0), vehicle.id)
    simulator.tick()
    messages = episode.sensors.measure_all(episode)
    for sensor in episode.actors.children(vehicle.id):
        episode.destroy(sensor)
    if type_id not in ("sensor.other.collision", "sensor.other.obstacle"):
        assert len(messages) == 1 + len(alone)


def test_an_episode_goes_when_the_next_one_comes() -> None:
    """Without the garbage collector, which comes so rarely that dozens of old episodes would wait for it."""
    simulator = _simulator(2)
    episode = simulator.episode
    carrier = episode.actors.vehicles()[0]
    arm = episode.spawn(
        Description(0, "sensor.other.gnss", []), Pose(-6.0, 0.0, 3.0), carrier.id, Attachment.SPRING_ARM
    )
    simulator.tick()
    episode.sensors.measure_all(episode)
    old = weakref.ref(episode)
    del episode, carrier, arm
    gc.disable()
    try:
        simulator.load("Town01", reset_settings=True)
        assert old() is None
    finally:
        gc.enable()
