"""Every vehicle model, driven through the public API, against the published figures of the car it depicts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from carla_drl_sim.world.dynamics import VehicleDynamics, warm_up
from carla_drl_sim.world.vehicles import TYRE_HALF_WIDTH_M, VEHICLE_MODELS, VehicleModel

MODELS = list(VEHICLE_MODELS.values())
IDS = [model.id for model in MODELS]
THROTTLE, STEER, BRAKE = range(3)
TOLERANCE = 0.15


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    warm_up()


def one(model: VehicleModel, yaw_deg: float = 0.0, speed: float = 0.0) -> VehicleDynamics:
    vehicles = VehicleDynamics()
    vehicles.add(model, 0.0, 0.0, 0.0, yaw_deg)
    yaw = math.radians(yaw_deg)
    vehicles.set_target_velocity(0, (speed * math.cos(yaw), speed * math.sin(yaw), 0.0))
    return vehicles


def speed_of(vehicles: VehicleDynamics) -> float:
    return float(np.hypot(*vehicles.velocity[0, :2]))


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_sprint_is_the_published_one(model: VehicleModel) -> None:
    vehicles = one(model, yaw_deg=35.0)
    vehicles.control[0, THROTTLE] = 1.0
    time = 0.0
    while speed_of(vehicles) < model.published.sprint_kmh / 3.6 and time < 60.0:
        vehicles.step(0.01)
        time += 0.01
    assert time == pytest.approx(model.published.sprint_s, rel=TOLERANCE)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_braking_distance_is_the_published_one(model: VehicleModel) -> None:
    vehicles = one(model, yaw_deg=-120.0, speed=model.published.braking_kmh / 3.6)
    vehicles.control[0, BRAKE] = 1.0
    for _ in range(1000):
        vehicles.step(0.01)
    assert speed_of(vehicles) == 0.0
    distance = float(np.hypot(*vehicles.position[0, :2]))
    assert distance == pytest.approx(model.published.braking_m, rel=TOLERANCE)


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_turning_circle_is_the_published_one(model: VehicleModel) -> None:
    vehicles = one(model)
    vehicles.control[0, STEER] = 1.0
    to_front = (1.0 - model.front_load) * model.wheelbase_m
    outer_front_wheel = []
    for k in range(5000):
        vehicles.control[0, THROTTLE] = 0.2 if speed_of(vehicles) < 1.5 else 0.0
        vehicles.step(0.01)
        if k > 500:
            yaw = math.radians(vehicles.rotation[0, 1])
            forward, left = (
                np.array((math.cos(yaw), math.sin(yaw))),
                np.array((math.sin(yaw), -math.cos(yaw))),
            )
            outer_front_wheel.append(
                vehicles.position[0, :2] + to_front * forward + 0.5 * model.track_m * left
            )
    span = np.ptp(np.array(outer_front_wheel), axis=0)
    assert span[0] == pytest.approx(span[1], rel=0.01)
    diameter = float(span.mean()) + 2.0 * TYRE_HALF_WIDTH_M
    assert diameter == pytest.approx(model.published.turning_circle_m, rel=TOLERANCE)
