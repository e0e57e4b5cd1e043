"""The part of a scenario file that says which routes the egos are given."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from carla_sensor_bridge.config_model import ConfigModel

MAX_PREVIEW_POINTS: Final = 64

PreviewDistance = Annotated[float, Field(ge=0.0, le=200.0)]


class RouteWaypoint(ConfigModel):
    """A place that a route leads through: x and y, or a place on a lane."""

    x: float | None = Field(default=None, description='x in frame "map" (REP-103), m.')
    y: float | None = Field(default=None, description='y in frame "map" (REP-103: minus CARLA\'s y), m.')
    road: int | None = Field(default=None, description="OpenDRIVE road.")
    lane: int | None = Field(default=None, description="OpenDRIVE lane of it; negative: along the road.")
    s: float | None = Field(default=None, ge=0.0, description="Place along the road's reference line, m.")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> RouteWaypoint:
        given = {name for name in ("x", "y", "road", "lane", "s") if getattr(self, name) is not None}
        if given not in ({"x", "y"}, {"road", "lane", "s"}):
            raise ValueError(f"has {', '.join(sorted(given)) or 'nothing'}; allowed: x, y or road, lane, s")
        return self


class ExplicitRoute(ConfigModel):
    """A route by its waypoints; between them it takes the shortest way."""

    id: str = Field(pattern=r"^[\w.-]{1,64}$", description="Name of the route.")
    waypoints: tuple[RouteWaypoint, ...] = Field(min_length=2, description="From the start to the end.")
    weather: str | None = Field(
        default=None, description="Weather preset while ego 0 drives the route; none: the scenario's."
    )


class Routes(ConfigModel):
    """The routes that the egos are given, one per episode: random ones, or those of a list."""

    min_length_m: float = Field(default=120.0, ge=5.0, le=100_000.0, description="Shortest random route, m.")
    max_length_m: float = Field(default=200.0, ge=5.0, le=100_000.0, description="Longest random route, m.")
    length_m: float | None = Field(
        default=None,
        ge=5.0,
        le=100_000.0,
        description="Length of every random route, m, instead of those two.",
    )
    explicit: tuple[ExplicitRoute, ...] = Field(
        default=(), description="Routes to choose from instead of random ones."
    )
    files: tuple[str, ...] = Field(
        default=(),
        description="CARLA Leaderboard route files (XML) with more of them, relative to the scenario file; "
        "routes of other towns are left out.",
    )
    ids: tuple[str, ...] = Field(default=(), description="Take only these of the listed routes; none: all.")
    order: Literal["random", "sequence"] = Field(
        default="random",
        description="How a listed route is chosen: drawn, or episode e of agent i drives number e x num_agents + i.",
    )
    snap_m: float = Field(
        default=3.0,
        gt=0.0,
        le=50.0,
        description="Farthest that a waypoint may lie from a driving lane's middle, m.",
    )
    start_clearance_m: float = Field(
        default=15.0, ge=5.0, le=200.0, description="Least distance of a start from every other ego, m."
    )
    preview_m: tuple[PreviewDistance, ...] = Field(
        default=(2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0),
        min_length=1,
        max_length=MAX_PREVIEW_POINTS,
        description="Distances ahead of the ego, along the route, of the points that are observed, m; increasing.",
    )

    @property
    def listed(self) -> bool:
        """Whether routes come from a list."""
        return bool(self.explicit or self.files)

    @field_validator("preview_m")
    @classmethod
    def _increasing(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in itertools.pairwise(value)):
            raise ValueError("must increase from point to point")
        return value

    @field_validator("files")
    @classmethod
    def _beside_the_scenario(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        folder = (info.context or {}).get("folder", Path())
        return tuple(str(Path(folder, name)) for name in value)

    @model_validator(mode="before")
    @classmethod
    def _one_length(cls, values: Any) -> Any:
        if not isinstance(values, dict) or values.get("length_m") is None:
            return values
        length = values["length_m"]
        for name in ("min_length_m", "max_length_m"):
            if values.get(name, length) != length:
                raise ValueError(f"{name} ({values[name]}) must not be given beside length_m ({length})")
        return values | {"min_length_m": length, "max_length_m": length}

    @model_validator(mode="after")
    def _sound(self) -> Routes:
        if self.max_length_m < self.min_length_m:
            raise ValueError(
                f"max_length_m ({self.max_length_m:g}) must be at least min_length_m ({self.min_length_m:g})"
            )
        names = [route.id for route in self.explicit]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"explicit has more than one route with id {', '.join(repeated)}")
        if self.ids and not self.listed:
            raise ValueError("ids chooses from listed routes, but there is neither explicit nor files")
        return self
