"""Rays hit what is there, at the right distance, and tell what it is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from solid_scenes import box, clutter, hills, scene, unit

from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors.rays import cast, cast_from
from carla_drl_sim.sensors.rays_kernel import NOTHING
from carla_drl_sim.sensors.scene import joined
from carla_drl_sim.sensors.scene_kernel import hit_part
from carla_drl_sim.world.labels import Label


def _one(frame, origin, direction, reach=100.0, **options):
    return cast(
        frame, np.array([origin], float), unit(np.array([direction], float)), np.array([reach]), **options
    )


def test_a_box_is_hit_at_its_face() -> None:
    frame = scene(box((12.0, 0.0, 1.0), (2.0, 2.0, 1.0), label=Label.BUILDINGS, owner=77))
    hits = _one(frame, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0))
    assert hits.distance[0] == pytest.approx(10.0)
    assert hits.point[0] == pytest.approx((10.0, 0.0, 1.0))
    assert hits.normal[0] == pytest.approx((-1.0, 0.0, 0.0))
    assert hits.label[0] == Label.BUILDINGS
    assert hits.actor[0] == 0


def test_what_is_beyond_the_range_is_not_hit() -> None:
    frame = scene(box((12.0, 0.0, 1.0), (2.0, 2.0, 1.0)))
    hits = _one(frame, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), reach=9.99)
    assert np.isinf(hits.distance[0])
    assert hits.target[0] == NOTHING
    assert hits.label[0] == Label.NONE


def test_moving_parts_tell_their_actor_and_velocity() -> None:
    car = box(
        (5.0, 0.0, 1.0),
        (1.0, 1.0, 1.0),
        label=Label.CAR,
        owner=42,
        velocity=(3.0, 0.0, 0.0),
        spin=(0, 0, 2.0),
    )
    hits = _one(scene(dynamic=car), (0.0, 0.5, 1.0), (1.0, 0.0, 0.0))
    assert hits.distance[0] == pytest.approx(4.0)
    assert (hits.actor[0], hits.label[0]) == (42, Label.CAR)
    # The point hit is at (-1, 0.5) from the centre, so turning adds 2 * (-0.5, -1).
    assert hits.velocity[0] == pytest.approx((2.0, -2.0, 0.0))


def test_ignored_actors_are_looked_through() -> None:
    cars = joined(
        [box((5.0, 0.0, 1.0), (1.0, 1.0, 1.0), owner=42), box((9.0, 0.0, 1.0), (1.0, 1.0, 1.0), owner=43)]
    )
    hits = _one(scene(dynamic=cars), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), ignored=np.array([42]))
    assert hits.actor[0] == 43
    assert hits.distance[0] == pytest.approx(8.0)


def test_the_scenery_can_be_left_out() -> None:
    wall = box((5.0, 0.0, 1.0), (0.1, 9.0, 1.0))
    car = box((9.0, 0.0, 1.0), (1.0, 1.0, 1.0), owner=43)
    frame = scene(wall, car)
    assert _one(frame, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)).actor[0] == 0
    assert _one(frame, (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), sees_static=False).actor[0] == 43
    assert np.isinf(_one(frame, (0.0, 0.0, 1.0), (0.0, 0.0, -1.0), sees_static=False).distance[0])


def test_the_ground_tells_what_covers_it() -> None:
    road = _one(scene(), (0.0, 0.0, 2.0), (1.0, 0.0, -1.0))
    assert road.distance[0] == pytest.approx(2.0 * math.sqrt(2.0))
    assert road.label[0] == Label.ROADS
    assert road.normal[0] == pytest.approx((0.0, 0.0, 1.0))
    assert _one(scene(), (0.0, 0.0, 2.0), (0.0, 10.0, -2.0)).label[0] == Label.TERRAIN
    assert _one(scene(), (0.0, 500.0, 2.0), (0.0, 0.0, -1.0)).label[0] == Label.TERRAIN


def test_the_tree_loses_nothing() -> None:
    still, moving = clutter(300, 1), clutter(40, 2)
    frame = scene(still, moving, hills())
    random = np.random.default_rng(3)
    origins = random.uniform(-3.0, 3.0, (2000, 3))
    origins[:, 2] += 8.0
    directions = unit(random.normal(size=(2000, 3)) * (1.0, 1.0, 0.3))
    hits = cast(frame, origins, directions, np.full(2000, 80.0))
    ground = cast(scene(heights=hills()), origins, directions, np.full(2000, 80.0))
    nearest = ground.distance.copy()
    for parts in (frame.static.parts, moving):
        for k in range(len(parts.shape)):
            for ray in range(0, 2000, 10):
                t = hit_part(parts, k, *origins[ray], *directions[ray])[0]
                nearest[ray] = min(nearest[ray], t if t <= 80.0 else np.inf)
    assert hits.distance[::10] == pytest.approx(nearest[::10])
    assert 50 < np.isfinite(hits.distance[::10]).sum() < 200


@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (10.0, 120.0, -20.0)])
@pytest.mark.parametrize("ground", [None, hills()])
def test_a_fan_hits_what_single_rays_hit(rotation, ground) -> None:
    frame = scene(clutter(300, 11), clutter(40, 12), ground)
    turned = axes(np.array([rotation]))[0]
    origin = np.array([0.0, 0.0, 4.0])
    rays = unit(np.random.default_rng(13).normal(size=(3000, 3)) * (1.0, 1.0, 0.4))
    ranges = np.linspace(10.0, 70.0, 3000)
    fan = cast_from(frame, origin, turned, rays, ranges, np.array([1005]))
    single = cast(
        frame, np.broadcast_to(origin, (3000, 3)).copy(), rays @ turned, ranges, ignored=np.array([1005])
    )
    same = fan.target == single.target
    assert same.mean() > 0.998
    assert fan.distance[same] == pytest.approx(single.distance[same], abs=0.02)
    assert 1005 not in fan.actor
    assert len(set(fan.target.tolist())) > 40
