"""The table of vehicle models."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel, steer_for_turning_circle

MODELS = list(VEHICLE_MODELS.values())


def test_table_is_keyed_by_id_in_order() -> None:
    assert len(MODELS) >= 12
    assert list(VEHICLE_MODELS) == sorted(VEHICLE_MODELS)
    assert all(key == model.id for key, model in VEHICLE_MODELS.items())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_model_is_plausible(model: VehicleModel) -> None:
    assert re.fullmatch(r"vehicle\.[a-z]+\.[a-z0-9_]+", model.id)
    assert model.number_of_wheels == 4
    assert model.base_type in {"car", "van", "truck"}
    assert model.generation in (1, 2)
    x, y, z = model.extent
    assert 1.5 < x < 3.0
    assert 0.7 < y < 1.3
    assert 0.6 < z < 1.2
    assert model.box_centre_z == z
    assert model.wheelbase_m < 2.0 * x
    assert model.track_m < 2.0 * y
    assert 800.0 < model.mass_kg < 3500.0
    assert 0.4 < model.front_load < 0.7
    assert 0.0 <= model.front_drive <= 1.0
    assert 25.0 < model.max_steer_deg < 45.0
    assert model.brake_deceleration_mps2 < 9.81 * model.tyre_friction
    assert model.colors
    assert all(re.fullmatch(r"\d{1,3},\d{1,3},\d{1,3}", color) for color in model.colors)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_published_figure_has_a_source(model: VehicleModel) -> None:
    published = model.published
    for source in (
        published.zero_to_100_source,
        published.braking_source,
        published.turning_circle_source,
    ):
        assert len(source) > 15
    assert 3.0 < published.zero_to_100_s < 40.0
    assert 30.0 < published.braking_100_0_m < 65.0
    assert 8.5 < published.turning_circle_m < 14.0


def test_models_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MODELS[0].mass_kg = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        VEHICLE_MODELS["vehicle.new.car"] = MODELS[0]  # type: ignore[index]


def test_steer_for_turning_circle_is_the_ackermann_geometry() -> None:
    steer = math.radians(steer_for_turning_circle(11.0, 2.7, 1.5))
    rear = 2.7 / math.tan(steer)
    assert 2.0 * (math.hypot(rear + 0.75, 2.7) + 0.1) == pytest.approx(11.0)
    with pytest.raises(ValueError, match="turning circle"):
        steer_for_turning_circle(5.0, 2.7, 1.5)
