"""What the safety layer assumes about the vehicle, what it allows, and what its findings cost."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from drl_agent_node.config import StrictConfig

MODES: Final = ("off", "monitor", "shield")


class SafetyConfig(StrictConfig):
    """Fields under `safety` in an algorithm's YAML file.

    The vehicle's defaults are those of CARLA's Tesla Model 3 on a dry road, on the cautious side.
    """

    curvature_per_steer: float = Field(
        default=0.204, gt=0, le=1, description="curvature of the path at steer 1, 1/m"
    )
    throttle_mps2: float = Field(default=7.5, gt=0, le=20, description="acceleration at action 1, m/s^2")
    brake_mps2: float = Field(
        default=6.0, gt=0, le=15, description="deceleration that is relied on at action -1, m/s^2"
    )
    reaction_s: float = Field(
        default=0.2,
        ge=0,
        le=2,
        description="how long the proposed action is in force before braking can begin, s",
    )
    length_m: float = Field(default=4.8, gt=0, le=30, description="length of the ego, m")
    width_m: float = Field(default=2.0, gt=0, le=5, description="width of the ego, m")
    gap_m: float = Field(default=0.5, ge=0, le=5, description="least distance to other road users, m")
    corridor_m: float = Field(
        default=1.4,
        gt=0,
        le=10,
        description="how far the ego's centre may be from the route's centre line, m",
    )
    lane_horizon_s: float = Field(
        default=0.5, gt=0, le=5, description="how far ahead the ego must stay in the corridor, s"
    )
    overspeed: float = Field(
        default=0.3, ge=0, le=1, description="share of the limit that speed may exceed it by"
    )
    lateral_acceleration_mps2: float = Field(
        default=9.0, gt=0, le=15, description="lateral acceleration in bends ahead, m/s^2"
    )
    bend_braking_mps2: float = Field(
        default=4.5, gt=0, le=15, description="deceleration with which bends are approached, m/s^2"
    )
    speed_response_s: float = Field(
        default=0.5, gt=0, le=5, description="time in which a speed that is too high is to be lost, s"
    )
    stop_line_margin_m: float = Field(
        default=1.0,
        ge=0,
        le=10,
        description="distance to keep from the stop line of a red or yellow light or of a stop sign, m",
    )
    penalty: float = Field(
        default=0.0, ge=0, description="taken off the reward for every step with an intervention"
    )
    intervention_cost: float = Field(default=1.0, ge=0, description="cost of a step with an intervention")
    collision_cost: float = Field(default=10.0, ge=0, description="cost of a collision that ends an episode")
    off_road_cost: float = Field(
        default=10.0, ge=0, description="cost of leaving the road or the route, where that ends an episode"
    )
    red_light_cost: float = Field(default=10.0, ge=0, description="cost of passing a red light")
