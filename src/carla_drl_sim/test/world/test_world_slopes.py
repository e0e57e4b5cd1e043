"""Slopes, wet roads, gears and flight, through the public API of the dynamics."""

from __future__ import annotations

import math

import numpy as np
import pytest

from carla_drl_sim.world.dynamics import VehicleDynamics, warm_up
from carla_drl_sim.world.dynamics_columns import (
    FRONT_ALONG,
    FRONT_LOAD,
    GRIP_USE,
    REAR_ALONG,
    REAR_LOAD,
)
from carla_drl_sim.world.ground import Heights, flat
from carla_drl_sim.world.road_friction import PUDDLES, WET, road_friction
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]
A2 = VEHICLE_MODELS["vehicle.audi.a2"]
THROTTLE, STEER, BRAKE, HAND_BRAKE, REVERSE, MANUAL, GEAR = range(7)
GRAVITY = 9.81
SIZE = 200.0


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def slope(rise_x: float, rise_y: float = 0.0) -> Heights:
    """A plane that rises by `rise_x` per metre of x and `rise_y` per metre of y."""
    nodes = np.arange(-SIZE, SIZE + 1.0, 2.0)
    ground = (rise_x * nodes[None, :] + rise_y * nodes[:, None]).astype(np.float32)
    return Heights((-SIZE, -SIZE), 2.0, ground, np.full_like(ground, np.nan))


def run(vehicles: VehicleDynamics, seconds: float, dt: float = 0.05) -> None:
    for _ in range(round(seconds / dt)):
        vehicles.step(dt)


def energy(vehicles: VehicleDynamics) -> float:
    """Kinetic and potential energy of vehicle 0, J."""
    speed = float((vehicles.velocity[0] ** 2).sum())
    turn = float(np.radians(vehicles.angular_velocity[0, 2]) ** 2)
    kinetic = 0.5 * (vehicles.mass[0] * speed + vehicles.yaw_inertia[0] * turn)
    return float(kinetic + vehicles.mass[0] * GRAVITY * vehicles.position[0, 2])


@pytest.mark.parametrize("rise", [0.03, 0.1, -0.2])
def test_coasting_down_accelerates_by_g_sine(rise: float) -> None:
    vehicles = VehicleDynamics(heights=slope(rise))
    sign = -math.copysign(1.0, rise)
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0 if sign > 0.0 else 180.0)
    run(vehicles, 0.5)
    angle = math.atan(abs(rise))
    expected = GRAVITY * math.sin(angle) - MODEL_3.rolling_resistance * GRAVITY
    before = vehicles.velocity[0].copy()
    run(vehicles, 0.5)
    along = np.array((sign * math.cos(angle), 0.0, -math.sin(angle)))
    assert float((vehicles.velocity[0] - before) @ along) / 0.5 == pytest.approx(expected, rel=0.02)
    assert vehicles.rotation[0, 0] == pytest.approx(-math.degrees(angle), abs=1e-3)
    assert vehicles.position[0, 2] == pytest.approx(rise * vehicles.position[0, 0], abs=1e-4)


def test_brakes_hold_on_a_hill_and_load_the_lower_axle() -> None:
    vehicles = VehicleDynamics(heights=slope(0.15))
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 1.0)
    where = vehicles.position.copy()
    run(vehicles, 20.0)
    assert np.array_equal(vehicles.position, where)
    load = vehicles.axles[0]
    weight = MODEL_3.mass_kg * GRAVITY * math.cos(math.atan(0.15))
    assert load[FRONT_LOAD] + load[REAR_LOAD] == pytest.approx(weight)
    moved = MODEL_3.mass_kg * GRAVITY * math.sin(math.atan(0.15)) * MODEL_3.centre_of_mass_z
    assert load[FRONT_LOAD] == pytest.approx(
        weight * MODEL_3.front_load - moved / MODEL_3.wheelbase_m, rel=0.01
    )


def test_across_a_slope_the_car_leans_and_stays() -> None:
    vehicles = VehicleDynamics(heights=slope(0.0, 0.08))
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)  # its right side is uphill
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 10.0)
    assert vehicles.rotation[0, 2] == pytest.approx(-math.degrees(math.atan(0.08)), abs=1e-3)
    assert vehicles.rotation[0, 0] == pytest.approx(0.0, abs=1e-3)
    assert np.hypot(*vehicles.position[0, :2]) < 0.05
    assert not vehicles.velocity.any()


def test_over_a_crest_the_car_pitches_at_its_speed_over_the_radius() -> None:
    nodes = np.arange(-SIZE, SIZE + 1.0, 1.0)
    ground = np.tile((-(nodes**2) / 1000.0).astype(np.float32), (nodes.size, 1))  # radius 500 m
    heights = Heights((-SIZE, -SIZE), 1.0, ground, np.full_like(ground, np.nan))
    for yaw_deg, axis in ((0.0, (0.0, 1.0)), (180.0, (0.0, -1.0))):
        vehicles = VehicleDynamics(heights=heights)
        vehicles.add(MODEL_3, 0.0, 0.0, 0.0, yaw_deg)
        vehicles.step(0.05)
        assert np.abs(vehicles.angular_velocity[0]).max() < 0.1
        vehicles.set_target_velocity(0, (10.0 * math.cos(math.radians(yaw_deg)), 0.0, 0.0))
        run(vehicles, 1.0)
        expected = math.degrees(10.0 / 500.0)  # nose down: with the axis to the right
        turn = vehicles.angular_velocity[0, :2] @ np.array(axis)
        assert turn == pytest.approx(expected, rel=0.1)


def test_climbing_takes_longer() -> None:
    speeds = []
    for heights in (slope(0.12), flat()):
        vehicles = VehicleDynamics(heights=heights)
        vehicles.add(A2, -100.0, 0.0, -100.0 * 0.12 if len(speeds) == 0 else 0.0, 0.0)
        vehicles.control[0, THROTTLE] = 1.0
        run(vehicles, 6.0)
        speeds.append(float(np.hypot(*vehicles.velocity[0, :2])))
    assert 2.0 < speeds[0] < 0.7 * speeds[1]


@pytest.mark.parametrize("seed", range(3))
def test_energy_never_grows_by_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = np.arange(-SIZE, SIZE + 1.0, 2.0)
    hills = 4.0 * np.sin(nodes[None, :] / 25.0 + rng.uniform(0.0, 6.0)) * np.cos(nodes[:, None] / 30.0)
    ground = hills.astype(np.float32)
    vehicles = VehicleDynamics(heights=Heights((-SIZE, -SIZE), 2.0, ground, np.full_like(ground, np.nan)))
    vehicles.add(MODEL_3, 0.0, 0.0, 20.0, rng.uniform(-180.0, 180.0))
    run(vehicles, 3.0)
    vehicles.set_target_velocity(0, (*rng.uniform(-8.0, 8.0, 2), 0.0))
    vehicles.control[0, STEER] = rng.uniform(-0.3, 0.3)
    last = energy(vehicles)
    for _ in range(200):
        vehicles.step(0.05)
        now = energy(vehicles)
        # The ground is taken as a plane through the four wheels during a step: allow 3 mm of height.
        assert now <= last + vehicles.mass[0] * GRAVITY * 0.003
        last = now


def test_flat_heights_are_the_flat_world_to_the_bit() -> None:
    worlds = VehicleDynamics(), VehicleDynamics(heights=flat()), VehicleDynamics(heights=slope(0.0))
    for vehicles in worlds:
        vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 33.0)
        vehicles.control[0, [THROTTLE, STEER]] = (0.6, 0.2)
        run(vehicles, 5.0)
    for vehicles in worlds[1:]:
        for name in ("position", "rotation", "velocity"):
            assert np.array_equal(getattr(vehicles, name)[0], getattr(worlds[0], name)[0]), name


def test_a_bridge_carries_what_is_on_it_and_not_what_is_below() -> None:
    ground = np.zeros((101, 101), np.float32)
    deck = np.full_like(ground, np.nan)
    deck[40:61, :] = 5.0
    vehicles = VehicleDynamics(heights=Heights((-100.0, -100.0), 2.0, ground, deck))
    vehicles.add(MODEL_3, 0.0, 0.0, 5.0, 0.0)
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 90.0)
    run(vehicles, 1.0)
    assert vehicles.position[:2, 2].tolist() == [5.0, 0.0]


def braking_distance(friction: float) -> float:
    """From 20 m/s to a stop."""
    vehicles = VehicleDynamics()
    vehicles.road_friction = friction
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    vehicles.set_target_velocity(0, (20.0, 0.0, 0.0))
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 20.0)
    assert not vehicles.velocity.any()
    return float(vehicles.position[0, 0])


@pytest.mark.parametrize("friction", [WET, PUDDLES, 0.2])
def test_wet_roads_lengthen_the_braking_distance(friction: float) -> None:
    rolling = MODEL_3.rolling_resistance * GRAVITY
    dry = MODEL_3.brake_deceleration_mps2 + rolling  # the brakes' limit, just below the tyres'
    wet = GRIP_USE * friction * MODEL_3.tyre_friction * GRAVITY + rolling
    assert braking_distance(friction) / braking_distance(1.0) == pytest.approx(dry / wet, rel=0.02)


def test_weather_to_friction() -> None:
    assert road_friction(0.0, 0.0, 0.0) == 1.0
    assert road_friction(100.0, 0.0, 0.0) == pytest.approx(0.65 / 0.85)
    assert road_friction(0.0, 100.0, 0.0) == pytest.approx(0.55 / 0.85)
    assert road_friction(50.0, 0.0, 100.0) == pytest.approx(0.5 / 0.85)
    assert road_friction(0.0, 0.0, 50.0) == pytest.approx(0.5 + 0.25 / 0.85)
    assert road_friction(-5.0, 1e9, 0.0) == pytest.approx(0.55 / 0.85)


@pytest.mark.parametrize("control", [(1.0, 0.0, 0.0), (0.6, 0.6, 0.0), (0.0, -0.5, 1.0), (0.3, 1.0, 0.4)])
def test_tyre_forces_stay_in_the_friction_circle(control: tuple[float, float, float]) -> None:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
    vehicles.set_target_velocity(0, (18.0, 0.0, 0.0))
    vehicles.control[0, :3] = control
    for _ in range(60):
        vehicles.step(0.05)
        force = vehicles.axles[0]
        for load, along in ((FRONT_LOAD, FRONT_ALONG), (REAR_LOAD, REAR_ALONG)):
            grip = MODEL_3.tyre_friction * force[load]
            assert math.hypot(force[along], force[along + 2]) <= grip * (1.0 + 1e-9)


@pytest.mark.parametrize("control", [(0.5, 0.4, 0.0), (0.0, 0.8, 0.3), (1.0, 0.1, 0.0)])
def test_mirrored_steering_gives_mirrored_paths(control: tuple[float, float, float]) -> None:
    vehicles = VehicleDynamics()
    for sign in (1.0, -1.0):
        slot = vehicles.add(MODEL_3, 0.0, 0.0, 0.0, 0.0)
        vehicles.set_target_velocity(slot, (12.0, 0.0, 0.0))
        vehicles.control[slot, :3] = (control[0], sign * control[1], control[2])
    run(vehicles, 4.0)
    assert vehicles.position[0, 0] == vehicles.position[1, 0]
    assert vehicles.position[0, 1] == -vehicles.position[1, 1]
    assert vehicles.rotation[0, 1] == -vehicles.rotation[1, 1]


def test_braking_moves_load_to_the_front() -> None:
    vehicles = VehicleDynamics()
    vehicles.add(A2, 0.0, 0.0, 0.0, 0.0)
    vehicles.set_target_velocity(0, (20.0, 0.0, 0.0))
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 0.5)
    force = vehicles.axles[0]
    weight = A2.mass_kg * GRAVITY
    pull = -(force[FRONT_ALONG] + force[REAR_ALONG]) + A2.rolling_resistance * weight
    moved = pull * A2.centre_of_mass_z / A2.wheelbase_m
    assert force[FRONT_LOAD] == pytest.approx(A2.front_load * weight + moved, rel=0.01)
    assert force[FRONT_ALONG] / force[FRONT_LOAD] == pytest.approx(
        force[REAR_ALONG] / force[REAR_LOAD], rel=1e-6
    )


def test_the_automatic_gearbox_goes_through_its_gears_and_back() -> None:
    vehicles = VehicleDynamics()
    vehicles.add(A2, 0.0, 0.0, 0.0, 0.0)
    vehicles.control[0, THROTTLE] = 1.0
    seen = []
    for _ in range(1200):
        vehicles.step(0.05)
        seen.append(int(vehicles.gear[0]))
    assert seen == sorted(seen)
    assert set(seen) == set(range(1, len(A2.gear_speeds_mps) + 1))
    vehicles.control[0, [THROTTLE, BRAKE]] = (0.0, 1.0)
    run(vehicles, 10.0)
    assert vehicles.gear[0] == 1
    vehicles.control[0, REVERSE] = 1.0
    run(vehicles, 0.1)
    assert vehicles.gear[0] == -1


@pytest.mark.parametrize("gear", [1, 2, 3])
def test_a_held_gear_ends_at_its_rev_limit(gear: int) -> None:
    vehicles = VehicleDynamics()
    vehicles.add(A2, 0.0, 0.0, 0.0, 0.0)
    vehicles.control[0, [THROTTLE, MANUAL, GEAR]] = (1.0, 1.0, gear)
    run(vehicles, 25.0)
    assert vehicles.gear[0] == gear
    assert vehicles.velocity[0, 0] == pytest.approx(A2.gear_speeds_mps[gear - 1], rel=0.1)


def test_a_high_gear_pulls_away_weakly_and_one_too_many_is_the_top_gear() -> None:
    speeds = []
    for gear in (1, 16):
        vehicles = VehicleDynamics()
        vehicles.add(A2, 0.0, 0.0, 0.0, 0.0)
        vehicles.control[0, [THROTTLE, MANUAL, GEAR]] = (1.0, 1.0, gear)
        run(vehicles, 2.0)
        speeds.append(float(vehicles.velocity[0, 0]))
    assert speeds[0] > 1.3 * speeds[1] > 1.0
    assert vehicles.gear[0] == len(A2.gear_speeds_mps)


def test_a_fall_is_free_and_can_be_switched_off() -> None:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, 0.0, 0.0, 30.0, 0.0)
    vehicles.add(MODEL_3, 50.0, 0.0, 30.0, 0.0)
    vehicles.gravity[1] = False
    run(vehicles, 2.0)
    assert vehicles.velocity[0, 2] == pytest.approx(-GRAVITY * 2.0)
    assert vehicles.position[0, 2] == pytest.approx(30.0 - 0.5 * GRAVITY * 4.0, rel=0.01)
    assert vehicles.position[1, 2] == 30.0
    run(vehicles, 2.0)
    assert vehicles.position[0, 2] == 0.0
    vehicles.gravity[1] = True
    run(vehicles, 4.0)
    assert vehicles.position[1, 2] == 0.0


def test_a_tumble_in_the_air_ends_on_the_wheels() -> None:
    vehicles = VehicleDynamics()
    vehicles.add(MODEL_3, 0.0, 0.0, 30.0, 90.0)
    # Heading along y: nose up turns against the axis to the right (-x), so against -x; roll against +y.
    vehicles.set_target_angular_velocity(0, (10.0, -20.0, 30.0))
    run(vehicles, 0.05)
    assert vehicles.rotation[0] == pytest.approx((0.5, 91.5, 1.0), abs=0.05)
    run(vehicles, 4.0)
    assert vehicles.rotation[0, [0, 2]].tolist() == [0.0, 0.0]
    assert vehicles.angular_velocity[0, :2].tolist() == [0.0, 0.0]
