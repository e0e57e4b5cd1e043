"""Traffic and weather of a scenario, on the real client library, against the embedded simulator."""

from __future__ import annotations

import signal
from pathlib import Path

import carla
import numpy as np
from gateway_peer import GatewayPeer, follow_route
from processes import STOP_S, Bridge, Simulator, scenario, start

from carla_sensor_bridge import columns as col


def test_traffic_drives_around_the_fleet(simulator: Simulator, peer: GatewayPeer, tmp_path: Path) -> None:
    path = scenario(
        tmp_path,
        traffic={"vehicles": 8, "blueprints": "vehicle.t*.*"},
        weather={"presets": ["WetNoon", "ClearNight"], "change_every_s": 2.0},
    )
    with Bridge(simulator.port, path, num_agents=2, seed=4) as bridge:
        start(peer, bridge)
        frames = peer.run(80, follow_route)
        objects = np.array([frame.objects for frame in frames])
        assert objects.shape == (80, 8, col.NUM_OBJECT)
        assert (objects[:, :, col.OBJECT_KIND] == col.OBJECT_VEHICLE).all()
        assert (objects[:, :, col.OBJECT_LENGTH] > 3.0).all()
        # Traffic keeps clear of the egos at first, drives, and looks where it goes.
        gaps = frames[0].ego[:, None, :2] - objects[0, None, :, [col.OBJECT_X, col.OBJECT_Y]].transpose(
            1, 2, 0
        )
        assert np.hypot(gaps[..., 0], gaps[..., 1]).min() > 8.0
        velocity = objects[-1, :, [col.OBJECT_VX, col.OBJECT_VY]].T
        speed = np.hypot(velocity[:, 0], velocity[:, 1])
        assert (speed > 1.0).sum() >= 3
        yaw = objects[-1, :, col.OBJECT_YAW]
        along = velocity[:, 0] * np.cos(yaw) + velocity[:, 1] * np.sin(yaw)
        assert (along[speed > 1.0] > 0.9 * speed[speed > 1.0]).all()
        moved = np.diff(objects[:, :, col.OBJECT_X], axis=0) / 0.1
        assert np.abs(moved - objects[1:, :, col.OBJECT_VX]).max() < 2.0

        watcher = carla.Client("127.0.0.1", simulator.port)
        watcher.set_timeout(10.0)
        assert watcher.get_world().get_weather() == carla.WeatherParameters.ClearNight
        bridge.signal(signal.SIGTERM)
        while peer.next_frame() is not None:
            pass
        assert bridge.wait(STOP_S + 1.0) == 0
        assert watcher.get_world().wait_for_tick(10.0) is not None
        assert not watcher.get_world().get_actors().filter("vehicle.*")


def test_a_pattern_that_fits_no_vehicle_is_refused(simulator: Simulator, tmp_path: Path) -> None:
    path = scenario(tmp_path, traffic={"vehicles": 1, "blueprints": "vehicle.unknown.*"})
    with Bridge(simulator.port, path) as bridge:
        assert bridge.wait(60.0) == 78
        assert "scenario field traffic.blueprints is 'vehicle.unknown.*'" in bridge.output()
