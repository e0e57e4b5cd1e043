"""The sensors of a scenario: which, on which egos, where, how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from carla_sensor_bridge.config_model import ConfigModel

RESERVED_NAMES: Final = ("base_link", "odom", "odometry")
"""Names that the egos' own frames and topics have."""

# How far a period may be off a whole number of frames.
_PERIOD_TOLERANCE: Final = 0.01

Seat = Literal["all"] | tuple[int, ...]


class Mounting(ConfigModel):
    """Where a sensor is on its ego: REP-103 axes (x forward, y left, z up) from the ego's origin on the ground."""

    x_m: float = Field(default=0.0, ge=-50.0, le=50.0, description="Forward, m.")
    y_m: float = Field(default=0.0, ge=-50.0, le=50.0, description="To the left, m.")
    z_m: float = Field(default=0.0, ge=-50.0, le=50.0, description="Up, m.")
    roll_deg: float = Field(
        default=0.0, ge=-180.0, le=180.0, description="Degrees; positive: right side down."
    )
    pitch_deg: float = Field(
        default=0.0, ge=-180.0, le=180.0, description="Degrees; positive: looks downwards."
    )
    yaw_deg: float = Field(default=0.0, ge=-180.0, le=180.0, description="Degrees; positive: turned left.")


class Sensor(ConfigModel):
    """One sensor on some egos. What its type can do is checked when the simulator is there."""

    name: str = Field(
        pattern=r"^[A-Za-z](?:_?[A-Za-z0-9]){0,30}$",
        description="Part of topic and frame names: /carla/<role>/<name>/..., <role>/<name>.",
    )
    type: str = Field(
        pattern=r"^sensor(\.\w+){2,3}$", description="CARLA blueprint id, e.g. sensor.camera.rgb."
    )
    agents: Seat = Field(default="all", description="Egos that carry it: all, or a list of agents.")
    transform: Mounting = Field(default=Mounting(), description="Where it is on the ego.")
    rate_hz: float | None = Field(
        default=None,
        gt=0.0,
        le=100.0,
        description="Measurements per simulated second, a whole number of frames apart; none: every frame.",
    )
    attributes: dict[str, bool | int | float | str] = Field(
        default={}, description="Attributes of the blueprint, e.g. image_size_x: 800."
    )

    @field_validator("name")
    @classmethod
    def _free_name(cls, value: str) -> str:
        if value in RESERVED_NAMES:
            raise ValueError(f"any but {', '.join(RESERVED_NAMES)}")
        return value

    @field_validator("agents")
    @classmethod
    def _sound_agents(cls, value: Seat) -> Seat:
        if value != "all" and (not value or min(value) < 0 or len(set(value)) != len(value)):
            raise ValueError("all, or a list of different agents, each 0 or more")
        return value

    @model_validator(mode="after")
    def _own_attributes(self) -> Sensor:
        for name, instead in (("sensor_tick", "rate_hz"), ("role_name", "name")):
            if name in self.attributes:
                raise ValueError(f"attributes.{name} is set from {instead}: set that")
        return self

    def on(self, agent: int) -> bool:
        """Whether an agent carries this sensor."""
        return self.agents == "all" or agent in self.agents

    def period(self, step_s: float) -> int:
        """Return how many frames of `step_s` lie between two measurements.

        Raises:
            ValueError: when `rate_hz` is not a whole number of frames.
        """
        if self.rate_hz is None:
            return 1
        exact = 1.0 / (self.rate_hz * step_s)
        frames = max(round(exact), 1)
        if abs(exact - frames) > _PERIOD_TOLERANCE * frames:
            near = sorted({max(int(exact), 1), int(exact) + 1})
            allowed = " or ".join(f"{1.0 / (count * step_s):g}" for count in near)
            raise ValueError(
                f"sensor {self.name}: rate_hz is {self.rate_hz:g} with step_s {step_s:g}; allowed nearby: {allowed}"
            )
        return frames


def check_sensors(sensors: Sequence[Sensor], step_s: float) -> None:
    """Check what no sensor can tell alone.

    Raises:
        ValueError: when two have one name, or a rate does not fit the frames.
    """
    names = [sensor.name for sensor in sensors]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two sensors have the name {name}; allowed: different names")
    for sensor in sensors:
        sensor.period(step_s)
