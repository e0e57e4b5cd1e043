"""Pictures against rays: hills, bridges, and parts in every position; and what light and weather do to colours."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import WORKERS, bgra, box, depth_m, job, one_group_each, picture, pose, road_along_x, scene

from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors import scene_kernel as kernel
from carla_drl_sim.sensors.camera import head_lamps, render
from carla_drl_sim.sensors.scene import Material, SceneFrame, StaticScene, empty_parts, ground_arrays, joined
from carla_drl_sim.world.ground import Heights
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

NOON = (0.0, 0.0, 0.0, 0.0, 90.0, 45.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
NIGHT = (0.0, 0.0, 0.0, 0.0, 0.0, -60.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _rays(where: np.ndarray, width: int, height: int) -> np.ndarray:
    """Directions [H, W, 3] through the middles of pixels, of length 1 along the optical axis; 90 degrees."""
    x, y = np.meshgrid(np.arange(width) + 0.5 - 0.5 * width, np.arange(height) + 0.5 - 0.5 * height)
    focal = 0.5 * width
    return where[0] + x[..., None] / focal * where[1] - y[..., None] / focal * where[2]


def test_parts_in_every_position_are_drawn_where_rays_hit_them() -> None:
    rng = np.random.default_rng(5)
    pieces = []
    for number in range(24):
        part = box(
            (rng.uniform(3.0, 25.0), rng.uniform(-9.0, 9.0), rng.uniform(42.0, 58.0)),
            tuple(rng.uniform(0.4, 2.0, 3)),
            owner=number + 1,
            shape=number % 4,
        )
        part.axes[0] = axes(rng.uniform(-180.0, 180.0, (1, 3)))[0]
        if number % 4 == 3:
            part.taper[0] = rng.uniform(-0.5, 0.8, 3) * part.extent[0].min()
        pieces.append(part)
    wheel = box((6.0, 1.5, 49.0), (0.4, 0.4, 0.12), owner=25, shape=Shape.CYLINDER)
    wheel.axes[0] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    parts = joined([*pieces, wheel])
    where = pose(z=50.0, roll=10.0)
    frame = scene(parts)
    owner = picture(frame, "instance_segmentation", where, width=48, height=36)[..., 1]
    depth = depth_m(picture(frame, "depth", where, width=48, height=36))
    wrong = seen = 0
    for ray, found, distance in zip(
        _rays(where, 48, 36).reshape(-1, 3), owner.ravel().astype(int), depth.ravel(), strict=True
    ):
        hits = [kernel.hit_part(parts, k, *where[3], *ray)[0] for k in range(25)]
        nearest = int(np.argmin(hits))
        expected = nearest + 1 if hits[nearest] < kernel.NO_HIT else 0
        seen += expected > 0
        if found != expected:
            wrong += 1  # the middle of a pixel may lie on an edge to rounding
        elif expected:
            assert distance == pytest.approx(hits[nearest], rel=1e-4, abs=2e-4)
    assert seen > 300
    assert wrong <= 3


def _hills(*, bridge: bool) -> SceneFrame:
    x = np.arange(0.0, 400.0, 2.0)
    ground = np.tile(6.0 * np.sin(x / 40.0), (200, 1)).astype(np.float32)
    deck = np.full_like(ground, np.nan)
    if bridge:
        deck[:, 108:114] = 10.0  # from x = 216 to 226
    heights = Heights((0.0, 0.0), 2.0, ground, deck)
    return SceneFrame(StaticScene(heights, road_along_x(), empty_parts(0)))


@pytest.mark.parametrize("roll", [0.0, 25.0])
def test_hills_are_drawn_where_rays_hit_them(roll: float) -> None:
    frame = _hills(bridge=False)
    ground = ground_arrays(frame.static.heights)
    where = pose(x=190.0, y=200.0, z=6.0 * np.sin(190.0 / 40.0) + 2.0, pitch=-5.0, yaw=20.0, roll=roll)
    depth = depth_m(picture(frame, "depth", where, width=240, height=180))
    labels = picture(frame, "semantic_segmentation", where, width=240, height=180)[..., 2]
    compared = 0
    for j in range(0, 180, 12):
        for i in range(0, 240, 12):
            ray = _rays(where, 240, 180)[j, i]
            t, _ = kernel.hit_ground(ground, *where[3], *ray, 0.0, 150.0)
            if t < kernel.NO_HIT:
                assert labels[j, i] == Label.TERRAIN
                # The mesh's squares grow with the distance; flat glances err more.
                compared += abs(depth[j, i] - t) < 0.05 * t + 0.02
            else:
                compared += labels[j, i] in (Label.SKY, Label.TERRAIN) and depth[j, i] > 60.0
    assert compared >= 0.97 * 15 * 20


def test_normals_of_hills_lean() -> None:
    frame = _hills(bridge=False)
    where = pose(x=190.0, y=200.0, z=30.0, pitch=-90.0)
    pixel = picture(frame, "normals", where, width=65, height=65)[32, 32].astype(float)
    slope = 6.0 / 40.0 * np.cos(190.0 / 40.0)
    expected = np.array([-slope, 0.0, 1.0]) / np.hypot(slope, 1.0)
    assert pixel[2::-1] / 127.5 - 1.0 == pytest.approx(expected, abs=0.02)


def test_a_bridge_is_seen_from_below_and_from_above() -> None:
    frame = _hills(bridge=True)
    low, high = 6.0 * np.sin(200.0 / 40.0) + 2.0, 40.0
    below = depth_m(picture(frame, "depth", pose(x=200.0, y=200.0, z=low), width=200, height=150))
    # The deck is from 16 to 26 m away. Row 10 looks up 0.645 m per metre and meets it, row 30 looks below it.
    assert below[10, 100] == pytest.approx((10.0 - low) / 0.645, abs=0.01)
    assert below[30, 100] > 26.0
    above = depth_m(picture(frame, "depth", pose(x=221.0, y=200.0, z=high, pitch=-90.0), width=64, height=48))
    assert above[24, 32] == pytest.approx(30.0, abs=0.01)
    assert above[4, 32] > 35.0


def test_parts_throw_shadows_away_from_the_sun() -> None:
    tall = box((8.0, 0.0, 3.0), (0.5, 0.5, 3.0), color=(255, 255, 255))
    # The sun stands to the right, so the shadow lies to the left, 6 m long.
    lit = picture(scene(weather=NOON), "rgb", pose(z=3.0, pitch=-20.0), width=160, height=120).astype(int)
    dark = picture(scene(tall, weather=NOON), "rgb", pose(z=3.0, pitch=-20.0), width=160, height=120).astype(
        int
    )
    label = picture(scene(tall), "semantic_segmentation", pose(z=3.0, pitch=-20.0), width=160, height=120)
    ground = label[..., 2] != Label.CAR
    darker = ((lit - dark)[..., 1] > 8) & ground
    assert darker[:, :80].sum() > 100
    assert darker[:, 90:].sum() == 0
    assert np.abs(lit - dark)[ground & ~darker].max() <= 8


def test_head_lamps_light_the_road_at_night() -> None:
    lamp = box((2.0, 0.0, 0.8), (0.05, 0.2, 0.1))
    lamp.material[0] = Material.HEAD_LAMP
    lamp.glow[0] = 1.0
    assert head_lamps(lamp) == pytest.approx(np.array([[2.0, 0.0, 0.8, 1.0, 0.0, 0.0, 1.1]]))
    lit = picture(scene(lamp, weather=NIGHT), "rgb", pose(z=1.5), width=160, height=120)
    lamp.glow[0] = 0.4
    assert head_lamps(lamp).shape == (0, 7)
    dark = picture(scene(lamp, weather=NIGHT), "rgb", pose(z=1.5), width=160, height=120)
    noon = picture(scene(lamp, weather=NOON), "rgb", pose(z=1.5), width=160, height=120)
    assert lit[66:76, 70:90, :3].mean() > dark[66:76, 70:90, :3].mean() + 30.0
    assert dark[80:, :, :3].mean() < 0.5 * noon[80:, :, :3].mean()


def test_rain_fog_and_wet_roads_change_the_picture_alike_in_every_run() -> None:
    weather = list(NOON)
    weather[0], weather[1], weather[2], weather[9] = 90.0, 80.0, 60.0, 80.0
    wall = box((60.0, 0.0, 5.0), (1.0, 30.0, 5.0), color=(20, 20, 20))
    clear = picture(scene(wall, weather=NOON), "rgb", pose(), width=160, height=120)
    frame = scene(wall, weather=tuple(weather), frame=3)
    rain = picture(frame, "rgb", pose(), width=160, height=120)
    again = picture(frame, "rgb", pose(), width=160, height=120)
    assert np.array_equal(rain, again)
    assert not np.array_equal(
        rain, picture(scene(wall, weather=tuple(weather), frame=4), "rgb", pose(), width=160, height=120)
    )
    # Through rain, a dark wall 60 m away is brighter.
    assert rain[50:58, 70:90, :3].mean() > clear[50:58, 70:90, :3].mean() + 10.0
    fog = list(NOON)
    fog[6] = 80.0
    thick = picture(scene(wall, weather=tuple(fog)), "rgb", pose(), width=160, height=120)
    assert thick[50:58, 70:90, :3].mean() > rain[50:58, 70:90, :3].mean()


def test_every_pixel_of_a_large_crowd_is_alike_for_one_and_two_threads_at_night() -> None:
    rng = np.random.default_rng(6)
    pieces = [
        box((rng.uniform(4, 50), rng.uniform(-9, 9), 1.0), (0.5, 0.5, 1.0), owner=n, shape=n % 3)
        for n in range(40)
    ]
    for part in pieces[::4]:
        part.material[0], part.glow[0] = Material.HEAD_LAMP, 1.0
    parts = joined(pieces)
    frame = SceneFrame(scene().static, parts, one_group_each(parts), NIGHT)
    jobs = [job("rgb", pose(x=0.5 * n), 96, 72) for n in range(9)]
    first = render(jobs, frame, WORKERS)
    assert first == render(jobs, frame, WORKERS)
    assert bgra(first[0])[..., :3].std() > 5.0
