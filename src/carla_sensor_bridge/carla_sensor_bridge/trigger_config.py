"""The part of a scenario file that puts scripted hazards on the egos' routes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from carla_sensor_bridge.config_model import ConfigModel

Range = tuple[float, float]

_VEHICLE = r"^vehicle\.[\w-]+\.[\w-]+$"


class _Trigger(ConfigModel):
    """What every trigger has. Ranges are [least, most]; a value is drawn from them for every episode."""

    probability: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the episodes of every ego that have the hazard."
    )

    @model_validator(mode="after")
    def _ordered(self) -> _Trigger:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(
                    f"{name} is [{value[0]:g}, {value[1]:g}]: the first must not be above the second"
                )
            if isinstance(value, tuple) and value[0] < 0.0 and name != "offset_m":
                raise ValueError(f"{name} is [{value[0]:g}, {value[1]:g}]: must not be negative")
        return self


class LeadVehicleBrake(_Trigger):
    """A vehicle ahead in the ego's lane brakes to a stand, and drives on after a while."""

    kind: Literal["lead_vehicle_brake"]
    blueprint: str = Field(default="vehicle.audi.tt", pattern=_VEHICLE, description="CARLA blueprint id.")
    distance_m: Range = Field(default=(12.0, 20.0), description="Gap to the ego that it keeps, m.")
    after_m: Range = Field(default=(20.0, 60.0), description="How far it drives before it brakes, m.")
    speed_mps: Range = Field(default=(7.0, 10.0), description="Highest speed, m/s.")
    deceleration_mps2: Range = Field(default=(4.0, 8.0), description="How hard it brakes, m/s^2.")
    stand_s: Range = Field(default=(2.0, 5.0), description="How long it stands, s.")

    @field_validator("deceleration_mps2")
    @classmethod
    def _stops(cls, value: Range) -> Range:
        if value[0] < 0.5:
            raise ValueError("must be 0.5 m/s^2 or more, else it does not stop")
        return value


class CutIn(_Trigger):
    """A vehicle ahead in the lane beside changes into the ego's lane and slows down.

    Episodes whose route has no lane of the same direction beside it there do without.
    """

    kind: Literal["cut_in"]
    blueprint: str = Field(default="vehicle.audi.tt", pattern=_VEHICLE, description="CARLA blueprint id.")
    side: Literal["left", "right", "any"] = Field(default="any", description="Where it comes from.")
    distance_m: Range = Field(default=(6.0, 12.0), description="Gap to the ego that it keeps before, m.")
    after_m: Range = Field(default=(20.0, 60.0), description="How far it drives before it cuts in, m.")
    approach_mps: Range = Field(default=(8.0, 12.0), description="Highest speed before, m/s.")
    speed_mps: Range = Field(default=(3.0, 6.0), description="Speed afterwards, m/s.")
    lane_change_s: Range = Field(default=(1.5, 3.0), description="How long it takes to change lanes, s.")


class Jaywalker(_Trigger):
    """A walker steps onto the road before the ego and crosses its lane."""

    kind: Literal["jaywalker"]
    blueprint: str = Field(
        default="walker.pedestrian.0001", pattern=r"^walker\.[\w.-]+$", description="CARLA blueprint id."
    )
    side: Literal["left", "right", "any"] = Field(default="any", description="Where it comes from.")
    at_m: Range = Field(default=(30.0, 100.0), description="Where on the route, m from its start.")
    distance_m: Range = Field(default=(10.0, 25.0), description="It starts when the ego is that close, m.")
    speed_mps: Range = Field(default=(1.0, 2.5), description="How fast it walks, m/s.")


class RedLight(_Trigger):
    """The first traffic light of the route turns red when the ego comes near."""

    kind: Literal["red_light"]
    distance_m: Range = Field(default=(15.0, 35.0), description="How close to its line the ego is, m.")
    red_s: Range = Field(default=(4.0, 10.0), description="How long the junction's lights stay like that, s.")


class StaticObstacle(_Trigger):
    """Something stands in the ego's lane."""

    kind: Literal["static_obstacle"]
    blueprint: str = Field(
        default="vehicle.audi.tt",
        pattern=r"^(vehicle|static\.prop)\.[\w.-]+$",
        description="CARLA blueprint id of a vehicle or a prop.",
    )
    at_m: Range = Field(default=(30.0, 100.0), description="Where on the route, m from its start.")
    offset_m: Range = Field(
        default=(-0.5, 0.5), description="Offset from the lane's middle, m, left positive."
    )


Trigger = Annotated[
    LeadVehicleBrake | CutIn | Jaywalker | RedLight | StaticObstacle, Field(discriminator="kind")
]
