"""Vehicle models by CARLA's blueprint ids."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from carla_drl_sim.world.vehicle_model import (
    TYRE_HALF_WIDTH_M,
    Published,
    VehicleModel,
    steer_for_turning_circle,
)
from carla_drl_sim.world.vehicle_table import MODELS

__all__ = ["TYRE_HALF_WIDTH_M", "VEHICLE_MODELS", "Published", "VehicleModel", "steer_for_turning_circle"]

VEHICLE_MODELS: Mapping[str, VehicleModel] = MappingProxyType({model.id: model for model in MODELS})
"""All vehicle models by blueprint id, in alphabetical order."""
