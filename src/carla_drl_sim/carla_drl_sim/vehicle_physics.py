"""``carla.VehiclePhysicsControl`` from and to a vehicle model.

What is told to clients follows from the model, and what they send changes the model by how much it differs from that:
sending back what was received changes nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from carla_drl_sim.attachment import axes
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.structs import Pose, WireValue
from carla_drl_sim.world.dynamics_columns import MAX_GEARS, SHIFT_DOWN, SHIFT_UP
from carla_drl_sim.world.vehicle_model import TOP_GEAR_RESERVE
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel

# Fields of a physics control, and of a wheel.
_TORQUE_CURVE, _MAX_RPM, _FINAL_RATIO, _GEARS, _MASS, _DRAG, _CENTRE, _WHEELS = 0, 1, 9, 10, 11, 12, 13, 15
_STEERING_CURVE = 14
_FRICTION, _STEER_ANGLE, _RADIUS, _BRAKE_TORQUE, _HAND_BRAKE_TORQUE, _LATERAL_STIFFNESS, _POSITION = (
    0,
    2,
    3,
    4,
    5,
    7,
    9,
)
_FIELDS, _WHEEL_FIELDS = 17, 10
_MAX_CURVE_POINTS = 64
_CURVE_POINTS = 8
_MOST_STIFFNESS = 24.0
"""Cornering stiffness per load from which on the tyres would swing within the dynamics' substep."""
_TOP_RATIO = 0.8
"""Ratio of the top gear of a gearbox with several, an overdrive as usual."""


def _radians_per_s(rpm: float) -> float:
    return rpm * 2.0 * math.pi / 60.0


def _torque_curve(model: VehicleModel) -> list[list[float]]:
    """Engine torque (N m) over rpm: even up to where the power is full, then full power up to the limit."""
    first = model.full_power_from * model.max_rpm
    rpms = [first + (model.max_rpm - first) * k / (_CURVE_POINTS - 1) for k in range(_CURVE_POINTS)]
    points = [[rpm, model.power_w / _radians_per_s(rpm)] for rpm in rpms]
    return [[0.0, points[0][1]], *points]


def _wheels(model: VehicleModel) -> list[WireValue]:
    to_front = (1.0 - model.front_load) * model.wheelbase_m
    to_rear = model.wheelbase_m - to_front
    sides = (0.0,) if model.number_of_wheels == 2 else (-0.5, 0.5)
    axle_count = model.number_of_wheels // len(sides)
    # More than two axles: the rear ones stand close together around the rear axle of the model.
    rear = [-to_rear + 1.3 * (axle - (axle_count - 2) / 2.0) for axle in range(axle_count - 1, 0, -1)]
    brake = model.brake_deceleration_mps2 * model.mass_kg * model.wheel_radius_m / model.number_of_wheels
    hand_brake = model.hand_brake_force_n * model.wheel_radius_m / (len(sides) * (axle_count - 1))
    result: list[WireValue] = []
    for x in (to_front, *rear):
        front = x == to_front
        for side in sides:
            result.append(
                [
                    model.tyre_friction,
                    0.25,
                    model.max_steer_deg if front else 0.0,
                    model.wheel_radius_m * 100.0,
                    brake,
                    0.0 if front else hand_brake,
                    2.0,
                    model.front_cornering if front else model.rear_cornering,
                    1000.0,
                    [x, side * model.track_m, model.wheel_radius_m],
                ]
            )
    return result


def _defaults(model: VehicleModel) -> WireValue:
    speeds = model.gear_speeds_mps
    wheel_speed = _radians_per_s(model.max_rpm) * model.wheel_radius_m
    final_ratio = wheel_speed / speeds[-1] / (_TOP_RATIO if len(speeds) > 1 else 1.0)
    return [
        _torque_curve(model),
        model.max_rpm,
        1.0,
        0.15,
        2.0,
        0.35,
        True,
        0.5,
        10.0,
        final_ratio,
        [[wheel_speed / speed / final_ratio, SHIFT_DOWN, SHIFT_UP] for speed in speeds],
        model.mass_kg,
        model.drag_area_m2,
        [model.centre_of_mass_x, 0.0, model.centre_of_mass_z],
        [list(point) for point in model.steering_curve],
        _wheels(model),
        False,
    ]


def wire_control(model: VehicleModel, applied: WireValue | None, pose: Pose) -> WireValue:
    """The physics control of a vehicle at ``pose``; wheel positions are world coordinates in cm, as CARLA's are."""
    control: list[Any] = _defaults(model)
    frame = axes(np.array([pose[3:]]))[0]
    for wheel in control[_WHEELS]:
        world = np.array(wheel[_POSITION]) @ frame + np.array(pose[:3])
        wheel[_POSITION] = (world * 100.0).tolist()
    if applied is None:
        return control
    kept: list[Any] = list(applied)
    if len(kept[_WHEELS]) == len(control[_WHEELS]):
        kept[_WHEELS] = [
            [*sent[:_POSITION], now[_POSITION]]
            for sent, now in zip(kept[_WHEELS], control[_WHEELS], strict=True)
        ]
    return kept


def default_control() -> WireValue:
    """The physics control of some vehicle, for the answer about one that is gone."""
    return wire_control(next(iter(VEHICLE_MODELS.values())), None, Pose())


def _peaks(curve: list[list[float]]) -> tuple[float, float]:
    """Greatest torque (N m) and power (W) of a torque curve with straight lines between its points."""
    torque = max((point[1] for point in curve), default=0.0)
    power = 0.0
    for (low, low_torque), (high, high_torque) in pairwise(curve):
        for k in range(17):
            share = k / 16.0
            rpm = low + share * (high - low)
            power = max(power, _radians_per_s(rpm) * (low_torque + share * (high_torque - low_torque)))
    return torque, power


@dataclass(frozen=True)
class PhysicsChange:
    """What a client sent as physics control, and the part of it that the dynamics follow.

    Forces are at the road, in N; ``gear_speeds_mps`` are the speeds at the rev limit.
    """

    wire: WireValue
    peak_torque: float
    peak_power: float
    max_rpm: float
    gear_speeds_mps: tuple[float, ...]
    mass_kg: float
    drag_area_m2: float
    centre_of_mass_x: float
    centre_of_mass_z: float
    wheel_radius_m: float
    max_steer_deg: float
    tyre_friction: float
    front_cornering: float
    rear_cornering: float
    brake_force_n: float
    hand_brake_force_n: float
    steering_curve: tuple[tuple[float, float], ...]

    def applied_to(self, model: VehicleModel) -> VehicleModel:
        """The model with the changed parameters."""
        torque, power = _peaks(_torque_curve(model))
        moved = (self.centre_of_mass_x - model.centre_of_mass_x) / model.wheelbase_m
        return replace(
            model,
            power_w=model.power_w * self.peak_power / power if power > 0.0 else 0.0,
            tractive_force_n=model.tractive_force_n * self.peak_torque / torque if torque > 0.0 else 0.0,
            max_rpm=self.max_rpm,
            gear_speeds_mps=self.gear_speeds_mps,
            top_speed_mps=max(self.gear_speeds_mps) / TOP_GEAR_RESERVE,
            mass_kg=self.mass_kg,
            drag_area_m2=self.drag_area_m2,
            centre_of_mass_x=self.centre_of_mass_x,
            centre_of_mass_z=self.centre_of_mass_z,
            front_load=min(max(model.front_load + moved, 0.1), 0.9),
            wheel_radius_m=self.wheel_radius_m,
            max_steer_deg=self.max_steer_deg,
            tyre_friction=self.tyre_friction,
            front_cornering=self.front_cornering,
            rear_cornering=self.rear_cornering,
            brake_deceleration_mps2=self.brake_force_n / self.mass_kg,
            hand_brake_force_n=self.hand_brake_force_n,
            steering_curve=self.steering_curve,
        )


def _ranged(value: Any, low: float, high: float, name: str) -> float:
    result = arguments.number(value)
    if not low <= result <= high:
        raise ArgumentError(f"{name} must be {low:g} to {high:g}, got {result:g}")
    return result


def _curve(value: Any, width: int, name: str) -> list[list[float]]:
    if type(value) is not list or len(value) > _MAX_CURVE_POINTS:
        raise ArgumentError(f"{name} must be an array of at most {_MAX_CURVE_POINTS} points")
    return [
        [arguments.number(coordinate) for coordinate in arguments.array(point, width, f"a point of {name}")]
        for point in value
    ]


def _wheel(value: Any) -> list[Any]:
    fields = arguments.array(value, _WHEEL_FIELDS, "a wheel")
    for field in fields[:_POSITION]:
        arguments.number(field)
    arguments.vector(fields[_POSITION])
    return fields


def _torque(value: Any) -> tuple[float, float]:
    curve = _curve(value, 2, "torque_curve")
    for rpm, torque in curve:
        _ranged(rpm, 0.0, 1e5, "rpm of torque_curve")
        _ranged(torque, 0.0, 1e6, "torque of torque_curve")
    if any(high[0] < low[0] for low, high in pairwise(curve)):
        raise ArgumentError("torque_curve must have its points in order of rpm")
    return _peaks(curve)


def _gear_speeds(fields: list[Any], max_rpm: float, radius_m: float) -> tuple[float, ...]:
    gears = _curve(fields[_GEARS], 3, "forward_gears")
    if not 1 <= len(gears) <= MAX_GEARS:
        raise ArgumentError(f"forward_gears must be 1 to {MAX_GEARS} gears, got {len(gears)}")
    final_ratio = _ranged(fields[_FINAL_RATIO], 0.01, 1000.0, "final_ratio")
    ratios = [_ranged(gear[0], 0.01, 1000.0, "ratio of a forward gear") for gear in gears]
    return tuple(sorted(_radians_per_s(max_rpm) * radius_m / (ratio * final_ratio) for ratio in ratios))


def _steering_curve(value: Any) -> tuple[tuple[float, float], ...]:
    """Points of speed and share in order; without any the whole angle is left."""
    curve = _curve(value, 2, "steering_curve")
    for _, share in curve:
        _ranged(share, 0.0, 1.0, "share of steering_curve")
    if any(high[0] <= low[0] for low, high in pairwise(curve)):
        raise ArgumentError("steering_curve must have its points in order of speed")
    return tuple((speed, share) for speed, share in curve) or ((0.0, 1.0),)


def _mean(wheels: list[list[Any]], field: int, low: float, high: float, name: str) -> float:
    return sum(_ranged(wheel[field], low, high, name) for wheel in wheels) / len(wheels)


def physics_control(value: Any) -> PhysicsChange:
    """Accept a physics control of two to eight wheels; values that the dynamics follow must be plausible."""
    fields = arguments.array(value, _FIELDS, "a physics control")
    arguments.boolean(fields[6])
    arguments.boolean(fields[16])
    for index in (1, 2, 3, 4, 5, 7, 8, 9):
        arguments.number(fields[index])
    if type(fields[_WHEELS]) is not list or not 2 <= len(fields[_WHEELS]) <= 8:
        raise ArgumentError("wheels must be an array of 2 to 8 wheels")
    wheels = [_wheel(wheel) for wheel in fields[_WHEELS]]
    front = wheels[:1] if len(wheels) == 2 else wheels[:2]
    rear = wheels[len(front) :]
    radius_m = _mean(wheels, _RADIUS, 1.0, 500.0, "wheel radius (cm)") / 100.0
    brakes = sum(_ranged(wheel[_BRAKE_TORQUE], 0.0, 1e6, "max_brake_torque") for wheel in wheels)
    hand_brakes = sum(
        _ranged(wheel[_HAND_BRAKE_TORQUE], 0.0, 1e6, "max_handbrake_torque") for wheel in wheels
    )
    torque, power = _torque(fields[_TORQUE_CURVE])
    max_rpm = _ranged(fields[_MAX_RPM], 10.0, 1e5, "max_rpm")
    centre = arguments.vector(fields[_CENTRE])
    return PhysicsChange(
        wire=fields,
        peak_torque=torque,
        peak_power=power,
        max_rpm=max_rpm,
        gear_speeds_mps=_gear_speeds(fields, max_rpm, radius_m),
        mass_kg=_ranged(fields[_MASS], 10.0, 1e5, "mass"),
        drag_area_m2=_ranged(fields[_DRAG], 0.0, 100.0, "drag_coefficient"),
        centre_of_mass_x=_ranged(centre[0], -5.0, 5.0, "center_of_mass.x"),
        centre_of_mass_z=_ranged(centre[2], -5.0, 5.0, "center_of_mass.z"),
        wheel_radius_m=radius_m,
        max_steer_deg=_ranged(max(wheel[_STEER_ANGLE] for wheel in wheels), 0.0, 89.0, "max_steer_angle"),
        tyre_friction=_mean(wheels, _FRICTION, 0.01, 20.0, "tire_friction"),
        front_cornering=min(_mean(front, _LATERAL_STIFFNESS, 0.0, 1e6, "lat_stiff_value"), _MOST_STIFFNESS),
        rear_cornering=min(_mean(rear, _LATERAL_STIFFNESS, 0.0, 1e6, "lat_stiff_value"), _MOST_STIFFNESS),
        brake_force_n=brakes / radius_m,
        hand_brake_force_n=hand_brakes / radius_m,
        steering_curve=_steering_curve(fields[_STEERING_CURVE]),
    )
