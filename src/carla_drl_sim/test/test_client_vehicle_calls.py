"""The unmodified client's calls on single vehicles: Ackermann control, telemetry, pushes, wheels, doors, physics."""

from __future__ import annotations

import math
from typing import Any

import carla
import pytest
from carla_world import STEP_S, Scene
from raw_client import RawClient
from server_process import ServerProcess

MASS_KG = 1920.0


@pytest.fixture(scope="module")
def server(common_server: ServerProcess) -> ServerProcess:
    return common_server


@pytest.fixture
def vehicle(world_of: Scene) -> Any:
    """A Tesla Model 3 that stands on its wheels on a long straight road."""
    made = world_of.vehicle(world_of.straight(130.0, behind=60.0))
    world_of.ticks(20)
    return made


def speed(vehicle: Any) -> float:
    velocity, forward = vehicle.get_velocity(), vehicle.get_transform().get_forward_vector()
    return float(velocity.x * forward.x + velocity.y * forward.y + velocity.z * forward.z)


@pytest.mark.parametrize("target", [6.0, -3.0])
def test_ackermann_control_reaches_its_speed(world_of: Scene, vehicle: Any, target: float) -> None:
    vehicle.apply_ackermann_control(carla.VehicleAckermannControl(speed=target))
    world_of.ticks(300)
    assert speed(vehicle) == pytest.approx(target, rel=0.1)
    vehicle.apply_ackermann_control(carla.VehicleAckermannControl(speed=0.0))
    world_of.ticks(300)
    assert speed(vehicle) == pytest.approx(0.0, abs=0.1)


def test_ackermann_control_steers_in_radians_and_at_its_rate(world_of: Scene, vehicle: Any) -> None:
    wheel = carla.VehicleWheelLocation.FL_Wheel
    vehicle.apply_ackermann_control(carla.VehicleAckermannControl(steer=-0.2, steer_speed=0.1))
    world_of.ticks(10)
    limit = math.radians(vehicle.get_physics_control().wheels[0].max_steer_angle)
    assert vehicle.get_control().steer * limit == pytest.approx(-0.1 * 10 * STEP_S, rel=1e-3)
    world_of.ticks(60)
    assert vehicle.get_control().steer * limit == pytest.approx(-0.2, rel=1e-3)
    assert vehicle.get_wheel_steer_angle(wheel) < -math.degrees(0.2)  # the inner wheel turns more


def test_a_plain_control_ends_ackermann_control(world_of: Scene, vehicle: Any) -> None:
    vehicle.apply_ackermann_control(carla.VehicleAckermannControl(speed=5.0))
    world_of.ticks(60)
    assert speed(vehicle) > 0.5
    vehicle.apply_control(carla.VehicleControl(brake=1.0))
    world_of.ticks(60)
    assert speed(vehicle) == 0.0
    assert vehicle.get_control().brake == 1.0


def test_ackermann_settings_are_kept_and_used(world_of: Scene, vehicle: Any) -> None:
    settings = vehicle.get_ackermann_controller_settings()
    assert settings.speed_kp == pytest.approx(0.15)
    assert settings.accel_kd == pytest.approx(0.01)
    settings.speed_kp = 0.0
    settings.speed_kd = 0.0
    vehicle.apply_ackermann_controller_settings(settings)
    assert vehicle.get_ackermann_controller_settings().speed_kp == 0.0
    vehicle.apply_ackermann_control(carla.VehicleAckermannControl(speed=5.0))
    world_of.ticks(40)
    assert speed(vehicle) == 0.0  # without gains nothing is wanted


def test_telemetry_tells_of_engine_and_wheels(world_of: Scene, vehicle: Any) -> None:
    vehicle.apply_control(carla.VehicleControl(throttle=0.7, steer=0.1))
    world_of.ticks(60)
    data = vehicle.get_telemetry_data()
    assert data.speed == pytest.approx(speed(vehicle), rel=1e-3)
    assert (data.throttle, data.steer, data.brake) == pytest.approx((0.7, 0.1, 0.0))
    assert data.gear == vehicle.get_control().gear == 1
    assert 0.0 < data.engine_rpm < vehicle.get_physics_control().max_rpm
    assert data.drag > 0.0
    assert len(data.wheels) == 4
    assert sum(wheel.tire_load for wheel in data.wheels) == pytest.approx(MASS_KG * 9.81, rel=1e-3)
    assert all(wheel.omega == pytest.approx(data.speed / 0.335, rel=0.05) for wheel in data.wheels)
    assert data.wheels[2].normalized_tire_load > 1.0 > data.wheels[0].normalized_tire_load
    assert all(wheel.torque == pytest.approx(wheel.long_force * 0.335, rel=1e-3) for wheel in data.wheels)
    assert all(wheel.lat_force > 0.0 for wheel in data.wheels)


def test_an_impulse_beside_the_centre_turns(world_of: Scene, raw: RawClient, vehicle: Any) -> None:
    transform = vehicle.get_transform()
    forward, right = transform.get_forward_vector(), transform.get_right_vector()
    at = transform.location + carla.Location(forward.x * 1.5, forward.y * 1.5, 0.55)
    push = carla.Vector3D(right.x * 4000.0, right.y * 4000.0)
    vehicle.add_impulse(push)
    world_of.ticks(1)
    straight = vehicle.get_angular_velocity().z
    raw.void("add_actor_impulse_at_location", vehicle.id, [push.x, push.y, 0.0], [at.x, at.y, at.z])
    world_of.ticks(1)
    assert abs(straight) < 1.0
    assert vehicle.get_angular_velocity().z > 20.0


def test_twists_have_unreal_units(world_of: Scene, raw: RawClient, vehicle: Any) -> None:
    vehicle.set_transform(carla.Transform(vehicle.get_transform().location + carla.Location(z=50.0)))
    vehicle.set_target_velocity(carla.Vector3D())
    unit = 1e4 * MASS_KG * 0.48 * 0.52 * 2.875**2
    vehicle.add_angular_impulse(carla.Vector3D(0.0, 0.0, 30.0 * unit))
    world_of.ticks(1)
    assert vehicle.get_angular_velocity().z == pytest.approx(30.0, rel=1e-3)
    # The client's own add_torque calls add_actor_angular_impulse.
    raw.void("add_actor_torque", vehicle.id, [0.0, 0.0, 30.0 * unit / STEP_S])
    world_of.ticks(1)
    assert vehicle.get_angular_velocity().z == pytest.approx(60.0, rel=1e-3)


def test_gravity_can_be_switched_off(world_of: Scene, vehicle: Any) -> None:
    place = vehicle.get_transform()
    place.location.z += 20.0
    vehicle.set_enable_gravity(False)
    vehicle.set_transform(place)
    world_of.ticks(20)
    assert vehicle.get_transform().location.z == pytest.approx(place.location.z, abs=1e-3)
    vehicle.set_enable_gravity(True)
    world_of.ticks(20)
    assert vehicle.get_velocity().z == pytest.approx(-9.81, rel=0.01)


def test_wheels_can_be_posed_while_physics_are_off(world_of: Scene, vehicle: Any) -> None:
    wheel = carla.VehicleWheelLocation.FR_Wheel
    vehicle.set_wheel_steer_direction(wheel, 25.0)
    assert vehicle.get_wheel_steer_angle(wheel) == 0.0
    vehicle.set_simulate_physics(False)
    vehicle.set_wheel_steer_direction(wheel, 25.0)
    vehicle.set_wheel_pitch_angle(wheel, -70.0)
    assert vehicle.get_wheel_steer_angle(wheel) == pytest.approx(25.0)
    assert vehicle.get_wheel_pitch_angle(wheel) == pytest.approx(-70.0)
    vehicle.set_simulate_physics(True)
    assert vehicle.get_wheel_steer_angle(wheel) == 0.0


def test_steered_wheels_stand_on_one_circle(world_of: Scene, vehicle: Any) -> None:
    vehicle.apply_control(carla.VehicleControl(steer=0.8))
    world_of.ticks(40)
    left, right, rear = (
        vehicle.get_wheel_steer_angle(wheel)
        for wheel in (
            carla.VehicleWheelLocation.FL_Wheel,
            carla.VehicleWheelLocation.FR_Wheel,
            carla.VehicleWheelLocation.BL_Wheel,
        )
    )
    assert right > left > 0.0 == rear
    gap = 2.875 / math.tan(math.radians(left)) - 2.875 / math.tan(math.radians(right))
    assert gap == pytest.approx(1.58, rel=1e-3)


def test_doors_and_debug_telemetry_are_accepted(world_of: Scene, raw: RawClient, vehicle: Any) -> None:
    vehicle.open_door(carla.VehicleDoor.All)
    vehicle.close_door(carla.VehicleDoor.FL)
    vehicle.show_debug_telemetry(True)
    with pytest.raises(RuntimeError, match="a door must be 0 to 6"):
        raw.void("open_vehicle_door", vehicle.id, 7)
    with pytest.raises(RuntimeError, match="wheel must be 0 to 3"):
        raw.void("set_wheel_pitch_angle", vehicle.id, 4, 1.0)


def test_physics_sent_back_unchanged_change_nothing(world_of: Scene) -> None:
    point = world_of.straight(60.0)
    ends: list[float] = []
    for _ in range(2):
        vehicle = world_of.vehicle(point, "vehicle.audi.a2")
        if ends:
            physics = vehicle.get_physics_control()
            assert len(physics.forward_gears) == 6
            vehicle.apply_physics_control(physics)
        vehicle.apply_control(carla.VehicleControl(throttle=1.0))
        world_of.ticks(40)
        vehicle.apply_control(carla.VehicleControl(brake=0.5))
        world_of.ticks(10)
        ends.append(speed(vehicle))
        vehicle.destroy()
    assert ends[0] > 2.0
    assert ends[1] == pytest.approx(ends[0], rel=1e-4)


def test_a_stronger_engine_and_longer_gears_act_until_physics_are_restored(world_of: Scene) -> None:
    start = world_of.straight(100.0)
    vehicle = world_of.vehicle(start, "vehicle.audi.a2")
    ends = []
    for change in ("", "torque", "restored", "gears"):
        physics = vehicle.get_physics_control()
        if change == "torque":
            physics.torque_curve = [carla.Vector2D(point.x, 2.0 * point.y) for point in physics.torque_curve]
            vehicle.apply_physics_control(physics)
        elif change == "restored":
            vehicle.restore_physx_physics()
        elif change == "gears":
            physics.final_ratio *= 10.0
            vehicle.apply_physics_control(physics)
        vehicle.set_transform(start)
        vehicle.set_target_velocity(carla.Vector3D())
        vehicle.apply_control(carla.VehicleControl(throttle=1.0 - 0.001 * len(ends)))
        world_of.ticks(60)
        ends.append(speed(vehicle))
    assert ends[1] > 1.3 * ends[0]
    assert ends[2] == pytest.approx(ends[0], rel=0.01)
    assert ends[3] < 0.8 * ends[0]  # ten times shorter gears end at 5 m/s


def test_the_steering_curve_leaves_less_angle_at_speed(world_of: Scene, vehicle: Any) -> None:
    physics = vehicle.get_physics_control()
    physics.steering_curve = [carla.Vector2D(0.0, 1.0), carla.Vector2D(36.0, 0.5)]
    vehicle.apply_physics_control(physics)
    vehicle.apply_control(carla.VehicleControl(steer=0.5))
    full = 0.5 * physics.wheels[0].max_steer_angle
    for at, share in ((0.0, 1.0), (5.0, 0.75), (20.0, 0.5)):
        vehicle.enable_constant_velocity(carla.Vector3D(at, 0.0, 0.0))
        world_of.ticks(20)
        left, right = (
            vehicle.get_wheel_steer_angle(wheel)
            for wheel in (carla.VehicleWheelLocation.FL_Wheel, carla.VehicleWheelLocation.FR_Wheel)
        )
        assert 0.5 * (left + right) == pytest.approx(share * full, rel=0.05)


def test_a_dead_vehicle_has_no_engine(world_of: Scene, raw: RawClient, vehicle: Any) -> None:
    raw.void("set_actor_dead", vehicle.id)
    vehicle.apply_control(carla.VehicleControl(throttle=1.0))
    world_of.ticks(20)
    assert speed(vehicle) == 0.0
    vehicle.restore_physx_physics()
    world_of.ticks(20)
    assert speed(vehicle) > 0.5


def test_batches_carry_the_same_commands(world_of: Scene, vehicle: Any) -> None:
    answers = world_of.client.apply_batch_sync(
        [
            carla.command.ApplyVehicleAckermannControl(vehicle, carla.VehicleAckermannControl(speed=4.0)),
            carla.command.ApplyVehiclePhysicsControl(vehicle, vehicle.get_physics_control()),
            carla.command.ApplyTorque(vehicle, carla.Vector3D(z=1.0)),
            carla.command.ApplyAngularImpulse(vehicle, carla.Vector3D(z=1.0)),
            carla.command.ApplyTargetAngularVelocity(vehicle, carla.Vector3D(z=1.0)),
            carla.command.SetEnableGravity(vehicle, True),
        ],
        True,
    )
    assert [answer.error for answer in answers] == [""] * len(answers)
    world_of.ticks(200)
    assert speed(vehicle) == pytest.approx(4.0, rel=0.15)


def test_every_vehicle_of_the_library_drives(world_of: Scene) -> None:
    point = world_of.straight(40.0)
    blueprints = world_of.library.filter("vehicle.*")
    assert len(blueprints) == 41
    riders = [blueprint.id for blueprint in blueprints if blueprint.has_attribute("driver_id")]
    two_wheels = [
        blueprint.id for blueprint in blueprints if int(blueprint.get_attribute("number_of_wheels")) == 2
    ]
    assert riders == two_wheels
    assert len(riders) == 7
    for blueprint in blueprints:
        vehicle = world_of.world.spawn_actor(blueprint, point)
        vehicle.apply_control(carla.VehicleControl(throttle=1.0))
        world_of.ticks(30)
        assert speed(vehicle) > 0.5, blueprint.id
        assert len(vehicle.get_physics_control().wheels) == int(blueprint.get_attribute("number_of_wheels"))
        assert vehicle.destroy()
