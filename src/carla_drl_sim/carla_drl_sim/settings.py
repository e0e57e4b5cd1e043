"""Episode settings as the client reads and writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.structs import WireValue

MIN_STEP_S = 1e-4
MAX_STEP_S = 10.0

_fixed_step = arguments.optional(arguments.number)


@dataclass(frozen=True)
class EpisodeSettings:
    """``carla.WorldSettings``. Only the first and third are acted on; the rest is kept for the client to read."""

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: int = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True

    def wire(self) -> WireValue:
        """The settings as the client receives them."""
        fixed = self.fixed_delta_seconds
        return [
            self.synchronous_mode,
            self.no_rendering_mode,
            [False] if fixed is None else [True, fixed],
            self.substepping,
            self.max_substep_delta_time,
            self.max_substeps,
            self.max_culling_distance,
            self.deterministic_ragdolls,
            self.tile_stream_distance,
            self.actor_active_distance,
            self.spectator_as_ego,
        ]


def settings(value: Any) -> EpisodeSettings:
    """Accept episode settings; a fixed step must be 1e-4 s to 10 s (0 means none)."""
    fields = arguments.array(value, 11, "episode settings")
    fixed: float | None = _fixed_step(fields[2]) or None
    if fixed is not None and not MIN_STEP_S <= fixed <= MAX_STEP_S:
        raise ArgumentError(f"fixed_delta_seconds must be {MIN_STEP_S:g} to {MAX_STEP_S:g}, got {fixed!r}")
    return EpisodeSettings(
        arguments.boolean(fields[0]),
        arguments.boolean(fields[1]),
        fixed,
        arguments.boolean(fields[3]),
        arguments.number(fields[4]),
        arguments.integer(fields[5]),
        arguments.number(fields[6]),
        arguments.boolean(fields[7]),
        arguments.number(fields[8]),
        arguments.number(fields[9]),
        arguments.boolean(fields[10]),
    )
