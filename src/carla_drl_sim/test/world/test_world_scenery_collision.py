"""Collisions of vehicles with solid parts: walls, poles, kerbs, corners."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from carla_drl_sim.world.collision import vehicle_box
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Parts, Shape
from carla_drl_sim.world.scenery_collision import SceneryCollisions, warm_up
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]
NOSE = MODEL_3.extent[0]
FLANK = MODEL_3.extent[1]

Row = tuple[Shape, tuple[float, float, float], float, tuple[float, float, float], bool]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def parts(*rows: Row) -> Parts:
    """Parts of shape, centre, yaw (deg), half sizes, solid."""
    count = len(rows)
    return Parts(
        shape=np.array([row[0] for row in rows], np.uint8),
        centre=np.array([row[1] for row in rows], np.float64).reshape(count, 3),
        yaw_deg=np.array([row[2] for row in rows], np.float64),
        extent=np.array([row[3] for row in rows], np.float64).reshape(count, 3),
        label=np.full(count, Label.WALLS, np.uint8),
        color=np.zeros((count, 3), np.uint8),
        object_id=np.arange(count, dtype=np.int64),
        solid=np.array([row[4] for row in rows], np.bool_),
    )


def wall(x: float, y: float, yaw_deg: float = 0.0, length: float = 40.0, thickness: float = 0.4) -> Row:
    return Shape.BOX, (x, y, 1.0), yaw_deg, (0.5 * thickness, 0.5 * length, 1.0), True


def pole(x: float, y: float, radius: float = 0.15) -> Row:
    return Shape.CYLINDER, (x, y, 2.0), 0.0, (radius, radius, 2.0), True


def driving(speed: float, yaw_deg: float = 0.0, x: float = 0.0, y: float = 0.0) -> VehicleDynamics:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, x, y, 0.0, yaw_deg)
    yaw = math.radians(yaw_deg)
    vehicles.set_target_velocity(0, (speed * math.cos(yaw), speed * math.sin(yaw), 0.0))
    return vehicles


def overlaps_any(collisions: SceneryCollisions, vehicles: VehicleDynamics) -> bool:
    x, y, z = vehicles.position[0].tolist()
    return collisions.part_in(vehicle_box(MODEL_3, x, y, z, float(vehicles.rotation[0, 1]))) is not None


@pytest.mark.parametrize("speed", [3.0, 15.0, 40.0])
@pytest.mark.parametrize("yaw_deg", [0.0, 90.0, -135.0])
def test_a_wall_takes_the_momentum(speed: float, yaw_deg: float) -> None:
    yaw = math.radians(yaw_deg)
    at = NOSE + 0.2 + 3.0 * speed * 0.05
    collisions = SceneryCollisions(parts(wall(at * math.cos(yaw), at * math.sin(yaw), yaw_deg)))
    vehicles = driving(speed, yaw_deg)
    for _ in range(20):
        vehicles.step(0.05)
        before = vehicles.velocity[0].copy()
        contacts = collisions.resolve(vehicles)
        if len(contacts):
            break
    assert (contacts.slot.tolist(), contacts.part.tolist()) == ([0], [0])
    assert contacts.normal[0] == pytest.approx((math.cos(yaw), math.sin(yaw), 0.0), abs=1e-9)
    change = MODEL_3.mass_kg * (before - vehicles.velocity[0])
    assert change == pytest.approx(contacts.impulse[0] * contacts.normal[0], abs=1e-6)
    assert contacts.impulse[0] == pytest.approx(1.1 * MODEL_3.mass_kg * np.hypot(*before[:2]), rel=1e-3)
    assert vehicles.velocity[0] @ contacts.normal[0] < 0.0
    assert not overlaps_any(collisions, vehicles)
    reach = vehicles.position[0] @ contacts.normal[0] + NOSE
    assert reach == pytest.approx(at - 0.2, abs=0.02)


def test_a_car_against_a_wall_with_full_throttle_stays_in_front_of_it() -> None:
    collisions = SceneryCollisions(parts(wall(10.0, 0.0)))
    vehicles = driving(0.0)
    vehicles.control[0, 0] = 1.0
    for _ in range(200):
        vehicles.step(0.05)
        collisions.resolve(vehicles)
    assert vehicles.position[0, 0] == pytest.approx(9.8 - NOSE, abs=0.1)
    assert abs(vehicles.position[0, 1]) < 1e-6


def test_a_glancing_car_goes_on_along_the_wall() -> None:
    collisions = SceneryCollisions(parts(wall(0.0, 3.0, 90.0, length=200.0)))
    vehicles = driving(15.0, yaw_deg=8.0)
    vehicles.control[0, 0] = 0.3
    impulse = 0.0
    for _ in range(60):
        vehicles.step(0.05)
        contacts = collisions.resolve(vehicles)
        impulse += float(contacts.impulse.sum())
        assert not overlaps_any(collisions, vehicles)
    assert impulse > 500.0
    assert vehicles.velocity[0, 0] > 10.0
    assert vehicles.position[0, 1] + FLANK * 0.9 < 2.8


@pytest.mark.parametrize("offset", [0.0, 0.5, -0.9])
@pytest.mark.parametrize("speed", [5.0, 30.0])
def test_a_pole_stops_the_nose_and_not_the_flank(offset: float, speed: float) -> None:
    collisions = SceneryCollisions(parts(pole(NOSE + 0.15 + 1.5, offset)))
    vehicles = driving(speed)
    for _ in range(20):
        vehicles.step(0.05)
        contacts = collisions.resolve(vehicles)
        if len(contacts):
            break
    assert contacts.normal[0] == pytest.approx((1.0, 0.0, 0.0))
    assert contacts.point[0, :2] == pytest.approx((NOSE + 1.5, offset), abs=1e-6)
    assert np.sign(round(vehicles.angular_velocity[0, 2], 6)) == np.sign(offset)
    assert not overlaps_any(collisions, vehicles)


def test_what_is_low_overhead_or_not_solid_is_passed() -> None:
    rows: tuple[Row, ...] = (
        (Shape.BOX, (5.0, 0.0, 0.05), 0.0, (0.2, 10.0, 0.1), True),  # a kerb
        (Shape.BOX, (8.0, 0.0, 4.0), 0.0, (0.2, 10.0, 1.0), True),  # a gantry
        (Shape.BOX, (11.0, 0.0, 1.0), 0.0, (0.2, 10.0, 1.0), False),  # a hedge that gives way
    )
    collisions = SceneryCollisions(parts(*rows))
    vehicles = driving(15.0)
    for _ in range(40):
        vehicles.step(0.05)
        assert len(collisions.resolve(vehicles)) == 0
    assert vehicles.position[0, 0] > 20.0


def test_in_a_corner_both_walls_hold() -> None:
    collisions = SceneryCollisions(parts(wall(10.0, 0.0), wall(0.0, 10.0, 90.0)))
    vehicles = driving(12.0, yaw_deg=45.0)
    vehicles.control[0, 0] = 0.5
    hit: set[int] = set()
    for _ in range(120):
        vehicles.step(0.05)
        hit |= set(collisions.resolve(vehicles).part.tolist())
        assert vehicles.position[0, 0] < 9.8
        assert vehicles.position[0, 1] < 9.8
    assert hit == {0, 1}


def test_vehicles_without_physics_or_collisions_are_left_alone() -> None:
    collisions = SceneryCollisions(parts(wall(1.0, 0.0)))
    for flag in ("simulate_physics", "collisions"):
        vehicles = driving(5.0)
        getattr(vehicles, flag)[0] = False
        assert len(collisions.resolve(vehicles)) == 0
        assert not vehicles.position.any()


def test_energy_does_not_grow() -> None:
    rng = np.random.default_rng(4)
    rows = [pole(*rng.uniform(-40.0, 40.0, 2), radius=rng.uniform(0.1, 1.0)) for _ in range(60)]
    rows += [wall(*rng.uniform(-40.0, 40.0, 2), rng.uniform(0.0, 180.0), 8.0) for _ in range(20)]
    collisions = SceneryCollisions(parts(*rows))
    vehicles = VehicleDynamics()
    for i in range(30):
        vehicles.add(MODEL_3, *rng.uniform(-40.0, 40.0, 2), 0.0, rng.uniform(-180.0, 180.0))
        vehicles.velocity[i, :2] = rng.uniform(-15.0, 15.0, 2)
    hits = 0
    for _ in range(60):
        vehicles.step(0.05)
        before = _energy(vehicles)
        contacts = collisions.resolve(vehicles)
        hits += len(contacts)
        assert contacts.slot.tolist() == sorted(contacts.slot.tolist())
        assert (_energy(vehicles) <= before * (1.0 + 1e-12)).all()
    assert hits > 20


def _energy(vehicles: VehicleDynamics) -> np.ndarray:
    linear = vehicles.mass * (vehicles.velocity**2).sum(axis=1)
    return linear + vehicles.yaw_inertia * np.radians(vehicles.angular_velocity[:, 2]) ** 2


def test_cells_find_what_looking_at_all_solids_finds() -> None:
    rng = np.random.default_rng(8)
    rows = [pole(*rng.uniform(-60.0, 60.0, 2), radius=rng.uniform(0.1, 2.0)) for _ in range(150)]
    rows += [
        wall(*rng.uniform(-60.0, 60.0, 2), rng.uniform(0.0, 180.0), rng.uniform(1.0, 30.0)) for _ in range(80)
    ]
    together = SceneryCollisions(parts(*rows))
    alone = [SceneryCollisions(parts(row)) for row in rows]
    found = 0
    for _ in range(300):
        box = vehicle_box(MODEL_3, *rng.uniform(-70.0, 70.0, 2), 0.0, rng.uniform(-180.0, 180.0))
        expected = {index for index, one in enumerate(alone) if one.part_in(box) is not None}
        actual = together.part_in(box)
        assert (actual in expected) if expected else (actual is None)
        found += bool(expected)
    assert 50 < found < 290


def test_cost_does_not_depend_on_how_much_stands_elsewhere() -> None:
    rng = np.random.default_rng(1)
    times = []
    for count in (50, 20_000):
        rows = [pole(*(rng.uniform(100.0, 3000.0, 2))) for _ in range(count)]
        collisions = SceneryCollisions(parts(*rows, pole(0.0, 50.0)))
        vehicles = driving(5.0)
        best = math.inf
        for _ in range(20):
            start = time.perf_counter()
            for _ in range(20):
                collisions.resolve(vehicles)
            best = min(best, time.perf_counter() - start)
        times.append(best)
    assert times[1] < 5.0 * times[0]


def test_restitution_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="restitution"):
        SceneryCollisions(parts(), restitution=-0.1)
