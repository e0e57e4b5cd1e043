from __future__ import annotations

import struct

import numpy as np
import pytest
from pictures import bgra, box, depth_m, job, picture, pose, scene

from carla_drl_sim.sensors.camera import render
from carla_drl_sim.sensors.scene import TAPERED, joined
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

STEP_M = 1000.0 / 16777215.0


def test_a_box_ahead_has_the_pixels_depth_label_and_instance_worked_out_by_hand() -> None:
    # 64 x 48 pixels and 90 degrees: 32 pixels per unit at depth 1. The rear face is 8 m ahead, 4 m wide, 2 m high, its
    # middle at the camera's height: columns 32 -/+ 8 and rows 24 -/+ 4.
    frame = scene(box((10.0, 0.0, 2.0), (2.0, 2.0, 1.0), Label.TRUCK, owner=0x1234))
    labels = picture(frame, "semantic_segmentation", pose())
    seen = labels[..., 2] == Label.TRUCK
    expected = np.zeros((48, 64), bool)
    expected[20:28, 24:40] = True
    assert np.array_equal(seen, expected)
    assert (labels[..., :2] == 0).all()
    assert (labels[..., 3] == 255).all()

    depth = depth_m(picture(frame, "depth", pose()))
    assert np.abs(depth[expected] - 8.0).max() <= STEP_M

    instance = picture(frame, "instance_segmentation", pose())
    assert (instance[expected] == (0x12, 0x34, Label.TRUCK, 255)).all()
    assert (instance[~expected][:, :2] == 0).all()


def test_the_ground_lies_at_the_rows_and_depths_worked_out_by_hand() -> None:
    frame = scene()
    depth = depth_m(picture(frame, "depth", pose(z=2.0)))
    assert depth[:24] == pytest.approx(1000.0)
    for row in range(24, 48):
        # The row's middle looks (row - 23.5) / 32 down per metre; the ground is 2 m below.
        expected = 2.0 * 32.0 / (row - 23.5)
        assert np.abs(depth[row] - expected).max() <= STEP_M + expected * 2e-7
    labels = picture(frame, "semantic_segmentation", pose(z=2.0))[..., 2]
    assert (labels[:24] == Label.SKY).all()
    # In row 40 the ground is 3.879 m away, a pixel is 0.1212 m wide: the line (-/+ 0.1 m) has the two middle columns,
    # the road (-/+ 4 m) all others.
    assert list(labels[40, 28:36]) == [Label.ROADS] * 3 + [Label.ROAD_LINES] * 2 + [Label.ROADS] * 3
    # In row 27 it is 18.29 m away and the road ends after 7 columns on both sides.
    assert list(np.flatnonzero(labels[27] != Label.TERRAIN)) == list(range(25, 39))


def test_depth_is_measured_along_the_optical_axis_of_a_turned_camera() -> None:
    frame = scene(box((10.0, 10.0, 2.0), (1.0, 1.0, 5.0)))
    depth = depth_m(picture(frame, "depth", pose(yaw=45.0, roll=30.0)))
    corner = np.hypot(9.0, 9.0)
    assert depth[24, 32] == pytest.approx(corner, abs=0.2)
    assert depth[24, 32] > corner


@pytest.mark.parametrize("shape", [Shape.CYLINDER, Shape.ELLIPSOID])
def test_round_parts_have_round_pictures(shape: Shape) -> None:
    frame = scene(box((10.0, 0.0, 2.0), (2.0, 2.0, 2.0), Label.VEGETATION, shape=shape))
    seen = picture(frame, "semantic_segmentation", pose(), width=200, height=200)[..., 2] == Label.VEGETATION
    depth = depth_m(picture(frame, "depth", pose(), width=200, height=200))
    # Focal length 100 pixels: the silhouette's rays touch the circle of 2 m around the point 10 m away.
    half = 100.0 * 2.0 / np.sqrt(96.0)
    row = np.flatnonzero(seen[100])
    assert (row[0], row[-1]) == (round(100 - half), round(100 + half) - 1)
    assert depth[100, 100] == pytest.approx(8.0, abs=0.001)
    if shape == Shape.ELLIPSOID:
        assert seen.sum() == pytest.approx(np.pi * half * half, rel=0.02)
    else:
        assert seen[:, 100].sum() == 50  # 4 m at 8 m


def test_a_cylinder_shows_its_top_from_above_and_a_tapered_box_leans() -> None:
    above = pose(z=12.0, pitch=-90.0)
    frame = scene(box((0.0, 0.0, 1.0), (2.0, 2.0, 1.0), Label.POLES, shape=Shape.CYLINDER))
    seen = picture(frame, "semantic_segmentation", above, width=100, height=100)[..., 2] == Label.POLES
    assert seen.sum() == pytest.approx(np.pi * 10.0**2, rel=0.03)
    leaning = box((10.0, 0.0, 2.0), (2.0, 2.0, 2.0), shape=TAPERED)
    leaning.taper[0] = (0.0, 2.0, 0.0)
    depth = depth_m(picture(scene(leaning), "depth", pose(z=2.0)))
    # Half-way up, the rear face stands back by 1 m.
    assert depth[23:25, 32].mean() == pytest.approx(9.0, abs=0.01)
    assert depth[20, 32] > 9.2


def test_parts_hide_each_other_whatever_their_order() -> None:
    near, far = (
        box((6.0, 0.0, 2.0), (1.0, 1.0, 1.0), owner=1),
        box((12.0, 0.0, 2.0), (1.0, 3.0, 3.0), owner=2),
    )
    for parts in (joined([near, far]), joined([far, near])):
        instance = picture(scene(parts), "instance_segmentation", pose())[..., 1]
        assert instance[24, 32] == 1
        assert instance[24, 38] == instance[16, 32] == 2


def test_a_part_that_reaches_behind_the_camera_is_cut_off() -> None:
    frame = scene(box((0.0, 3.0, 2.0), (50.0, 1.0, 4.0), Label.WALLS))
    labels = picture(frame, "semantic_segmentation", pose())[..., 2]
    assert (labels[20:28, 40:] == Label.WALLS).all()
    assert not (labels[:, :32] == Label.WALLS).any()
    depth = depth_m(picture(frame, "depth", pose()))
    assert depth[24, 63] == pytest.approx(2.0 * 32.0 / 31.5, abs=0.001)


def test_a_picture_says_its_size_and_field_of_view() -> None:
    payload = render([job("rgb", pose(), 30, 20, fov=75.5)], scene(), Workers(1))[0]
    assert struct.unpack("<IIf", payload[:12]) == (30, 20, 75.5)
    assert len(payload) == 12 + 30 * 20 * 4


def test_colours_are_those_of_a_road_by_day() -> None:
    frame = scene(box((10.0, 0.0, 1.0), (2.0, 1.0, 1.0)))
    pixels = picture(frame, "rgb", pose(), width=160, height=120).astype(int)
    blue, green, red = (pixels[..., c] for c in range(3))
    assert (blue[10] > red[10]).all()
    car = picture(frame, "semantic_segmentation", pose(), width=160, height=120)[..., 2] == Label.CAR
    assert (red[car] > 2 * green[car]).all()
    line, road = pixels[110, 79:81, :3].mean(), pixels[110, 60:70, :3].mean()
    assert line > 1.5 * road
    assert (green[70, :10] > red[70, :10]).all()


def test_bytes_do_not_depend_on_threads_or_runs() -> None:
    rng = np.random.default_rng(4)
    parts = joined(
        [
            box(
                (rng.uniform(3, 60), rng.uniform(-20, 20), rng.uniform(0, 3)),
                tuple(rng.uniform(0.2, 2, 3)),
                owner=n,
                shape=n % 3,
            )
            for n in range(60)
        ]
    )
    frame = scene(parts)
    kinds = ("rgb", "depth", "semantic_segmentation", "instance_segmentation")
    jobs = [job(kinds[n % 4], pose(x=0.1 * n, roll=3.0 * n, pitch=-5.0), 40, 30) for n in range(40)]
    one, two = Workers(1), Workers(2)
    first, second, third = (render(jobs, frame, workers) for workers in (one, two, two))
    two.close()
    assert first == second == third
    assert len({bytes(payload) for payload in first}) == len(jobs)
    assert first[7] == render(jobs[7:8], frame, Workers(1))[0]


def test_bad_jobs_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"camera kind is 'sensor.camera.x'; allowed: .*sensor.camera.rgb"):
        render([job("x", pose())], scene(), Workers(1))
    with pytest.raises(ValueError, match=r"of 0 x 48 pixels and 90\.0 degrees: sizes are 1 to 65535"):
        render([job("rgb", pose(), width=0)], scene(), Workers(1))
    assert bgra(render([job("rgb", pose(), 1, 1)], scene(), Workers(1))[0]).shape == (1, 1, 4)
