"""``carla.VehiclePhysicsControl`` from and to a vehicle model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from carla_drl_sim.attachment import axes
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.structs import Pose, WireValue
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel

_MASS, _DRAG, _WHEELS = 11, 12, 15
_FRICTION, _STEER_ANGLE, _BRAKE_TORQUE, _POSITION = 0, 2, 4, 9
_FIELDS, _WHEEL_FIELDS = 17, 10
_MAX_CURVE_POINTS = 64
_GRAVITY = 9.81
_MAX_RPM = 6000.0


def _brake_torque(model: VehicleModel) -> float:
    """Brake torque of one wheel (N m) that gives the model's deceleration."""
    force = model.brake_deceleration_mps2 * model.mass_kg
    return force * model.wheel_radius_m / model.number_of_wheels


def _wheels(model: VehicleModel) -> list[WireValue]:
    to_front = (1.0 - model.front_load) * model.wheelbase_m
    places = [
        (to_front, -0.5),
        (to_front, 0.5),
        (to_front - model.wheelbase_m, -0.5),
        (to_front - model.wheelbase_m, 0.5),
    ]
    hand_brake = 0.45 * model.tyre_friction * model.mass_kg * _GRAVITY * model.wheel_radius_m
    result: list[WireValue] = []
    for x, side in places:
        front = x > 0.0
        result.append(
            [
                model.tyre_friction,
                0.25,
                model.max_steer_deg if front else 0.0,
                model.wheel_radius_m * 100.0,
                _brake_torque(model),
                0.0 if front else hand_brake * (1.0 - model.front_load),
                2.0,
                model.front_cornering if front else model.rear_cornering,
                1000.0,
                [x, side * model.track_m, model.wheel_radius_m],
            ]
        )
    return result


def _defaults(model: VehicleModel) -> WireValue:
    torque = model.tractive_force_n * model.wheel_radius_m
    top_wheel_rpm = model.top_speed_mps / model.wheel_radius_m * 60.0 / (2.0 * math.pi)
    ratio = _MAX_RPM / top_wheel_rpm
    return [
        [[0.0, torque / ratio], [_MAX_RPM, model.power_w / (_MAX_RPM * 2.0 * math.pi / 60.0)]],
        _MAX_RPM,
        1.0,
        0.15,
        2.0,
        0.35,
        True,
        0.5,
        10.0,
        ratio,
        [[1.0, 0.5, 0.65]],
        model.mass_kg,
        model.drag_area_m2,
        [0.0, 0.0, model.centre_of_mass_z],
        [[0.0, 1.0], [120.0, 1.0]],
        _wheels(model),
        False,
    ]


def wire_control(model: VehicleModel, applied: WireValue | None, pose: Pose) -> WireValue:
    """The physics control of a vehicle at ``pose``; wheel positions are world coordinates in cm, as CARLA's are."""
    if applied is not None:
        return applied
    control = _defaults(model)
    frame = axes(np.array([pose[3:]]))[0]
    for wheel in control[_WHEELS]:  # type: ignore[attr-defined]
        world = np.array(wheel[_POSITION]) @ frame + np.array(pose[:3])
        wheel[_POSITION] = (world * 100.0).tolist()
    return control


def default_control() -> WireValue:
    """The physics control of some vehicle, for the answer about one that is gone."""
    return wire_control(next(iter(VEHICLE_MODELS.values())), None, Pose())


@dataclass(frozen=True)
class PhysicsChange:
    """What a client sent as physics control, and the part of it that the dynamics follow."""

    wire: WireValue
    mass_kg: float
    drag_area_m2: float
    max_steer_deg: float
    tyre_friction: float
    brake_force_n: float

    def applied_to(self, model: VehicleModel) -> VehicleModel:
        """The model with the changed parameters."""
        return replace(
            model,
            mass_kg=self.mass_kg,
            drag_area_m2=self.drag_area_m2,
            max_steer_deg=self.max_steer_deg,
            tyre_friction=self.tyre_friction,
            brake_deceleration_mps2=self.brake_force_n / self.mass_kg,
        )


def _ranged(value: Any, low: float, high: float, name: str) -> float:
    result = arguments.number(value)
    if not low <= result <= high:
        raise ArgumentError(f"{name} must be {low:g} to {high:g}, got {result:g}")
    return result


def _curve(value: Any, width: int, name: str) -> None:
    if type(value) is not list or len(value) > _MAX_CURVE_POINTS:
        raise ArgumentError(f"{name} must be an array of at most {_MAX_CURVE_POINTS} points")
    for point in value:
        for coordinate in arguments.array(point, width, f"a point of {name}"):
            arguments.number(coordinate)


def _wheel(value: Any) -> list[Any]:
    fields = arguments.array(value, _WHEEL_FIELDS, "a wheel")
    for field in fields[:_POSITION]:
        arguments.number(field)
    arguments.vector(fields[_POSITION])
    return fields


def physics_control(value: Any) -> PhysicsChange:
    """Accept a physics control of two to eight wheels; values that the dynamics follow must be plausible."""
    fields = arguments.array(value, _FIELDS, "a physics control")
    _curve(fields[0], 2, "torque_curve")
    _curve(fields[10], 3, "forward_gears")
    _curve(fields[14], 2, "steering_curve")
    arguments.boolean(fields[6])
    arguments.boolean(fields[16])
    for index in (1, 2, 3, 4, 5, 7, 8, 9):
        arguments.number(fields[index])
    arguments.vector(fields[13])
    if type(fields[_WHEELS]) is not list or not 2 <= len(fields[_WHEELS]) <= 8:
        raise ArgumentError("wheels must be an array of 2 to 8 wheels")
    wheels = [_wheel(wheel) for wheel in fields[_WHEELS]]
    radius_m = _ranged(wheels[0][3], 1.0, 500.0, "wheel radius (cm)") / 100.0
    brakes = sum(_ranged(wheel[_BRAKE_TORQUE], 0.0, 1e6, "max_brake_torque") for wheel in wheels)
    return PhysicsChange(
        wire=fields,
        mass_kg=_ranged(fields[_MASS], 10.0, 1e5, "mass"),
        drag_area_m2=_ranged(fields[_DRAG], 0.0, 100.0, "drag_coefficient"),
        max_steer_deg=_ranged(max(wheel[_STEER_ANGLE] for wheel in wheels), 0.0, 89.0, "max_steer_angle"),
        tyre_friction=_ranged(wheels[0][_FRICTION], 0.01, 20.0, "tire_friction"),
        brake_force_n=brakes / radius_m,
    )
