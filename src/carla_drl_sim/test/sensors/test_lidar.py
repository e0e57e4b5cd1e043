"""Lidar: the pattern of its rays, what they hit, drop-off and noise, and that threads change no byte."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from solid_scenes import box, clutter, hills, ring_of_walls, scene

from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors.device import Batch, Moment
from carla_drl_sim.sensors.lidar import SEMANTIC_POINT, Lidar, measure, measure_semantic, scan
from carla_drl_sim.sensors.rays import cast
from carla_drl_sim.sensors.scene import SceneFrame
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.world.labels import Label


def _lidar(
    channels: int = 16, pps: int = 16 * 1000, upper: float = 10.0, lower: float = -30.0, **more: Any
) -> Lidar:
    elevations = np.radians(np.linspace(upper, lower, channels))
    whole = {"turn_rate": 2.0 * math.pi * 10.0, "width": 2.0 * math.pi, "reach": 50.0} | more
    return Lidar(elevations, pps, **whole)


def _batch(*lidars: Lidar, rotation: tuple[float, ...] = (0.0, 0.0, 0.0), elapsed_s: float = 0.1) -> Batch:
    count = len(lidars)
    return Batch(
        devices=lidars,
        actors=[SimpleNamespace(id=10 + index) for index in range(count)],
        location=np.array([[0.0, 0.0, 3.0]] * count),
        rotation=np.array([rotation] * count),
        axes=axes(np.array([rotation] * count)),
        carriers=np.zeros(count, np.intp),
        elapsed_s=np.full(count, elapsed_s),
    )


def _moment(frame: SceneFrame, threads: int = 1, number: int = 1) -> Moment:
    return Moment(SimpleNamespace(frame=number), np.empty(0), frame, Workers(threads))


def _points(payload: Any, channels: int = 16) -> np.ndarray:
    return np.frombuffer(payload, "<f4", offset=8 + 4 * channels).reshape(-1, 4)


def test_columns_go_on_where_the_scan_before_ended() -> None:
    lidar = _lidar(channels=4, pps=4 * 200, width=math.radians(360.0), turn_rate=math.radians(3600.0))
    first, second = lidar.azimuths(0.05), lidar.azimuths(0.05)
    assert np.degrees(first) == pytest.approx(-180.0 + 18.0 * np.arange(10))
    assert np.degrees(second) == pytest.approx(18.0 * np.arange(10))
    assert lidar.angle == pytest.approx(0.0)


def test_a_narrow_view_is_swept_from_side_to_side() -> None:
    lidar = _lidar(channels=1, pps=100, width=math.radians(90.0), turn_rate=math.radians(900.0))
    assert np.degrees(lidar.azimuths(0.1)) == pytest.approx(-45.0 + 9.0 * np.arange(10))
    assert np.degrees(lidar.azimuths(0.05)) == pytest.approx(-45.0 + 9.0 * np.arange(5))
    assert np.degrees(lidar.azimuths(0.1)[0]) == pytest.approx(0.0)


@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (5.0, 70.0, -8.0), (-20.0, -150.0, 30.0)])
@pytest.mark.parametrize("ground", [None, hills()])
def test_columns_hit_what_single_rays_hit(rotation: tuple[float, ...], ground: Any) -> None:
    frame = scene(clutter(400, 5), clutter(30, 6), ground)
    lidar = _lidar(upper=60.0, lower=-90.0)
    batch = _batch(lidar, rotation=rotation)
    result = scan(batch, _moment(frame), with_cosine=True)[0]
    elevation, azimuth = np.meshgrid(lidar.elevations, result.azimuths, indexing="ij")
    flat = np.cos(elevation)
    rays = np.stack((flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)), axis=-1)
    directions = rays.reshape(-1, 3) @ batch.axes[0]
    origins = np.broadcast_to(batch.location[0], directions.shape).copy()
    hits = cast(frame, origins, directions, np.full(len(origins), 50.0))
    found = result.target.reshape(-1) != -1
    assert 0.2 < found.mean() < 1.0
    differing = found != np.isfinite(hits.distance)
    assert differing.mean() < 1e-3  # rays that graze
    both = found & ~differing
    apart = np.abs(result.distance.reshape(-1)[both] - hits.distance[both])
    assert np.mean(apart > 0.02) < 2e-3
    same = result.target.reshape(-1)[both] == hits.target[both]
    assert same.mean() > 0.998
    cosine = -np.einsum("ni,ni->n", directions, hits.normal)
    assert np.mean(np.abs(result.cosine.reshape(-1)[both] - cosine[both]) > 0.02) < 5e-3


def test_points_lie_on_the_box_they_hit() -> None:
    frame = scene(box((12.0, 0.0, 3.0), (2.0, 2.0, 3.0)))
    points = _points(measure(_batch(_lidar(upper=4.0, lower=-4.0)), _moment(frame))[0])
    ahead = points[(points[:, 0] > 9.0) & (np.abs(points[:, 1]) < 2.0)]
    assert len(ahead) > 100
    assert ahead[:, 0] == pytest.approx(10.0, abs=1e-4)
    assert points[:, 3] == pytest.approx(1.0)


def test_points_are_in_the_sensors_axes() -> None:
    frame = scene(box((0.0, 12.0, 3.0), (2.0, 2.0, 3.0)))
    points = _points(
        measure(_batch(_lidar(upper=1.0, lower=-1.0), rotation=(0.0, 90.0, 0.0)), _moment(frame))[0]
    )
    assert points[np.abs(points[:, 1]) < 1.0][:, 0].max() == pytest.approx(10.0, abs=1e-4)


def test_points_are_sorted_by_channel_and_counted() -> None:
    lidar = _lidar()
    payload = measure(_batch(lidar), _moment(scene(clutter(100, 1))))[0]
    angle, channels = np.frombuffer(payload, "<f4", 1)[0], np.frombuffer(payload, "<u4", 1, 4)[0]
    counts = np.frombuffer(payload, "<u4", 16, 8)
    points = _points(payload)
    assert (angle, channels) == (pytest.approx(lidar.angle), 16)
    assert counts.sum() == len(points)
    elevation = np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1]))
    assert np.repeat(lidar.elevations, counts) == pytest.approx(elevation, abs=1e-5)


def test_intensity_falls_with_distance() -> None:
    points = _points(measure(_batch(_lidar(attenuation=0.01)), _moment(scene()))[0])
    away = np.linalg.norm(points[:, :3], axis=1)
    assert points[:, 3] == pytest.approx(np.exp(-0.01 * away), rel=1e-5)


def test_the_general_rate_of_rays_is_dropped() -> None:
    down = {"upper": -10.0, "lower": -30.0}
    everything = len(_points(measure(_batch(_lidar(**down)), _moment(scene()))[0]))
    assert everything == 1600
    left = len(_points(measure(_batch(_lidar(general_drop=0.25, **down)), _moment(scene()))[0]))
    assert left / everything == pytest.approx(0.75, abs=0.05)


def test_weak_points_are_dropped_as_often_as_the_settings_say() -> None:
    # All points at 10 m: intensity exp(-0.7) = 0.497; kept is 1 - 0.6 * (1 - 0.497 / 0.8).
    lidar = _lidar(
        upper=0.0, lower=0.0, pps=16 * 4000, attenuation=0.07, intensity_limit=0.8, zero_drop=0.6, reach=11.0
    )
    batch = _batch(lidar)
    batch.location[:, 2] = 3.0
    ring = ring_of_walls(10.0)
    points = _points(measure(batch, _moment(scene(ring)))[0])
    expected = 1.0 - 0.6 * (1.0 - math.exp(-0.7) / 0.8)
    assert len(points) / 6400 == pytest.approx(expected, abs=0.03)


def test_noise_moves_points_along_their_rays() -> None:
    quiet = _points(measure(_batch(_lidar()), _moment(scene()))[0]).astype(float)
    noisy = _points(measure(_batch(_lidar(stddev=0.1)), _moment(scene()))[0]).astype(float)
    away, moved = np.linalg.norm(quiet[:, :3], axis=1), np.linalg.norm(noisy[:, :3], axis=1)
    assert np.std(moved - away) == pytest.approx(0.1, rel=0.1)
    assert noisy[:, :3] / moved[:, None] == pytest.approx(quiet[:, :3] / away[:, None], abs=1e-5)


def test_semantic_points_tell_what_they_hit() -> None:
    building = box((12.0, 0.0, 3.0), (2.0, 2.0, 3.0), label=Label.BUILDINGS, owner=500)
    car = box((-10.0, 0.0, 1.0), (2.0, 1.0, 1.0), label=Label.CAR, owner=7)
    payload = measure_semantic(_batch(_lidar()), _moment(scene(building, car)))[0]
    points = np.frombuffer(payload, SEMANTIC_POINT, offset=8 + 4 * 16)
    assert set(points["label"].tolist()) == {Label.BUILDINGS, Label.CAR, Label.ROADS, Label.TERRAIN}
    assert (points["actor"] == np.where(points["label"] == Label.CAR, 7, 0)).all()
    ground = points[points["label"] == Label.ROADS]
    assert ground["place"][:, 2] == pytest.approx(-3.0, abs=1e-4)
    away = np.linalg.norm(ground["place"], axis=1)
    assert ground["cosine"] == pytest.approx(3.0 / away, abs=1e-4)


def test_threads_change_no_byte() -> None:
    frame = scene(clutter(300, 8), clutter(20, 9), hills())

    def run(threads: int) -> list[bytes]:
        lidars = [
            _lidar(pps=16 * 20000, general_drop=0.3, stddev=0.1, attenuation=0.01, seed=seed)
            for seed in (1, 2)
        ]
        moments = [_moment(frame, threads, number) for number in (1, 2)]
        return [bytes(payload) for moment in moments for payload in measure(_batch(*lidars), moment)]

    alone = run(1)
    assert alone == run(2) == run(3)
    assert len(set(alone)) == 4
