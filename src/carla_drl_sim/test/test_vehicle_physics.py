"""Physics controls: what is told to clients, what is taken from them, what is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.vehicle_physics import physics_control, wire_control
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.dynamics_parameters import parameter_row
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel

MODELS = list(VEHICLE_MODELS.values())
IDS = [model.id for model in MODELS]
MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]
TORQUE_CURVE, MAX_RPM, FINAL_RATIO, GEARS, MASS, CENTRE, WHEELS = 0, 1, 9, 10, 11, 13, 15


def told(model: VehicleModel) -> list[Any]:
    """The physics control as it comes over the wire, in single precision."""

    def single(value: Any) -> Any:
        if isinstance(value, list):
            return [single(item) for item in value]
        return float(np.float32(value)) if isinstance(value, float) else value

    result: list[Any] = single(wire_control(model, None, Pose()))
    return result


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_what_was_told_changes_nothing(model: VehicleModel) -> None:
    changed = physics_control(told(model)).applied_to(model)
    assert parameter_row(changed) == pytest.approx(parameter_row(model), rel=1e-5)
    again = physics_control(told(changed)).applied_to(changed)
    assert parameter_row(again) == pytest.approx(parameter_row(model), rel=1e-5)


def test_changes_scale_what_they_are_about() -> None:
    sent = told(MODEL_3)
    sent[TORQUE_CURVE] = [[rpm, 0.5 * torque] for rpm, torque in sent[TORQUE_CURVE]]
    sent[MASS] *= 2.0
    sent[CENTRE] = [0.2875, 0.0, 0.7]
    for wheel in sent[WHEELS]:
        wheel[0] *= 0.5
        wheel[4] *= 3.0
    changed = physics_control(sent).applied_to(MODEL_3)
    assert changed.power_w == pytest.approx(0.5 * MODEL_3.power_w, rel=1e-5)
    assert changed.tractive_force_n == pytest.approx(0.5 * MODEL_3.tractive_force_n, rel=1e-5)
    assert changed.mass_kg == pytest.approx(2.0 * MODEL_3.mass_kg)
    assert changed.tyre_friction == pytest.approx(0.5 * MODEL_3.tyre_friction)
    assert changed.brake_deceleration_mps2 == pytest.approx(1.5 * MODEL_3.brake_deceleration_mps2, rel=1e-5)
    assert changed.front_load == pytest.approx(MODEL_3.front_load + 0.1)
    assert changed.centre_of_mass_z == pytest.approx(0.7)
    repeated = physics_control(sent).applied_to(changed)
    assert parameter_row(repeated) == pytest.approx(parameter_row(changed), rel=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({MASS: 0.0}, "mass must be"),
        ({MAX_RPM: 0.0}, "max_rpm must be"),
        ({GEARS: []}, "forward_gears must be 1 to 10 gears, got 0"),
        ({GEARS: [[0.0, 0.5, 0.6]]}, "ratio of a forward gear must be"),
        ({FINAL_RATIO: -1.0}, "final_ratio must be"),
        ({TORQUE_CURVE: [[100.0, 1.0], [0.0, 1.0]]}, "order of rpm"),
        ({TORQUE_CURVE: [[0.0, -1.0]]}, "torque of torque_curve must be"),
        ({14: [[0.0, 2.0]]}, "share of steering_curve must be"),
        ({CENTRE: [0.0, 0.0, 50.0]}, "center_of_mass.z must be"),
        ({WHEELS: []}, "2 to 8 wheels"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[int, Any], message: str) -> None:
    sent = told(MODEL_3)
    for field, value in change.items():
        sent[field] = value
    with pytest.raises(ArgumentError, match=message):
        physics_control(sent)


def test_any_physics_that_is_taken_keeps_the_state_finite() -> None:
    rng = np.random.default_rng(3)
    vehicles = VehicleDynamics()
    for i in range(200):
        model = MODELS[i % len(MODELS)]
        sent = copy.deepcopy(told(model))
        sent[TORQUE_CURVE] = [[k * 1000.0, 10.0 ** rng.uniform(-2.0, 6.0)] for k in range(4)]
        sent[MAX_RPM] = 10.0 ** rng.uniform(1.0, 5.0)
        sent[FINAL_RATIO] = 10.0 ** rng.uniform(-2.0, 3.0)
        sent[MASS] = 10.0 ** rng.uniform(1.0, 5.0)
        sent[12] = rng.uniform(0.0, 100.0)
        sent[CENTRE] = rng.uniform(-5.0, 5.0, 3).tolist()
        for wheel in sent[WHEELS]:
            wheel[0] = 10.0 ** rng.uniform(-2.0, 1.3)
            wheel[2] = rng.uniform(0.0, 89.0)
            wheel[3] = 10.0 ** rng.uniform(0.0, 2.6)
            wheel[4] = 10.0 ** rng.uniform(0.0, 6.0)
            wheel[7] = 10.0 ** rng.uniform(-1.0, 6.0)
        slot = vehicles.add(physics_control(sent).applied_to(model), 50.0 * i, 0.0, 0.0, 0.0)
        vehicles.velocity[slot, :2] = rng.uniform(-20.0, 20.0, 2)
    for _ in range(60):
        vehicles.control[:200, :3] = rng.uniform((0.0, -1.0, -2.0), (1.0, 1.0, 1.0), (200, 3))
        vehicles.step(0.05)
        for name in ("position", "velocity", "angular_velocity", "rotation", "axles"):
            assert np.isfinite(getattr(vehicles, name)).all(), name
    assert np.abs(vehicles.angular_velocity).max() < 2000.0
