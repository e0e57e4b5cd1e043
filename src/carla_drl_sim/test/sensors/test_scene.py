from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.sensors import scene_kernel as kernel
from carla_drl_sim.sensors.scene import (
    TAPERED,
    Material,
    SceneFrame,
    StaticScene,
    empty_parts,
    ground_arrays,
    joined,
)
from carla_drl_sim.world.ground import Covering, Heights, flat
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Parts, Shape

BARE = Covering((0.0, 0.0), 1.0, np.zeros((2, 2), np.uint8))


def scattered(count: int) -> Parts:
    rng = np.random.default_rng(1)
    return Parts(
        shape=rng.integers(0, 3, count).astype(np.uint8),
        centre=rng.uniform(-20.0, 20.0, (count, 3)),
        yaw_deg=rng.uniform(-180.0, 180.0, count),
        extent=rng.uniform(0.2, 6.0, (count, 3)),
        label=np.full(count, Label.BUILDINGS, np.uint8),
        color=np.zeros((count, 3), np.uint8),
        object_id=np.arange(count),
        solid=np.ones(count, bool),
    )


def nearest_by_index(scene: StaticScene, origin: np.ndarray, direction: np.ndarray) -> float:
    index, best, node = scene.index, kernel.NO_HIT, 0
    while node < len(index.skip):
        low = (index.box[node, :3] - origin) / direction
        high = (index.box[node, 3:] - origin) / direction
        if max(np.minimum(low, high).max(), 0.0) > np.maximum(low, high).min():
            node = index.skip[node]
            continue
        for k in range(index.first[node], index.first[node] + index.number[node]):
            best = min(best, kernel.hit_part(scene.parts, k, *origin, *direction)[0])
        node += 1
    return best


def test_the_index_finds_what_a_look_at_every_part_finds() -> None:
    scene = StaticScene(flat(), BARE, scattered(61))
    assert sorted(scene.parts.owner) == list(range(61))
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(60):
        origin, direction = rng.uniform(-30.0, 30.0, 3), rng.normal(size=3)
        every = min(kernel.hit_part(scene.parts, k, *origin, *direction)[0] for k in range(61))
        assert nearest_by_index(scene, origin, direction) == every
        hits += every < kernel.NO_HIT
    assert hits >= 10


@pytest.mark.parametrize(
    ("shape", "distance", "normal"),
    [
        (Shape.BOX, 8.0, (-1.0, 0.0, 0.0)),
        (Shape.CYLINDER, 8.0, (-1.0, 0.0, 0.0)),
        (Shape.ELLIPSOID, 8.0, (-1.0, 0.0, 0.0)),
        (TAPERED, 8.5, (-0.9701425, 0.0, 0.2425356)),
    ],
)
def test_a_ray_enters_each_shape_where_it_should(
    shape: int, distance: float, normal: tuple[float, float, float]
) -> None:
    part = empty_parts(1)
    part.shape[0], part.centre[0], part.extent[0] = shape, (10.0, 0.0, 1.0), (2.0, 1.0, 2.0)
    if shape == TAPERED:
        part.taper[0] = (1.0, 1.0, 0.5)  # half-way up, the rear face stands back 0.5 m
    hit = kernel.hit_part(part, 0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    assert hit == pytest.approx((distance, *normal))
    assert kernel.hit_part(part, 0, 0.0, 0.0, 4.0, 1.0, 0.0, 0.0)[0] == kernel.NO_HIT
    assert kernel.hit_part(part, 0, 20.0, 0.0, 1.0, 1.0, 0.0, 0.0)[0] == kernel.NO_HIT


def test_a_bridge_is_hit_from_above_and_from_below_and_a_slope_between_nodes() -> None:
    x = np.arange(0.0, 41.0, 2.0)
    ground = np.tile(0.1 * x, (21, 1)).astype(np.float32)
    deck = np.full((21, 21), np.nan, np.float32)
    deck[:, 5:9] = 6.0
    arrays = ground_arrays(Heights((0.0, 0.0), 2.0, ground, deck))
    assert kernel.hit_ground(arrays, 13.0, 20.0, 9.0, 0.0, 0.0, -1.0, 0.0, 50.0) == pytest.approx((3.0, 1))
    assert kernel.hit_ground(arrays, 13.0, 20.0, 3.0, 0.0, 0.0, 1.0, 0.0, 50.0) == pytest.approx((3.0, 1))
    assert kernel.hit_ground(arrays, 25.0, 20.0, 9.0, 0.0, 0.0, -1.0, 0.0, 50.0) == pytest.approx((6.5, 0))
    assert kernel.hit_ground(arrays, 25.0, 20.0, 9.0, 0.0, 0.0, 1.0, 0.0, 50.0)[0] == kernel.NO_HIT
    slope = np.array([-0.1, 0.0, 1.0]) / np.hypot(1.0, 0.1)
    assert kernel.ground_normal(arrays, False, 25.0, 20.0) == pytest.approx(tuple(slope))
    level = ground_arrays(flat(1.5))
    assert kernel.hit_ground(level, 0.0, 0.0, 2.0, 1.0, 0.0, -0.25, 0.0, 9.0) == pytest.approx((2.0, 0))


def test_an_empty_town_and_an_empty_tick_are_scenes_too() -> None:
    frame = SceneFrame(StaticScene(flat(), BARE, empty_parts(0)))
    assert len(frame.static.index.skip) == 0
    assert len(frame.dynamic.shape) == 0
    assert len(joined([frame.dynamic, empty_parts(2)]).shape) == 2


def test_buildings_have_windows() -> None:
    parts = StaticScene(flat(), BARE, scattered(50)).parts
    assert set(parts.material[parts.shape == Shape.BOX]) == {Material.FACADE}
    assert set(parts.material[parts.shape != Shape.BOX]) == {Material.MATTE}
