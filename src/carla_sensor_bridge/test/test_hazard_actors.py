"""Scripted hazards on the real client library, against the embedded simulator."""

from __future__ import annotations

import signal
from pathlib import Path

import carla
import numpy as np
import pytest
from gateway_peer import GatewayPeer, follow_route, wait_until
from processes import EXAMPLE, STOP_S, Bridge, Simulator, scenario, start

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.frame_ring import Frame
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import Scenario, load_scenario

OBSTACLE, WALKER, LEAD, LIGHT = range(4)
TRIGGERS = [
    {"kind": "static_obstacle", "at_m": [40.0, 45.0], "offset_m": [0.0, 0.0]},
    {"kind": "jaywalker", "at_m": [20.0, 25.0], "distance_m": [8.0, 12.0], "speed_mps": [3.0, 4.0]},
    {"kind": "lead_vehicle_brake", "blueprint": "vehicle.mini.cooper_s", "distance_m": [8.0, 9.0]},
    {"kind": "red_light", "distance_m": [60.0, 80.0], "red_s": [20.0, 20.0]},
]


def hazards_in(world: carla.World) -> dict[int, carla.Actor]:
    return {
        int(actor.attributes["role_name"].removeprefix("hazard")): actor
        for actor in world.get_actors()
        if actor.attributes.get("role_name", "").startswith("hazard")
    }


def test_hazards_are_where_the_frame_says_and_end_with_their_episode(
    simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    path = scenario(tmp_path, triggers=TRIGGERS, limits={"max_lane_offset_m": 6.0, "off_road": False})
    watcher = carla.Client("127.0.0.1", simulator.port)
    watcher.set_timeout(10.0)
    with Bridge(simulator.port, path, num_agents=2, seed=4) as bridge:
        start(peer, bridge)
        world = watcher.get_world()
        frames: list[Frame] = []
        while not (frames and frames[-1].status[0] & (col.STATUS_TERMINATED | col.STATUS_TRUNCATED)):
            frame = peer.next_frame()
            assert frame is not None, bridge.output()
            frames.append(frame)
            if len(frames) in (3, 40):
                assert_same_places(world, frame)
            peer.answer(frame.frame, follow_route(frame))
            assert len(frames) < 400
        # The ego runs into what is in its way.
        assert frames[-1].metrics[0, col.END_REASON] == col.END_COLLISION
        assert frames[-1].metrics[0, col.COLLISION_KIND] in (col.COLLISION_VEHICLE, col.COLLISION_WALKER)
        objects = np.array([frame.objects for frame in frames])
        assert objects.shape[1:] == (2 * len(TRIGGERS), col.NUM_OBJECT)
        assert (objects[0, [OBSTACLE, LEAD], col.OBJECT_KIND] == col.OBJECT_VEHICLE).all()
        assert objects[0, WALKER, col.OBJECT_KIND] == col.OBJECT_WALKER
        assert (objects[:, LIGHT] == 0.0).all()
        moved = np.diff(objects[:, LEAD, col.OBJECT_X : col.OBJECT_Y + 1], axis=0)
        assert np.hypot(moved[:, 0], moved[:, 1]).sum() > 5.0
        before = {number: actor.id for number, actor in hazards_in(world).items()}
        (after,) = peer.run(1, follow_route)
        assert after.status[0] == col.STATUS_RESET
        peer.run(1, follow_route)
        now = hazards_in(world)
        first = {number: actor.id for number, actor in now.items() if number < len(TRIGGERS)}
        assert not set(first.values()) & set(before.values())
        bridge.signal(signal.SIGTERM)
        while peer.next_frame() is not None:
            pass
        assert bridge.wait(STOP_S + 1.0) == 0
        assert world.wait_for_tick(10.0) is not None
        assert not hazards_in(world)
        assert not world.get_actors().filter("vehicle.*")


def assert_same_places(world: carla.World, frame: Frame) -> None:
    def now_s() -> float:
        return float(world.get_snapshot().timestamp.elapsed_seconds)

    assert wait_until(lambda: abs(now_s() - frame.sim_time_s) < 1e-6)
    actors = hazards_in(world)
    there = np.flatnonzero(frame.objects[:, col.OBJECT_KIND] != col.OBJECT_NONE).tolist()
    assert sorted(actors) == there
    for number, actor in actors.items():
        row, transform = frame.objects[number], actor.get_transform()
        assert transform.location.x == pytest.approx(row[col.OBJECT_X], abs=0.05)
        assert -transform.location.y == pytest.approx(row[col.OBJECT_Y], abs=0.05)
        feet = actor.bounding_box.extent.z if actor.type_id.startswith("walker.") else 0.0
        assert transform.location.z - feet == pytest.approx(row[col.OBJECT_Z], abs=0.05)
        turned = np.radians(-transform.rotation.yaw) - row[col.OBJECT_YAW]
        assert np.cos(turned) > 0.999
        assert 2.0 * actor.bounding_box.extent.x == pytest.approx(row[col.OBJECT_LENGTH])


def test_the_light_ahead_turns_red(simulator: Simulator, peer: GatewayPeer, tmp_path: Path) -> None:
    path = scenario(
        tmp_path,
        triggers=[{"kind": "red_light", "distance_m": [40.0, 40.0], "red_s": [30.0, 30.0]}],
        limits={"red_light": True},
    )
    with Bridge(simulator.port, path, num_agents=8, seed=4) as bridge:
        start(peer, bridge)
        reasons: list[float] = []
        while col.END_RED_LIGHT not in reasons:
            (frame,) = peer.run(1, follow_route)
            reasons += frame.metrics[:, col.END_REASON].tolist()
            run = frame.metrics[:, col.RED_LIGHT] > 0.0
            assert (frame.metrics[run, col.END_REASON] == col.END_RED_LIGHT).all()
            assert frame.frame < 600


def test_what_cannot_work_is_refused(simulator: Simulator, tmp_path: Path) -> None:
    path = scenario(tmp_path, triggers=[{"kind": "jaywalker", "blueprint": "walker.robot.1"}])
    with Bridge(simulator.port, path) as bridge:
        assert bridge.wait(60.0) == 78
        assert "scenario field triggers.0.blueprint is 'walker.robot.1'" in bridge.output()
    plain = load_scenario(EXAMPLE).model_dump()
    with pytest.raises(ConfigurationError, match="triggers is 4; allowed in one process"):
        InProcessBridge(Scenario.model_validate(plain | {"triggers": TRIGGERS}), 1, 0)
