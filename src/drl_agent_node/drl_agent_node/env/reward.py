"""The reward: progress along the route, scaled down by how badly it was driven, minus a price for infractions.

The idea is CaRL's (Jaeger, Dauner, Beisswenger, Gerstenecker, Chitta, Geiger: "CaRL: Learning Scalable Planning
Policies with Simple Rewards", 2025): one objective, route completion; soft penalties as factors in [0, 1] that
multiply it; infractions end the episode. Factors and numbers here are our own.

A pure function of the `metrics` and `status` arrays of `FleetObservation`, so recorded runs can be rewarded again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from drl_agent_node.config import StrictConfig
from drl_agent_node.env import columns

# Shorter routes would make a metre worth absurdly much.
MIN_ROUTE_LENGTH_M: Final = 10.0
MIN_SPEED_LIMIT_MPS: Final = 1.0

_RAMPS: Final = (
    columns.LANE_OFFSET_M,
    columns.HEADING_ERROR_RAD,
    columns.ACCELERATION_MPS2,
    columns.LATERAL_ACCELERATION_MPS2,
    columns.JERK_MPS3,
    columns.SPEED_MPS,
)
_SPEED: Final = _RAMPS.index(columns.SPEED_MPS)


class RewardConfig(StrictConfig):
    """Weights of the reward.

    Each soft penalty is a factor that is 1 up to `<name>_free`, falls in a straight line, and stays at
    `<name>_floor` from `<name>_worst` on.
    """

    route_reward: float = Field(
        default=100.0, gt=0, description="sum of rewards over a whole route that was driven without fault"
    )
    overspeed_free: float = Field(
        default=0.02, ge=0, description="share of the limit that speed may exceed it by"
    )
    overspeed_worst: float = Field(
        default=0.3, gt=0, description="share of the limit at which the factor is lowest"
    )
    overspeed_floor: float = Field(default=0.0, ge=0, le=1, description="lowest factor for speeding")
    lane_offset_free: float = Field(default=0.4, ge=0, description="m from the centre line")
    lane_offset_worst: float = Field(default=2.5, gt=0, description="m from the centre line")
    lane_offset_floor: float = Field(
        default=0.1, ge=0, le=1, description="lowest factor for driving off the centre"
    )
    heading_error_free: float = Field(default=0.2, ge=0, description="rad from the route's direction")
    heading_error_worst: float = Field(default=1.5, gt=0, description="rad from the route's direction")
    heading_error_floor: float = Field(
        default=0.1, ge=0, le=1, description="lowest factor for pointing elsewhere"
    )
    acceleration_free: float = Field(default=5.0, ge=0, description="m/s^2 along x, either way")
    acceleration_worst: float = Field(default=12.0, gt=0, description="m/s^2 along x")
    acceleration_floor: float = Field(
        default=0.8, ge=0, le=1, description="lowest factor for harsh speeding up or braking"
    )
    lateral_acceleration_free: float = Field(default=5.0, ge=0, description="m/s^2 along y, either way")
    lateral_acceleration_worst: float = Field(default=10.0, gt=0, description="m/s^2 along y")
    lateral_acceleration_floor: float = Field(
        default=0.5, ge=0, le=1, description="lowest factor for harsh cornering"
    )
    jerk_free: float = Field(default=40.0, ge=0, description="m/s^3")
    jerk_worst: float = Field(default=150.0, gt=0, description="m/s^3")
    jerk_floor: float = Field(default=0.8, ge=0, le=1, description="lowest factor for jerky driving")
    success_bonus: float = Field(default=0.0, ge=0, description="added when the route's end is reached")
    collision_penalty: float = Field(
        default=20.0, ge=0, description="taken off when the episode ends in a collision"
    )
    off_road_penalty: float = Field(default=10.0, ge=0, description="taken off when it ends off the road")
    deviation_penalty: float = Field(
        default=10.0, ge=0, description="taken off when it ends too far from the route"
    )
    blocked_penalty: float = Field(default=10.0, ge=0, description="taken off when it ends standing still")
    red_light_penalty: float = Field(
        default=0.0,
        ge=0,
        description="taken off for every red light that is run, also when it ends the episode",
    )
    stop_sign_penalty: float = Field(
        default=0.0, ge=0, description="taken off for every stop sign that is passed without a stop"
    )

    @model_validator(mode="after")
    def _ordered(self) -> RewardConfig:
        for name in (
            "overspeed",
            "lane_offset",
            "heading_error",
            "acceleration",
            "lateral_acceleration",
            "jerk",
        ):
            free, worst = getattr(self, f"{name}_free"), getattr(self, f"{name}_worst")
            if not free < worst:
                raise ValueError(f"{name}_free ({free}) must be less than {name}_worst ({worst})")
        return self


class RewardFunction:
    """The reward for one configuration, its constants laid out as arrays once."""

    def __init__(self, config: RewardConfig) -> None:
        names = (
            "lane_offset",
            "heading_error",
            "acceleration",
            "lateral_acceleration",
            "jerk",
            "overspeed",
        )
        free = np.array([getattr(config, f"{name}_free") for name in names], np.float32)
        worst = np.array([getattr(config, f"{name}_worst") for name in names], np.float32)
        floor = np.array([getattr(config, f"{name}_floor") for name in names], np.float32)
        self._route_reward: Final = np.array(config.route_reward, np.float32)
        self._free = free
        self._slope = np.float32(1.0) / (worst - free) * (1.0 - floor)
        self._depth = 1.0 - floor
        self._ends = np.zeros(len(columns.END_NAMES), np.float32)
        self._ends[columns.END_ROUTE_DONE] = config.success_bonus
        self._ends[columns.END_COLLISION] = -config.collision_penalty
        self._ends[columns.END_OFF_ROAD] = -config.off_road_penalty
        self._ends[columns.END_ROUTE_DEVIATION] = -config.deviation_penalty
        self._ends[columns.END_BLOCKED] = -config.blocked_penalty
        self._rules = [
            (column, np.float32(penalty))
            for column, penalty in (
                (columns.RED_LIGHT, config.red_light_penalty),
                (columns.STOP_SIGN, config.stop_sign_penalty),
            )
            if penalty > 0.0
        ]

    def factors(self, metrics: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the product of the soft penalties, float32 [N] in [0, 1], for `metrics` [N, NUM_METRICS]."""
        limit = np.maximum(metrics[:, columns.SPEED_LIMIT_MPS], MIN_SPEED_LIMIT_MPS)
        amounts = np.abs(metrics[:, _RAMP_COLUMNS])
        amounts[:, _SPEED] = amounts[:, _SPEED] / limit - 1.0
        amounts -= self._free
        amounts *= self._slope
        np.maximum(amounts, 0.0, out=amounts)
        np.minimum(amounts, self._depth, out=amounts)
        product: NDArray[np.float32] = np.multiply.reduce(np.float32(1.0) - amounts, axis=1)
        return product

    def __call__(self, metrics: NDArray[np.float32], status: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Reward the step that led to `metrics` [N, NUM_METRICS] and `status` [N]; returns float32 [N].

        Progress is worth `route_reward` per route, whatever its length, so the undiscounted sum of a faultless
        episode is `route_reward` and returns read as per cent of the route. Factors apply to progress made; ground
        that is lost counts in full, else a bad heading would make reversing cheap. Running red lights and stop signs
        is free by default. The first observation of an episode earns nothing: the action before it was ignored.
        """
        length: NDArray[np.float32] = np.maximum(metrics[:, columns.ROUTE_LENGTH_M], MIN_ROUTE_LENGTH_M)
        result = metrics[:, columns.PROGRESS_M] * (self._route_reward / length)
        np.multiply(result, self.factors(metrics), out=result, where=result > 0.0)
        result += self._ends[metrics[:, columns.END_REASON].astype(np.intp)]
        for column, penalty in self._rules:
            result -= penalty * metrics[:, column]
        result[(status & columns.RESET) != 0] = 0.0
        return result


_function = lru_cache(maxsize=16)(RewardFunction)
_RAMP_COLUMNS: Final = np.array(_RAMPS)


def reward(
    metrics: NDArray[np.float32], status: NDArray[np.uint8], config: RewardConfig
) -> NDArray[np.float32]:
    """Reward a step with `config`, float32 [N]; see `RewardFunction`."""
    return _function(config)(metrics, status)
