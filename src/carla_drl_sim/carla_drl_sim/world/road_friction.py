"""How much of the dry road's grip the weather leaves."""

from __future__ import annotations

_DRY = 0.85
WET = 0.65 / _DRY
HEAVY_RAIN = 0.55 / _DRY
PUDDLES = 0.50 / _DRY
"""Friction of new tyres at 50 km/h over that on a dry road: wet (water 0.2 mm deep), heavy rain (1 mm), puddles (2 mm).

Source: Bosch Automotive Handbook, "Coefficients of static friction for pneumatic tyres on various surfaces":
0.85 dry, 0.65 wet, 0.55 in heavy rain, 0.5 in puddles.
"""


def road_friction(wetness: float, precipitation: float, precipitation_deposits: float) -> float:
    """Factor on the dry road's friction; each figure of the weather is 0 to 100, and the worst of them counts.

    CARLA's presets set either of the three for a wet road: `wetness` for a film of water, `precipitation` for rain
    that falls, `precipitation_deposits` for puddles.
    """
    film, rain, puddles = (
        min(max(figure, 0.0), 100.0) / 100.0 for figure in (wetness, precipitation, precipitation_deposits)
    )
    return min(1.0 - (1.0 - WET) * film, 1.0 - (1.0 - HEAVY_RAIN) * rain, 1.0 - (1.0 - PUDDLES) * puddles)
