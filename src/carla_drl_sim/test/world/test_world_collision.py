"""Collisions: detection of oriented boxes, conservation of momentum, separation, order."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from carla_drl_sim.world.collision import (
    CollisionSolver,
    overlaps,
    vehicle_box,
    vehicle_boxes,
    warm_up,
)
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]
MICRA = VEHICLE_MODELS["vehicle.nissan.micra"]
LENGTH, WIDTH = 2.0 * MODEL_3.extent[0], 2.0 * MODEL_3.extent[1]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def momentum(vehicles: VehicleDynamics) -> np.ndarray:
    return (vehicles.mass[:, None] * vehicles.velocity)[vehicles.active].sum(axis=0)


def angular_momentum(vehicles: VehicleDynamics) -> float:
    """Around the world's z axis."""
    active = vehicles.active
    x, y = vehicles.position[active, 0], vehicles.position[active, 1]
    vx, vy = vehicles.velocity[active, 0], vehicles.velocity[active, 1]
    spin = vehicles.yaw_inertia[active] * np.radians(vehicles.angular_velocity[active, 2])
    return float((vehicles.mass[active] * (x * vy - y * vx) + spin).sum())


def kinetic_energy(vehicles: VehicleDynamics) -> float:
    linear = vehicles.mass * (vehicles.velocity**2).sum(axis=1)
    return float(
        0.5 * (linear + vehicles.yaw_inertia * np.radians(vehicles.angular_velocity[:, 2]) ** 2).sum()
    )


def head_on(offset: float = 0.0, yaw_deg: float = 180.0) -> VehicleDynamics:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    reach = MICRA.extent[1] if yaw_deg == 90.0 else MICRA.extent[0]
    vehicles.add(MICRA, MODEL_3.extent[0] + reach - 0.1, offset, 0.0, yaw_deg)
    vehicles.set_target_velocity(0, (10.0, 0.0, 0.0))
    vehicles.set_target_velocity(1, (-6.0, 0.5, 0.0))
    return vehicles


@pytest.mark.parametrize("offset", [0.0, 0.7, -1.3])
@pytest.mark.parametrize("yaw_deg", [180.0, 150.0, 90.0])
def test_momentum_is_conserved(offset: float, yaw_deg: float) -> None:
    vehicles = head_on(offset, yaw_deg)
    before, energy = momentum(vehicles), kinetic_energy(vehicles)
    result = CollisionSolver().resolve(vehicles)
    assert len(result) == 1
    assert result.impulse[0] > 1000.0
    assert momentum(vehicles) == pytest.approx(before, rel=1e-9, abs=1e-6)
    assert kinetic_energy(vehicles) < energy


def test_angular_momentum_is_conserved_by_the_impulse() -> None:
    vehicles = head_on(0.7, 160.0)
    where = vehicles.position.copy()
    before = angular_momentum(vehicles)
    CollisionSolver().resolve(vehicles)
    vehicles.position[:] = where  # separation moves the cars after the impulse
    assert angular_momentum(vehicles) == pytest.approx(before, rel=1e-9)
    assert vehicles.angular_velocity[:2, 2].all()


def test_result_names_slots_normal_and_impulse() -> None:
    vehicles = head_on()
    before = vehicles.velocity.copy()
    result = CollisionSolver().resolve(vehicles)
    assert (result.slot_a.tolist(), result.slot_b.tolist()) == ([0], [1])
    assert result.normal[0] == pytest.approx((1.0, 0.0, 0.0))
    change = vehicles.mass[1] * (vehicles.velocity[1] - before[1])
    assert change == pytest.approx(result.impulse[0] * result.normal[0])
    assert result.point[0, 0] == pytest.approx(MODEL_3.extent[0], abs=0.2)


def test_cars_are_apart_afterwards_and_do_not_close_in() -> None:
    vehicles = head_on(0.4)
    solver = CollisionSolver()
    solver.resolve(vehicles)
    _, boxes = vehicle_boxes(vehicles)
    assert not overlaps(boxes[0], boxes[1:]).any()
    assert vehicles.velocity[1, 0] - vehicles.velocity[0, 0] > -1e-9
    assert len(solver.resolve(vehicles)) == 0


def test_rear_end_crash_in_motion_ends_with_both_at_rest_and_apart() -> None:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    vehicles.add(MODEL_3, 20.0, 0.3, 0.0, 0.0)
    vehicles.set_target_velocity(0, (15.0, 0.0, 0.0))
    vehicles.control[:2, 2] = (0.0, 1.0)
    solver = CollisionSolver()
    hits = 0
    for step in range(200):
        vehicles.step(0.05)
        hits += len(solver.resolve(vehicles)) > 0
        if step == 60:
            vehicles.control[0, 2] = 1.0
    assert hits >= 1
    assert vehicles.position[1, 0] > 20.5
    assert vehicles.position[1, 0] - vehicles.position[0, 0] > LENGTH - 0.01
    assert not vehicles.velocity.any()


def test_standing_obstacle_without_physics_is_not_moved() -> None:
    vehicles = head_on()
    vehicles.simulate_physics[1] = False
    vehicles.velocity[1] = 0.0
    where = vehicles.position[1].copy()
    result = CollisionSolver(restitution=0.0).resolve(vehicles)
    assert result.impulse[0] == pytest.approx(10.0 * MODEL_3.mass_kg)
    assert np.array_equal(vehicles.position[1], where)
    assert vehicles.velocity[:2, 0] == pytest.approx((0.0, 0.0), abs=1e-9)


def test_vehicles_with_collisions_off_are_skipped() -> None:
    vehicles = head_on()
    vehicles.collisions[1] = False
    before = vehicles.velocity.copy()
    assert len(CollisionSolver().resolve(vehicles)) == 0
    assert np.array_equal(vehicles.velocity, before)


def test_heights_must_overlap() -> None:
    vehicles = head_on()
    vehicles.position[1, 2] = 2.0 * MODEL_3.extent[2] + 0.01
    assert len(CollisionSolver().resolve(vehicles)) == 0
    vehicles.position[1, 2] -= 0.02
    assert len(CollisionSolver().resolve(vehicles)) == 1


def brute_force(boxes: np.ndarray) -> set[tuple[int, int]]:
    """Pairs of boxes of which one holds a point of a fine grid over the other (slow, independent of the solver)."""
    grid = np.linspace(-1.0, 1.0, 41)
    u, v = (axis.ravel() for axis in np.meshgrid(grid, grid))
    found = set()
    for i, j in itertools.combinations(range(len(boxes)), 2):
        for a, b in ((boxes[i], boxes[j]), (boxes[j], boxes[i])):
            yaw = math.radians(a[3])
            x = a[0] + u * a[4] * math.cos(yaw) - v * a[5] * math.sin(yaw) - b[0]
            y = a[1] + u * a[4] * math.sin(yaw) + v * a[5] * math.cos(yaw) - b[1]
            yaw = math.radians(b[3])
            ahead, aside = x * math.cos(yaw) + y * math.sin(yaw), y * math.cos(yaw) - x * math.sin(yaw)
            if ((np.abs(ahead) < b[4]) & (np.abs(aside) < b[5])).any():
                found.add((i, j))
    return found


def crowd(seed: int, count: int, size: float) -> VehicleDynamics:
    rng = np.random.default_rng(seed)
    vehicles = VehicleDynamics()
    models = list(VEHICLE_MODELS.values())
    for i in range(count):
        x, y = rng.uniform(-size, size, 2)
        vehicles.add(models[i % len(models)], x, y, 0.0, rng.uniform(-180.0, 180.0))
        vehicles.velocity[i, :2] = rng.uniform(-10.0, 10.0, 2)
    return vehicles


@pytest.mark.parametrize("seed", range(4))
def test_all_pairs_are_found_in_order(seed: int) -> None:
    vehicles = crowd(seed, 80, 30.0)
    _, boxes = vehicle_boxes(vehicles)
    expected = brute_force(boxes)
    result = CollisionSolver().resolve(vehicles)
    found = list(zip(result.slot_a.tolist(), result.slot_b.tolist(), strict=True))
    assert found == sorted(found)
    assert len(expected) > 10
    assert expected <= set(found)
    # The grid of the brute force misses corners that overlap by less than its spacing.
    assert len(set(found) - expected) <= 0.1 * len(expected)


def test_more_contacts_than_the_solver_expects_at_first() -> None:
    vehicles = VehicleDynamics()
    for i in range(40):
        vehicles.add(MODEL_3, 0.01 * i, 0.0, 0.0, 0.0)
    result = CollisionSolver().resolve(vehicles)
    assert len(result) == 40 * 39 // 2
    assert np.isfinite(vehicles.position).all()


def test_runs_repeat_to_the_bit_and_conserve_momentum() -> None:
    first, second = crowd(9, 80, 30.0), crowd(9, 80, 30.0)
    before = momentum(first)
    CollisionSolver().resolve(first)
    CollisionSolver().resolve(second)
    for name in ("position", "velocity", "angular_velocity"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert momentum(first) == pytest.approx(before, rel=1e-9, abs=1e-3)


def test_a_pile_up_dissolves() -> None:
    vehicles = crowd(2, 64, 18.0)
    vehicles.velocity[:] = 0.0
    solver = CollisionSolver()
    vehicles.control[:, 2] = 1.0
    for _ in range(400):
        vehicles.step(0.05)
        solver.resolve(vehicles)
    assert np.isfinite(vehicles.position).all()
    assert len(solver.resolve(vehicles)) == 0
    assert not vehicles.velocity.any()


@pytest.mark.parametrize(
    ("x", "y", "yaw_deg", "expected"),
    [
        (LENGTH - 0.01, 0.0, 0.0, True),
        (LENGTH + 0.01, 0.0, 0.0, False),
        (0.0, WIDTH - 0.01, 180.0, True),
        (0.0, WIDTH + 0.01, 180.0, False),
        (0.5 * (LENGTH + WIDTH) - 0.01, 0.0, 90.0, True),
        (0.5 * (LENGTH + WIDTH) + 0.01, 0.0, -90.0, False),
        (4.5, 2.5, 45.0, False),
        (3.6, 1.8, 45.0, True),
    ],
)
def test_overlaps_of_boxes_in_degrees(x: float, y: float, yaw_deg: float, expected: bool) -> None:
    box = vehicle_box(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    others = np.array([vehicle_box(MODEL_3, x, y, 0.3, yaw_deg), vehicle_box(MODEL_3, 99.0, 0.0, 0.0, 0.0)])
    assert overlaps(box, others).tolist() == [expected, False]
    assert overlaps(others[0], box[None]).tolist() == [expected]


def test_overlaps_leaves_its_arguments_alone_and_checks_them() -> None:
    box = vehicle_box(MODEL_3, 0.0, 0.0, 0.0, 30.0)
    others = np.array([vehicle_box(MODEL_3, 1.0, 0.0, 0.0, 60.0)])
    copies = box.copy(), others.copy()
    assert overlaps(box, others).tolist() == [True]
    assert np.array_equal(box, copies[0])
    assert np.array_equal(others, copies[1])
    assert overlaps(box, np.empty((0, 7))).size == 0
    with pytest.raises(ValueError, match="shape"):
        overlaps(box[:6], others)
    with pytest.raises(ValueError, match="shape"):
        overlaps(box, others[0])


def test_restitution_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="restitution"):
        CollisionSolver(restitution=1.5)
