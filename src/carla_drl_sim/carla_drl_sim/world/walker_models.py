"""Pedestrians by CARLA's blueprint ids: who they are, how tall, how fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class WalkerModel:
    """A pedestrian.

    Attributes:
        id: blueprint id.
        age, gender, generation: as in CARLA's blueprint library.
        can_use_wheelchair: whether the attribute use_wheelchair may be set.
        speeds_mps: recommended speeds: standing, walking, running.
        radius, half_height: of the upright capsule that stands for the body, m.
        mass_kg: mass.
    """

    id: str
    age: str
    gender: str
    generation: int
    can_use_wheelchair: bool
    speeds_mps: tuple[float, float, float]
    radius: float
    half_height: float
    mass_kg: float


_FEMALE = {
    1,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    15,
    19,
    20,
    21,
    22,
    23,
    31,
    32,
    35,
    36,
    37,
    40,
    41,
    42,
    43,
    44,
    48,
    49,
    50,
}
_CHILDREN = {9, 10, 11, 12, 13, 14, 48, 49}
_TEENAGERS = {50, 51}
_WITHOUT_WHEELCHAIR = {30, 32, 42, 43, 44} | _CHILDREN | _TEENAGERS
_LAST, _LAST_OF_FIRST_GENERATION, _LAST_OF_SECOND_GENERATION = 51, 14, 49

# Heights and masses are means of the age groups (WHO growth reference; adults as CARLA's capsules, 1.86 m).
_BODIES = {
    "adult": ((0.0, 1.7, 4.0), 0.1877, 0.93, 75.0),
    "teenager": ((0.0, 1.1, 2.0), 0.1877, 0.80, 52.0),
    "child": ((0.0, 1.1, 2.0), 0.1600, 0.60, 25.0),
}


def _model(number: int) -> WalkerModel:
    age = "child" if number in _CHILDREN else "teenager" if number in _TEENAGERS else "adult"
    speeds, radius, half_height, mass = _BODIES[age]
    generation = 1 + (number > _LAST_OF_FIRST_GENERATION) + (number > _LAST_OF_SECOND_GENERATION)
    return WalkerModel(
        f"walker.pedestrian.{number:04}",
        age,
        "female" if number in _FEMALE else "male",
        generation,
        number not in _WITHOUT_WHEELCHAIR,
        speeds,
        radius,
        half_height,
        mass,
    )


WALKER_MODELS: Mapping[str, WalkerModel] = MappingProxyType(
    {model.id: model for model in map(_model, range(1, _LAST + 1))}
)
"""All pedestrians by blueprint id (CARLA's pedestrian catalogue, 0.9.16)."""
