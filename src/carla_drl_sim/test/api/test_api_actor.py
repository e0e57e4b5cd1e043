"""carla.Actor and Vehicle, method by method."""

from __future__ import annotations

import math

import carla
import pytest
from carla_world import STEP_S, Scene
from covered import covers


@pytest.fixture
def car(scene: Scene) -> carla.Vehicle:
    """A car that stands on its wheels."""
    made = scene.vehicle(scene.map.get_spawn_points()[0])
    scene.ticks(20)
    return made


def speed(car: carla.Actor) -> float:
    return car.get_velocity().length()


@covers("Actor.id", "Actor.type_id", "Actor.attributes", "Actor.semantic_tags", "Actor.bounding_box")
def test_what_an_actor_is(car: carla.Vehicle) -> None:
    assert car.id > 0
    assert car.type_id == "vehicle.tesla.model3"
    assert car.attributes["base_type"] == "car"
    assert list(car.semantic_tags) == [int(carla.CityObjectLabel.Car)]
    assert 2.0 < car.bounding_box.extent.x < 3.0


@covers("Actor.parent")
def test_parent(scene: Scene, car: carla.Vehicle) -> None:
    assert car.parent is None
    assert scene.sensor(car).parent.id == car.id


@covers("Actor.actor_state", "Actor.is_alive", "Actor.is_active", "Actor.is_dormant", "Actor.destroy")
def test_life_and_death(scene: Scene, car: carla.Vehicle) -> None:
    assert car.is_alive
    assert car.is_active
    assert not car.is_dormant
    assert car.actor_state == carla.ActorState.Active
    assert car.destroy()
    scene.ticks(1)
    assert not car.is_alive
    assert car.id not in [actor.id for actor in scene.world.get_actors()]


@covers("Actor.get_world")
def test_get_world(scene: Scene, car: carla.Vehicle) -> None:
    assert car.get_world().id == scene.world.id


@covers("Actor.get_location", "Actor.get_transform", "Actor.set_location", "Actor.set_transform")
def test_places(scene: Scene, car: carla.Vehicle) -> None:
    point = scene.map.get_spawn_points()[5]
    car.set_transform(point)
    scene.ticks(1)
    assert car.get_transform().location.distance(point.location) < 0.5
    assert car.get_transform().rotation.yaw == pytest.approx(point.rotation.yaw, abs=0.1)
    there = scene.map.get_spawn_points()[6].location
    car.set_location(there)
    scene.ticks(1)
    assert car.get_location().distance(there) < 0.5


@covers("Actor.get_velocity", "Actor.set_target_velocity", "Actor.get_acceleration")
def test_velocity_is_set(scene: Scene, car: carla.Vehicle) -> None:
    forward = car.get_transform().get_forward_vector()
    car.set_target_velocity(carla.Vector3D(10.0 * forward.x, 10.0 * forward.y, 0.0))
    scene.ticks(1)
    assert speed(car) == pytest.approx(10.0, abs=0.5)
    car.apply_control(carla.VehicleControl(brake=1.0))
    scene.ticks(2)
    acceleration = car.get_acceleration()
    assert acceleration.x * forward.x + acceleration.y * forward.y < -4.0


@covers("Actor.get_angular_velocity", "Actor.set_target_angular_velocity")
def test_angular_velocity_is_set(scene: Scene, car: carla.Vehicle) -> None:
    car.set_target_angular_velocity(carla.Vector3D(0.0, 0.0, 40.0))
    before = car.get_transform().rotation.yaw
    scene.ticks(1)
    assert 0.0 < (car.get_transform().rotation.yaw - before) % 360.0 < 3.0
    assert car.get_angular_velocity().z > 5.0


@covers("Actor.enable_constant_velocity", "Actor.disable_constant_velocity")
def test_constant_velocity(scene: Scene, car: carla.Vehicle) -> None:
    car.enable_constant_velocity(carla.Vector3D(8.0, 0.0, 0.0))
    scene.ticks(20)
    assert speed(car) == pytest.approx(8.0, abs=0.05)
    car.disable_constant_velocity()
    car.apply_control(carla.VehicleControl(brake=1.0))
    scene.ticks(60)
    assert speed(car) < 0.1


@covers("Actor.add_impulse", "Actor.add_force")
def test_pushes(scene: Scene, car: carla.Vehicle) -> None:
    mass = car.get_physics_control().mass
    forward = car.get_transform().get_forward_vector()
    car.add_impulse(carla.Vector3D(5.0 * mass * forward.x, 5.0 * mass * forward.y, 0.0))
    scene.ticks(1)
    assert speed(car) == pytest.approx(5.0, abs=0.3)
    before = speed(car)
    push = 4.0 / STEP_S * mass
    car.add_force(carla.Vector3D(push * forward.x, push * forward.y, 0.0))
    scene.ticks(1)
    assert speed(car) - before == pytest.approx(4.0, abs=0.4)


@covers("Actor.add_angular_impulse", "Actor.add_torque")
def test_turning_pushes(scene: Scene, car: carla.Vehicle) -> None:
    strong = 3e9  # kg cm^2 deg/s, about 5000 N m s
    car.add_angular_impulse(carla.Vector3D(0.0, 0.0, strong))
    scene.ticks(1)
    assert car.get_angular_velocity().z > 0.5
    scene.ticks(40)
    car.add_torque(carla.Vector3D(0.0, 0.0, -strong / STEP_S))
    scene.ticks(1)
    assert car.get_angular_velocity().z < -0.5


@covers("Actor.set_simulate_physics")
def test_without_physics_it_stands(scene: Scene, car: carla.Vehicle) -> None:
    car.set_simulate_physics(False)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    before = car.get_location()
    scene.ticks(20)
    assert car.get_location().distance(before) < 1e-3
    car.set_simulate_physics(True)
    scene.ticks(20)
    assert car.get_location().distance(before) > 0.5


@covers("Actor.set_collisions")
def test_without_collisions_it_passes_through(scene: Scene, car: carla.Vehicle) -> None:
    ahead = car.get_transform().transform(carla.Location(x=12.0))
    other = scene.vehicle(carla.Transform(ahead + carla.Location(z=0.3), car.get_transform().rotation))
    scene.ticks(5)
    car.set_collisions(False)
    start = car.get_location()
    car.enable_constant_velocity(carla.Vector3D(15.0, 0.0, 0.0))
    scene.ticks(32)
    assert car.get_location().distance(start) > 22.0
    assert speed(other) < 0.1


@covers("Actor.set_enable_gravity")
def test_without_gravity_it_floats(scene: Scene, car: carla.Vehicle) -> None:
    car.set_enable_gravity(False)
    car.set_location(car.get_location() + carla.Location(z=5.0))
    scene.ticks(10)
    high = car.get_location().z
    car.set_enable_gravity(True)
    scene.ticks(20)
    assert car.get_location().z < high - 2.0
    assert high > 4.0


@covers(
    "Actor.get_component_names",
    "Actor.get_component_world_transform",
    "Actor.get_component_relative_transform",
    "Actor.get_bone_names",
    "Actor.get_bone_world_transforms",
    "Actor.get_bone_relative_transforms",
    "Actor.get_socket_names",
    "Actor.get_socket_world_transforms",
    "Actor.get_socket_relative_transforms",
    "Vehicle.get_vehicle_bone_world_transforms",
    state="partial",
    note="the body's root and the wheels",
)
def test_parts_of_a_vehicle(car: carla.Vehicle) -> None:
    names = car.get_component_names()
    assert names
    there = car.get_component_world_transform(names[0]).location
    assert there.distance(car.get_location()) < 5.0
    assert car.get_component_relative_transform(names[0]).location.distance(carla.Location()) < 5.0
    bones = car.get_bone_names()
    assert len(car.get_bone_world_transforms()) == len(car.get_bone_relative_transforms()) == len(bones) > 0
    assert len(car.get_vehicle_bone_world_transforms()) > 0
    sockets = car.get_socket_names()
    assert len(car.get_socket_world_transforms()) == len(car.get_socket_relative_transforms()) == len(sockets)
    assert all(bone.location.distance(car.get_location()) < 5.0 for bone in car.get_bone_world_transforms())


@covers("Vehicle.apply_control", "Vehicle.get_control")
def test_control(scene: Scene, car: carla.Vehicle) -> None:
    car.apply_control(
        carla.VehicleControl(throttle=0.75, steer=-0.25, brake=0.125, hand_brake=True, reverse=True)
    )
    scene.ticks(1)
    control = car.get_control()
    assert (control.throttle, control.steer, control.brake) == (0.75, -0.25, 0.125)
    assert control.hand_brake
    assert control.reverse
    car.apply_control(carla.VehicleControl(throttle=1.0))
    scene.ticks(40)
    assert speed(car) > 5.0


@covers(
    "Vehicle.apply_ackermann_control",
    "Vehicle.apply_ackermann_controller_settings",
    "Vehicle.get_ackermann_controller_settings",
)
def test_ackermann_control_reaches_its_speed(scene: Scene, car: carla.Vehicle) -> None:
    settings = carla.AckermannControllerSettings(0.2, 0.01, 0.0, 0.02, 0.001, 0.01)
    before = car.get_ackermann_controller_settings()
    car.apply_ackermann_controller_settings(settings)
    assert car.get_ackermann_controller_settings().speed_kp == pytest.approx(0.2)
    car.apply_ackermann_controller_settings(before)
    car.apply_ackermann_control(carla.VehicleAckermannControl(speed=6.0, acceleration=3.0))
    scene.ticks(120)
    assert speed(car) == pytest.approx(6.0, abs=1.0)


@covers("Vehicle.set_light_state", "Vehicle.get_light_state")
def test_lights(scene: Scene, car: carla.Vehicle) -> None:
    both = carla.VehicleLightState(carla.VehicleLightState.LowBeam | carla.VehicleLightState.LeftBlinker)
    car.set_light_state(both)
    scene.ticks(1)
    assert car.get_light_state() == both


@covers("Vehicle.open_door", "Vehicle.close_door", state="partial", note="accepted; doors are not drawn")
def test_doors(scene: Scene, car: carla.Vehicle) -> None:
    car.open_door(carla.VehicleDoor.FL)
    scene.ticks(1)
    car.close_door(carla.VehicleDoor.All)
    scene.ticks(1)
    assert car.is_alive


@covers("Vehicle.get_wheel_steer_angle", "Vehicle.set_wheel_steer_direction", note="set while physics is off")
def test_wheels_steer(scene: Scene, car: carla.Vehicle) -> None:
    car.apply_control(carla.VehicleControl(steer=0.5))
    scene.ticks(20)
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.FL_Wheel) > 5.0
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.BL_Wheel) == pytest.approx(0.0, abs=1e-6)
    car.set_simulate_physics(False)
    car.set_wheel_steer_direction(carla.VehicleWheelLocation.FR_Wheel, 10.0)
    scene.ticks(1)
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.FR_Wheel) == pytest.approx(10.0, abs=0.1)


@covers("Vehicle.set_wheel_pitch_angle", "Vehicle.get_wheel_pitch_angle", note="set while physics is off")
def test_wheels_pitch(scene: Scene, car: carla.Vehicle) -> None:
    car.set_simulate_physics(False)
    car.set_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel, 12.0)
    scene.ticks(1)
    assert car.get_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel) == pytest.approx(12.0, abs=0.1)


@covers("Vehicle.get_physics_control", "Vehicle.apply_physics_control")
def test_physics_control(scene: Scene, car: carla.Vehicle) -> None:
    control = car.get_physics_control()
    assert len(control.wheels) == 4
    assert 1000.0 < control.mass < 3000.0
    control.mass = 2.0 * control.mass
    car.apply_physics_control(control)
    scene.ticks(1)
    assert car.get_physics_control().mass == pytest.approx(control.mass)
    car.add_impulse(carla.Vector3D(control.mass, 0.0, 0.0))
    scene.ticks(1)
    assert speed(car) < 1.1


@covers("Vehicle.get_telemetry_data", "Vehicle.show_debug_telemetry")
def test_telemetry(scene: Scene, car: carla.Vehicle) -> None:
    car.show_debug_telemetry(True)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    scene.ticks(40)
    data = car.get_telemetry_data()
    assert data.speed == pytest.approx(speed(car), rel=0.05, abs=0.2)
    assert data.throttle == pytest.approx(1.0)
    assert data.engine_rpm > 500.0
    assert len(data.wheels) == 4
    assert sum(wheel.tire_load for wheel in data.wheels) > 0.0
    car.show_debug_telemetry(False)


@covers("Vehicle.get_speed_limit")
def test_speed_limit(car: carla.Vehicle) -> None:
    assert 20.0 <= car.get_speed_limit() <= 90.0


@covers("Vehicle.get_failure_state", state="partial", note="vehicles do not fail")
def test_failure_state(car: carla.Vehicle) -> None:
    assert car.get_failure_state() == carla.VehicleFailureState.NONE


@covers("Vehicle.is_at_traffic_light", "Vehicle.get_traffic_light", "Vehicle.get_traffic_light_state")
def test_traffic_light_of_a_vehicle(scene: Scene, car: carla.Vehicle) -> None:
    assert not car.is_at_traffic_light()
    assert car.get_traffic_light() is None
    light = scene.world.get_actors().filter("traffic.traffic_light")[0]
    light.set_state(carla.TrafficLightState.Red)
    stop = light.get_stop_waypoints()[0].transform
    car.set_transform(carla.Transform(stop.location + carla.Location(z=0.1), stop.rotation))
    scene.ticks(2)
    assert car.is_at_traffic_light()
    assert car.get_traffic_light().id == light.id
    assert car.get_traffic_light_state() == light.get_state()


@pytest.mark.parametrize("name", ["enable_carsim", "use_carsim_road", "enable_chrono_physics"])
@covers(
    "Vehicle.enable_carsim",
    "Vehicle.use_carsim_road",
    "Vehicle.enable_chrono_physics",
    state="refused",
    note="the vehicle keeps its own physics; CARLA's client does not wait for an answer",
)
def test_other_physics_engines_change_nothing(scene: Scene, car: carla.Vehicle, name: str) -> None:
    arguments = {
        "enable_carsim": ("file.sim",),
        "use_carsim_road": (True,),
        "enable_chrono_physics": (100, 0.01, "vehicle.json", "powertrain.json", "tire.json", ""),
    }[name]
    getattr(car, name)(*arguments)
    scene.ticks(2)
    assert car.is_alive
    assert math.isfinite(car.get_location().x)


@covers("Vehicle.restore_physx_physics")
def test_the_physics_of_the_blueprint_come_back(scene: Scene, car: carla.Vehicle) -> None:
    control = car.get_physics_control()
    mass = control.mass
    control.mass = 2.0 * mass
    car.apply_physics_control(control)
    assert car.get_physics_control().mass == pytest.approx(2.0 * mass)
    car.restore_physx_physics()
    assert car.get_physics_control().mass == pytest.approx(mass)


@covers("Vehicle.set_autopilot")
def test_autopilot_drives(scene: Scene, car: carla.Vehicle) -> None:
    manager = scene.traffic_manager()
    car.set_autopilot(True, manager.get_port())
    before = car.get_location()
    scene.ticks(120)
    assert car.get_location().distance(before) > 5.0
    car.set_autopilot(False, manager.get_port())
