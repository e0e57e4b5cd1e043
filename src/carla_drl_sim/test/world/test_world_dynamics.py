"""Vehicle dynamics through the public API: stopping, turning, gears, repeatability, misuse."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from carla_drl_sim.world.dynamics import VehicleDynamics, warm_up
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel

MODELS = list(VEHICLE_MODELS.values())
IDS = [model.id for model in MODELS]
MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]
THROTTLE, STEER, BRAKE, HAND_BRAKE, REVERSE, MANUAL, GEAR = range(7)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def one(model: VehicleModel = MODEL_3, yaw_deg: float = 0.0, speed: float = 0.0) -> VehicleDynamics:
    vehicles = VehicleDynamics()
    slot = vehicles.add(model, 0.0, 0.0, 0.0, yaw_deg)
    assert slot == 0
    yaw = math.radians(yaw_deg)
    vehicles.set_target_velocity(0, (speed * math.cos(yaw), speed * math.sin(yaw), 0.0))
    return vehicles


def speed_of(vehicles: VehicleDynamics, slot: int = 0) -> float:
    return float(np.hypot(*vehicles.velocity[slot, :2]))


def run(vehicles: VehicleDynamics, seconds: float, dt: float = 0.05) -> None:
    for _ in range(round(seconds / dt)):
        vehicles.step(dt)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_top_speed_is_held(model: VehicleModel) -> None:
    vehicles = one(model, speed=model.top_speed_mps + 5.0)
    vehicles.control[0, THROTTLE] = 1.0
    run(vehicles, 60.0)
    assert speed_of(vehicles) <= model.top_speed_mps + 0.1
    assert speed_of(vehicles) > 0.75 * model.top_speed_mps


@pytest.mark.parametrize("yaw_deg", [0.0, 90.0, -157.3])
def test_brakes_stop_straight_and_hold(yaw_deg: float) -> None:
    vehicles = one(yaw_deg=yaw_deg, speed=15.0)
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 4.0)
    where, heading = vehicles.position.copy(), vehicles.rotation.copy()
    assert heading[0, 1] == pytest.approx(yaw_deg, abs=1e-9)
    yaw = math.radians(yaw_deg)
    assert where[0, 0] * math.sin(yaw) - where[0, 1] * math.cos(yaw) == pytest.approx(0.0, abs=1e-6)
    for brake in (1.0, 0.0):
        vehicles.control[0, BRAKE] = brake
        run(vehicles, 20.0)
        assert np.array_equal(vehicles.position, where)
        assert np.array_equal(vehicles.rotation, heading)
        assert not vehicles.velocity.any()
        assert not vehicles.angular_velocity.any()
        assert not vehicles.acceleration.any()


@pytest.mark.parametrize("steer", [-1.0, 0.4, 1.0])
def test_stop_in_a_turn_neither_creeps_nor_swings(steer: float) -> None:
    vehicles = one(speed=8.0)
    vehicles.control[0, STEER] = steer
    vehicles.control[0, BRAKE] = 0.6
    speeds = []
    for _ in range(80):
        vehicles.step(0.05)
        speeds.append(speed_of(vehicles))
    assert all(b <= a for a, b in itertools.pairwise(speeds))
    assert speeds[-1] == 0.0
    still = vehicles.position.copy(), vehicles.rotation.copy()
    run(vehicles, 10.0)
    assert np.array_equal(vehicles.position, still[0])
    assert np.array_equal(vehicles.rotation, still[1])


def test_rolls_to_a_stop_without_pedals() -> None:
    vehicles = one(speed=3.0)
    run(vehicles, 10.0)
    assert 0.0 < speed_of(vehicles) < 3.0
    run(vehicles, 30.0)
    assert speed_of(vehicles) == 0.0


def test_reverse_drives_backwards_at_a_limited_speed() -> None:
    vehicles = one()
    vehicles.control[0, [THROTTLE, REVERSE]] = 1.0
    run(vehicles, 2.0)
    assert vehicles.velocity[0, 0] < -2.0
    run(vehicles, 30.0)
    assert -11.0 < vehicles.velocity[0, 0] < -8.0
    assert vehicles.rotation[0, 1] == pytest.approx(0.0, abs=1e-9)


def test_steering_right_in_reverse_swings_the_nose_left() -> None:
    vehicles = one()
    vehicles.control[0, [THROTTLE, REVERSE]] = (0.2, 1.0)
    vehicles.control[0, STEER] = 0.5
    run(vehicles, 2.0)
    assert vehicles.rotation[0, 1] < -3.0


def test_manual_gears() -> None:
    for gear, sign in ((1.0, 1.0), (3.0, 1.0), (0.0, 0.0), (-1.0, -1.0)):
        vehicles = one()
        vehicles.control[0, [THROTTLE, MANUAL, GEAR]] = (0.5, 1.0, gear)
        run(vehicles, 1.0)
        assert np.sign(vehicles.velocity[0, 0]) == sign


def test_hand_brake_stops_and_holds_against_the_engine() -> None:
    vehicles = one(speed=10.0)
    vehicles.control[0, HAND_BRAKE] = 1.0
    run(vehicles, 6.0)
    assert speed_of(vehicles) == 0.0
    weak = one(VEHICLE_MODELS["vehicle.audi.a2"])
    weak.control[0, [THROTTLE, HAND_BRAKE]] = (0.5, 1.0)
    run(weak, 5.0)
    assert speed_of(weak) == 0.0


@pytest.mark.parametrize("steer", [0.1, -0.1])
def test_steady_turn_goes_the_way_of_the_steering(steer: float) -> None:
    vehicles = one(speed=8.0)
    vehicles.control[0, [THROTTLE, STEER]] = (0.1, steer)
    run(vehicles, 2.0)
    assert np.sign(vehicles.rotation[0, 1]) == np.sign(steer)
    assert np.sign(vehicles.position[0, 1]) == np.sign(steer)
    assert np.sign(vehicles.angular_velocity[0, 2]) == np.sign(steer)
    assert np.sign(vehicles.wheel_steer_deg[0]) == np.sign(steer)
    assert vehicles.wheel_steer_deg[0] == pytest.approx(steer * MODEL_3.max_steer_deg)
    yaw = math.radians(vehicles.rotation[0, 1])
    to_the_right = -vehicles.acceleration[0, 0] * math.sin(yaw) + vehicles.acceleration[0, 1] * math.cos(yaw)
    assert np.sign(to_the_right) == np.sign(steer)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_cornering_is_limited_by_friction_and_stays_stable(model: VehicleModel) -> None:
    vehicles = one(model, speed=min(25.0, 0.9 * model.top_speed_mps))
    vehicles.control[0, STEER] = 1.0
    highest = 0.0
    for _ in range(60):
        vehicles.step(0.05)
        highest = max(highest, float(np.hypot(*vehicles.acceleration[0, :2])))
    assert 0.5 * 9.81 < highest < 1.1 * model.tyre_friction * 9.81 + 0.5
    assert abs(vehicles.angular_velocity[0, 2]) < 180.0


@pytest.mark.parametrize("pedal", [THROTTLE, BRAKE])
@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_pedals_in_a_turn_do_not_spin_the_car(model: VehicleModel, pedal: int) -> None:
    speed = min(10.0, 0.6 * model.top_speed_mps)
    vehicles = one(model, speed=speed)
    angle = model.wheelbase_m * 4.0 / speed**2  # rad; for 4 m/s^2 across
    share = np.interp(speed * 3.6, *zip(*model.steering_curve, strict=True))
    vehicles.control[0, STEER] = min(math.degrees(angle) / (share * model.max_steer_deg), 1.0)
    run(vehicles, 0.5)
    vehicles.control[0, pedal] = 1.0
    for _ in range(60):
        vehicles.step(0.05)
        yaw = math.radians(vehicles.rotation[0, 1])
        along = vehicles.velocity[0, 0] * math.cos(yaw) + vehicles.velocity[0, 1] * math.sin(yaw)
        across = vehicles.velocity[0, 1] * math.cos(yaw) - vehicles.velocity[0, 0] * math.sin(yaw)
        assert abs(math.atan2(across, max(along, 2.0))) < math.radians(20.0)
        assert vehicles.angular_velocity[0, 2] > -2.0


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_lane_change_at_speed_settles(model: VehicleModel) -> None:
    vehicles = one(model, speed=min(22.0, 0.9 * model.top_speed_mps))
    angle = model.wheelbase_m * 3.0 / speed_of(vehicles) ** 2  # rad; for 3 m/s^2 across
    for sign, seconds in ((1.0, 0.8), (-1.0, 0.8), (0.0, 3.0)):
        share = np.interp(speed_of(vehicles) * 3.6, *zip(*model.steering_curve, strict=True))
        vehicles.control[0, STEER] = sign * math.degrees(angle) / (share * model.max_steer_deg)
        run(vehicles, seconds)
    assert abs(vehicles.angular_velocity[0, 2]) < 0.1
    assert 1.0 < vehicles.position[0, 1] < 12.0


def test_steering_takes_time() -> None:
    vehicles = one()
    vehicles.control[0, STEER] = 1.0
    vehicles.step(0.05)
    assert vehicles.wheel_steer_deg[0] == pytest.approx(0.05 * MODEL_3.steer_rate_deg_s)
    run(vehicles, 2.0)
    assert vehicles.wheel_steer_deg[0] == pytest.approx(MODEL_3.max_steer_deg)


def test_a_car_pushed_sideways_is_stopped_by_its_tyres() -> None:
    vehicles = one()
    vehicles.set_target_velocity(0, (0.0, 5.0, 0.0))
    run(vehicles, 0.2)
    assert vehicles.acceleration[0, 1] == pytest.approx(-MODEL_3.tyre_friction * 9.81, rel=0.05)
    run(vehicles, 4.0)
    assert speed_of(vehicles) == 0.0
    assert vehicles.position[0, 1] == pytest.approx(25.0 / (2.0 * 9.81 * MODEL_3.tyre_friction), rel=0.2)


def test_falls_to_the_ground_and_drives_off() -> None:
    vehicles = VehicleDynamics(ground_z=2.0)
    vehicles.add(MODEL_3, 0.0, 0.0, 2.5, 0.0)
    vehicles.control[0, THROTTLE] = 1.0
    vehicles.step(0.05)
    assert vehicles.velocity[0, 2] < 0.0
    assert vehicles.velocity[0, 0] == 0.0
    run(vehicles, 1.0)
    assert vehicles.position[0, 2] == 2.0
    assert vehicles.velocity[0, 2] == 0.0
    assert vehicles.velocity[0, 0] > 1.0


def test_teleport_keeps_the_velocity_until_it_is_set() -> None:
    vehicles = one(speed=10.0)
    vehicles.set_transform(0, 50.0, -20.0, 0.0, yaw_deg=270.0)
    assert vehicles.rotation[0, 1] == -90.0
    assert vehicles.velocity[0].tolist() == [10.0, 0.0, 0.0]
    vehicles.set_target_velocity(0, (0.0, 0.0, 0.0))
    vehicles.step(0.05)
    assert vehicles.position[0].tolist() == [50.0, -20.0, 0.0]


def test_impulse_changes_the_velocity_by_its_share_of_the_mass() -> None:
    vehicles = one()
    vehicles.add_impulse(0, (MODEL_3.mass_kg, -2.0 * MODEL_3.mass_kg, 0.0))
    assert vehicles.velocity[0] == pytest.approx((1.0, -2.0, 0.0))


def test_constant_velocity_holds_against_everything() -> None:
    vehicles = one(yaw_deg=90.0)
    vehicles.constant_velocity_on[0] = True
    vehicles.constant_velocity[0] = (6.0, 0.0, 0.0)
    vehicles.control[0, BRAKE] = 1.0
    run(vehicles, 2.0)
    assert vehicles.position[0, :2] == pytest.approx((0.0, 12.0), abs=1e-6)
    vehicles.constant_velocity_on[0] = False
    run(vehicles, 2.0)
    assert speed_of(vehicles) == 0.0


def test_without_physics_a_vehicle_stays_put() -> None:
    vehicles = one(speed=10.0)
    vehicles.simulate_physics[0] = False
    vehicles.control[0, THROTTLE] = 1.0
    run(vehicles, 1.0)
    assert not vehicles.position.any()
    assert not vehicles.velocity.any()


def test_acceleration_is_the_change_of_velocity() -> None:
    vehicles = one(yaw_deg=20.0, speed=12.0)
    vehicles.control[0, [THROTTLE, STEER]] = (0.7, 0.2)
    for _ in range(40):
        before = vehicles.velocity.copy()
        vehicles.step(0.05)
        assert vehicles.acceleration[0] == pytest.approx((vehicles.velocity[0] - before[0]) / 0.05, abs=1e-9)


def drive(count: int, seed: int) -> VehicleDynamics:
    """`count` vehicles under random controls; vehicle i gets the same ones whatever `count` is."""
    vehicles = VehicleDynamics()
    for i in range(count):
        vehicles.add(MODELS[i % len(MODELS)], 20.0 * i, 3.0 * i, 0.3, 17.0 * i)
    streams = [np.random.default_rng((seed, i)) for i in range(count)]
    for _ in range(200):
        for i, stream in enumerate(streams):
            vehicles.control[i, :3] = stream.uniform((0.0, -1.0, 0.0), (1.0, 1.0, 0.3))
            vehicles.control[i, 3:5] = stream.uniform(size=2) < 0.05
        vehicles.step(0.05)
    return vehicles


STATE = ("position", "rotation", "velocity", "angular_velocity", "acceleration", "wheel_steer_deg")


@pytest.mark.parametrize("others", [2, 17, 64])
def test_a_vehicle_does_not_depend_on_how_many_there_are(others: int) -> None:
    alone, together = drive(1, 3), drive(others, 3)
    for name in STATE:
        assert getattr(alone, name)[0].tobytes() == getattr(together, name)[0].tobytes()


def test_runs_repeat_to_the_bit() -> None:
    first, second = drive(8, 5), drive(8, 5)
    for name in STATE:
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


EXTREMES = [0.0, 1.0, -1.0, 1e300, -1e300, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("value", EXTREMES)
@pytest.mark.parametrize("speed", [0.0, -40.0, 500.0])
def test_extreme_controls_give_finite_states(value: float, speed: float) -> None:
    for column in range(7):
        vehicles = one(speed=speed)
        vehicles.control[0] = (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        vehicles.control[0, column] = value
        run(vehicles, 5.0, dt=0.1)
        for name in STATE:
            assert np.isfinite(getattr(vehicles, name)).all(), (name, column)
        assert speed_of(vehicles) <= max(abs(speed), MODEL_3.top_speed_mps) + 1.0
        assert abs(vehicles.wheel_steer_deg[0]) <= MODEL_3.max_steer_deg + 1e-9


def test_random_controls_never_break_the_state() -> None:
    vehicles = drive(len(MODELS), 11)
    for name in STATE:
        assert np.isfinite(getattr(vehicles, name)).all()
    assert (np.abs(vehicles.rotation[:, 1]) <= 180.0).all()
    assert not vehicles.position[:, 2].any()


def test_result_hardly_depends_on_the_step() -> None:
    ends = []
    for dt in (0.01, 0.05, 0.1):
        vehicles = one(speed=10.0)
        vehicles.control[0, [THROTTLE, STEER]] = (0.4, 0.1)
        run(vehicles, 4.0, dt)
        ends.append(vehicles.position[0, :2].copy())
    assert np.allclose(ends[0], ends[1], atol=1e-6)
    assert np.allclose(ends[0], ends[2], atol=1e-6)


def test_slots_grow_and_are_used_again() -> None:
    vehicles = VehicleDynamics()
    slots = [vehicles.add(MODEL_3, 10.0 * i, 0.0, 0.0, 0.0) for i in range(40)]
    assert slots == list(range(40))
    assert len(vehicles) == 40
    assert vehicles.capacity >= 40
    assert vehicles.position[:40, 0].tolist() == [10.0 * i for i in range(40)]
    for slot in (7, 3):
        vehicles.velocity[slot] = 5.0
        vehicles.remove(slot)
    assert vehicles.slots.tolist() == [i for i in range(40) if i not in (3, 7)]
    assert vehicles.add(MODEL_3, 1.0, 2.0, 0.0, 0.0) == 3
    assert not vehicles.velocity[3].any()
    assert vehicles.add(VEHICLE_MODELS["vehicle.audi.a2"], 1.0, 2.0, 0.0, 0.0) == 7
    assert vehicles.model(7).id == "vehicle.audi.a2"
    assert vehicles.mass[7] == VEHICLE_MODELS["vehicle.audi.a2"].mass_kg


def test_removed_vehicles_do_not_move() -> None:
    vehicles = one(speed=10.0)
    vehicles.remove(0)
    run(vehicles, 1.0)
    assert not vehicles.position.any()


def test_physics_can_be_changed() -> None:
    light, heavy = one(), one()
    heavy.set_model(0, dataclasses.replace(MODEL_3, mass_kg=3.0 * MODEL_3.mass_kg))
    for vehicles in (light, heavy):
        vehicles.control[0, THROTTLE] = 1.0
        run(vehicles, 2.0)
    assert speed_of(heavy) < 0.5 * speed_of(light)


def test_misuse_is_refused() -> None:
    vehicles = one()
    for dt in (0.0, -0.05, math.nan, math.inf, 11.0):
        with pytest.raises(ValueError, match="dt"):
            vehicles.step(dt)
    with pytest.raises(KeyError, match="slot 5"):
        vehicles.remove(5)
    with pytest.raises(KeyError, match="slot 900"):
        vehicles.set_target_velocity(900, (0.0, 0.0, 0.0))
    with pytest.raises(KeyError, match="slot -1"):
        vehicles.set_transform(-1, 0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="finite"):
        vehicles.add(MODEL_3, math.nan, 0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="finite"):
        vehicles.set_transform(0, math.inf, 0.0, 0.0)
    with pytest.raises(ValueError, match="three finite numbers"):
        vehicles.set_target_velocity(0, (1.0, math.nan, 0.0))
