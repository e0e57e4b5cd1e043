"""The table of vehicle models."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel, steer_for_turning_circle

MODELS = list(VEHICLE_MODELS.values())


CATALOGUE = """
audi.a2 audi.etron audi.tt bh.crossbike bmw.grandtourer carlamotors.carlacola carlamotors.european_hgv
carlamotors.firetruck chevrolet.impala citroen.c3 diamondback.century dodge.charger_2020 dodge.charger_police
dodge.charger_police_2020 ford.ambulance ford.crown ford.mustang gazelle.omafiets harley-davidson.low_rider
jeep.wrangler_rubicon kawasaki.ninja lincoln.mkz_2017 lincoln.mkz_2020 mercedes.coupe mercedes.coupe_2020
mercedes.sprinter micro.microlino mini.cooper_s mini.cooper_s_2021 mitsubishi.fusorosa nissan.micra nissan.patrol
nissan.patrol_2021 seat.leon tesla.cybertruck tesla.model3 toyota.prius vespa.zx125 volkswagen.t2 volkswagen.t2_2021
yamaha.yzf
"""
"""The vehicle catalogue of CARLA 0.9.16's documentation."""

SIZES = {
    "car": ((1.0, 3.0), (0.7, 1.3), (0.6, 1.2), (500.0, 3500.0)),
    "van": ((2.0, 3.3), (0.8, 1.3), (0.9, 1.4), (1000.0, 5000.0)),
    "truck": ((2.5, 4.5), (1.0, 1.6), (1.0, 2.1), (2500.0, 16000.0)),
    "bus": ((3.0, 6.0), (1.0, 2.0), (1.2, 2.3), (4000.0, 15000.0)),
    "motorcycle": ((0.8, 1.3), (0.3, 0.5), (0.7, 0.9), (150.0, 450.0)),
    "bicycle": ((0.7, 1.0), (0.2, 0.5), (0.7, 0.9), (70.0, 110.0)),
}
"""Bounds of the half sizes and of the mass (kg) by base type."""


def test_table_is_the_catalogue_in_order() -> None:
    assert sorted(VEHICLE_MODELS) == sorted(f"vehicle.{name}" for name in CATALOGUE.split())
    assert list(VEHICLE_MODELS) == sorted(VEHICLE_MODELS)
    assert all(key == model.id for key, model in VEHICLE_MODELS.items())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_model_is_plausible(model: VehicleModel) -> None:
    assert re.fullmatch(r"vehicle\.[a-z-]+\.[a-z0-9_]+", model.id)
    two_wheels = model.base_type in ("motorcycle", "bicycle")
    assert model.number_of_wheels == (2 if two_wheels else 6 if model.id.endswith("hgv") else 4)
    assert bool(model.driver_ids) == two_wheels
    assert model.special_type in ("", "electric", "emergency", "taxi")
    assert model.generation in (1, 2)
    for size, (low, high) in zip((*model.extent, model.mass_kg), SIZES[model.base_type], strict=True):
        assert low < size < high
    x, y, z = model.extent
    assert model.box_centre_z == z
    assert model.wheelbase_m < 2.0 * x
    assert model.track_m < 2.0 * y
    assert 0.4 < model.front_load < 0.7
    assert 0.0 <= model.front_drive <= 1.0
    assert 20.0 < model.max_steer_deg < 45.0
    assert model.brake_deceleration_mps2 < 9.81 * model.tyre_friction
    assert list(model.gear_speeds_mps) == sorted(model.gear_speeds_mps)
    assert model.gear_speeds_mps[-1] == pytest.approx(1.08 * model.top_speed_mps)
    assert all(re.fullmatch(r"\d{1,3},\d{1,3},\d{1,3}", color) for color in model.colors)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_published_figure_has_a_source(model: VehicleModel) -> None:
    published = model.published
    for source in (published.sprint_source, published.braking_source, published.turning_circle_source):
        assert len(source) > 15
    assert 3.0 < published.sprint_s < 40.0
    assert 3.0 < (published.braking_kmh / 3.6) ** 2 / (2.0 * published.braking_m) < 11.5
    assert 3.0 < published.turning_circle_m < 19.0


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
