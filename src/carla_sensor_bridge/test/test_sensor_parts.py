"""Sensors without a simulator: the scenario's section, layout, conversion, schedule."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from carla_sensor_bridge import sensor_payloads as payloads
from carla_sensor_bridge import sensor_table as table
from carla_sensor_bridge.sensor_config import Sensor, check_sensors
from carla_sensor_bridge.sensor_schedule import PATIENCE_FRAMES, SensorSchedule, SensorState

HALF = math.sqrt(0.5)


def sensor(**fields: Any) -> Sensor:
    return Sensor.model_validate({"name": "front", "type": "sensor.camera.rgb"} | fields)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "odom"}, "any but base_link, odom, odometry"),
        ({"name": "two__bars"}, "should match pattern"),
        ({"type": "vehicle.tesla.model3"}, "should match pattern"),
        ({"agents": [0, 0]}, "different agents"),
        ({"agents": [-1]}, "0 or more"),
        ({"attributes": {"sensor_tick": 0.1}}, "attributes.sensor_tick is set from rate_hz"),
        ({"transform": {"x": 1.0}}, "Extra inputs"),
    ],
)
def test_bad_sensors_are_explained(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        sensor(**fields)


def test_rates_are_whole_frames() -> None:
    assert sensor().period(0.1) == 1
    assert sensor(rate_hz=10.0).period(0.1) == 1
    assert sensor(rate_hz=3.3333).period(0.1) == 3
    with pytest.raises(ValueError, match=r"rate_hz is 4 with step_s 0.1; allowed nearby: 5 or 3.33333"):
        sensor(rate_hz=4.0).period(0.1)
    with pytest.raises(ValueError, match="two sensors have the name front"):
        check_sensors([sensor(), sensor(type="sensor.other.imu")], 0.1)


def test_places_do_not_overlap_and_records_say_where() -> None:
    sensors = [
        sensor(transform={"x_m": 1.5, "z_m": 2.0, "yaw_deg": 90.0}),
        sensor(name="imu", type="sensor.other.imu", agents=[1], rate_hz=5.0),
        sensor(name="lidar", type="sensor.lidar.ray_cast"),
    ]
    attributes = {
        "front": {"image_size_x": 8.0, "image_size_y": 4.0, "fov": 90.0},
        "imu": {},
        "lidar": {"points_per_second": 1000.0, "channels": 16.0, "lower_fov": -30.0, "upper_fov": 10.0},
    }
    layout = table.SensorTable(sensors, 2, 0.1, attributes)
    assert [(place.agent, place.config.name) for place in layout.places] == [
        (0, "front"),
        (0, "lidar"),
        (1, "front"),
        (1, "imu"),
        (1, "lidar"),
    ]
    end = 5 * 64
    for place in layout.places:
        assert place.offset % 64 == 0
        assert place.offset >= end
        end = place.offset + place.capacity
    assert end <= layout.sensor_bytes
    records = layout.records(0.1)
    assert records.shape == (5, 192)
    rows = records.view(table.RECORD)[:, 0]
    assert rows["name"].tolist() == [b"front", b"lidar", b"front", b"imu", b"lidar"]
    assert rows["rate_hz"].tolist() == [10.0, 10.0, 10.0, 5.0, 10.0]
    assert rows["capacity"][0] == 8 * 4 * 4
    assert rows["capacity"][1] == (110 + 16) * 16
    assert rows["fov_rad"][0] == pytest.approx(math.pi / 2)
    np.testing.assert_allclose(rows["position"][0], [1.5, 0.0, 2.0])
    np.testing.assert_allclose(rows["orientation"][0], [0.0, 0.0, HALF, HALF])


@pytest.mark.parametrize(
    ("angles", "wanted"),
    [
        ((90.0, 0.0, 0.0), (HALF, 0.0, 0.0, HALF)),
        ((0.0, 90.0, 0.0), (0.0, HALF, 0.0, HALF)),
        ((0.0, 0.0, 90.0), (0.0, 0.0, HALF, HALF)),
        # Yaw after pitch: forward ends up straight down, whatever the yaw.
        ((0.0, 90.0, 90.0), (-0.5, 0.5, 0.5, 0.5)),
    ],
)
def test_quaternions(angles: tuple[float, float, float], wanted: tuple[float, ...]) -> None:
    assert table.quaternion(*angles) == pytest.approx(wanted)


def room(size: int) -> payloads.Bytes:
    return np.zeros(size, np.uint8)


def test_lidar_points_are_mirrored_to_the_left() -> None:
    points = np.array([[1.0, 2.0, 3.0, 0.5], [4.0, -5.0, 6.0, 0.25]], np.float32)
    out = room(48)
    written = payloads.write_lidar(SimpleNamespace(raw_data=points.tobytes()), out)
    assert written == (32, 2, False)
    assert out[:32].view(np.float32).tolist() == [1.0, -2.0, 3.0, 0.5, 4.0, 5.0, 6.0, 0.25]
    assert payloads.write_lidar(SimpleNamespace(raw_data=points.tobytes()), room(31)) == (16, 1, True)


def test_semantic_lidar_keeps_objects_and_labels() -> None:
    raw = np.zeros(1, payloads._SEMANTIC_POINT)
    raw["xyzc"], raw["object"], raw["label"] = [1.0, 2.0, 3.0, 0.5], 77, 14
    out = room(24)
    assert payloads.write_semantic_lidar(SimpleNamespace(raw_data=raw.tobytes()), out) == (24, 1, False)
    assert out.view(np.float32)[:4].tolist() == [1.0, -2.0, 3.0, 0.5]
    assert out.view(np.uint32)[4:].tolist() == [77, 14]


def test_radar_detections_become_points() -> None:
    # Speed -3 m/s, 30 degrees to the right, 0 up, 2 m away.
    raw = np.array([-3.0, math.radians(30.0), 0.0, 2.0], np.float32)
    out = room(28)
    assert payloads.write_radar(SimpleNamespace(raw_data=raw.tobytes()), out) == (28, 1, False)
    wanted = [math.sqrt(3.0), -1.0, 0.0, 2.0, -3.0, -math.radians(30.0), 0.0]
    np.testing.assert_allclose(out.view(np.float32), wanted, atol=1e-6)


def test_vision_events_have_seconds() -> None:
    raw = np.array([(3, 4, 1_500_000_000, -1)], payloads._CARLA_EVENT)
    out = room(13)
    assert payloads.write_events(SimpleNamespace(raw_data=raw.tobytes()), out) == (13, 1, False)
    assert out.view(payloads._EVENT_POINT)[0].item() == (3, 4, 1.5, -1)


def test_imu_in_a_left_turn() -> None:
    # CARLA: heading 90 degrees to the right, turning left at 0.5 rad/s, which pulls the body to the left.
    values = payloads.imu_values((0.0, 0.0, 90.0), (0.0, 0.0, -0.5), (0.25, -2.0, 9.81))
    np.testing.assert_allclose(values[:4], [0.0, 0.0, -HALF, HALF])
    np.testing.assert_allclose(values[4:], [0.0, 0.0, 0.5, 0.25, 2.0, 9.81])
    # Nose down (CARLA: pitch rate negative, about +y) is a positive turn about y; right side down about x.
    np.testing.assert_allclose(
        payloads.imu_values((0, 0, 0), (-0.1, 0.2, 0.0), (0, 0, 0))[4:7], [0.1, 0.2, 0.0]
    )


def test_events_are_told_apart() -> None:
    crossing = SimpleNamespace(
        timestamp=1.5, crossed_lane_markings=[SimpleNamespace(type=2), SimpleNamespace(type=1)]
    )
    rows = payloads.event_rows(table.LANE_INVASION, crossing)
    crash = SimpleNamespace(
        timestamp=2.5,
        other_actor=SimpleNamespace(id=9, type_id="static.building"),
        normal_impulse=SimpleNamespace(x=1.0, y=2.0, z=3.0),
    )
    rows += payloads.event_rows(table.COLLISION, crash)
    out = room(3 * 64)
    assert payloads.write_event_rows(rows, out) == (192, 3, False)
    events = out.view(table.EVENT)
    assert events["marking"].tolist() == [2, 1, 0]
    assert events["sim_time_s"].tolist() == [1.5, 1.5, 2.5]
    assert (events["actor"][2], events["type"][2]) == (9, b"static.building")
    assert events["values"][2].tolist() == [1.0, -2.0, 3.0]
    assert payloads.write_event_rows(rows, room(64)) == (64, 1, True)


def test_schedule_follows_the_sensors_own_phase() -> None:
    schedule = SensorSchedule(3)
    assert schedule.is_due(1)
    schedule.missed(gone=False)
    assert schedule.is_due(2)
    schedule.arrived(2)
    assert [frame for frame in range(3, 7) if schedule.is_due(frame)] == [5, 6]
    schedule.arrived(6)  # a frame later than its period says
    assert [frame for frame in range(7, 10) if schedule.is_due(frame)] == [9]


def test_nobody_waits_for_a_silent_sensor_until_it_speaks() -> None:
    schedule = SensorSchedule(1)
    for _ in range(PATIENCE_FRAMES):
        assert schedule.is_due(5)
        schedule.missed(gone=False)
    assert (schedule.state, schedule.is_due(6)) == (SensorState.SILENT, False)
    schedule.spoke()
    assert (schedule.state, schedule.is_due(7)) == (SensorState.SENDING, True)
    schedule.missed(gone=True)
    assert (schedule.state, schedule.is_due(8)) == (SensorState.GONE, False)
