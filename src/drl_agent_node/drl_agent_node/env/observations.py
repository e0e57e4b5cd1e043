"""What a policy is shown of a fleet's frames: the state, the rasters, or both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env.fleet_frame import FleetFrame, FleetLayout
from drl_agent_node.errors import ConfigurationError

if TYPE_CHECKING:
    # Who drives with an exported policy has no gymnasium.
    import gymnasium as gym

Observed = Literal["state", "raster", "both"]
OBSERVED: Final[tuple[Observed, ...]] = ("state", "raster", "both")

CHANNEL_PREFIX: Final = "raster "
"""What names of a raster's channels begin with, which names of the state's columns do not."""
STATE: Final = "state"
RASTER: Final = "raster"

Observations = NDArray[np.float32] | dict[str, NDArray[Any]]
"""The state alone, float32 [E, S]; or a dictionary with RASTER, uint8 [E, C, H, W], and maybe STATE."""


def state_of(observations: Observations) -> NDArray[np.float32]:
    """Return the state among observations, float32 [..., S]; S is 0 where it is not observed."""
    if not isinstance(observations, dict):
        return observations
    if STATE in observations:
        return observations[STATE]
    return np.zeros((*observations[RASTER].shape[:-3], 0), np.float32)


def row_of(observations: Observations, row: int) -> Observations:
    """Return the observations of one row of a batch."""
    if isinstance(observations, dict):
        return {name: values[row] for name, values in observations.items()}
    result: NDArray[np.float32] = observations[row]
    return result


def names_of(observed: Observed, layout: FleetLayout, frame: FleetFrame) -> tuple[str, ...]:
    """Return what the columns and channels are, for checkpoints and exported policies.

    Raises:
        ConfigurationError: when rasters are to be observed and there are none.
    """
    names = layout.state_names if observed != RASTER else ()
    if observed == STATE:
        return names
    if not layout.raster_names:
        raise ConfigurationError(
            f"parameter observation is '{observed}', but the fleet of simulator {layout.simulator} has no rasters; "
            "set parameter raster of its gateway and bridge to true"
        )
    height, width = frame.raster.shape[2:]
    place = f"{height}x{width} at {layout.raster_resolution_m:g} m, {layout.raster_ahead_m:g} m ahead"
    return names + tuple(f"{CHANNEL_PREFIX}{name} {place}" for name in layout.raster_names)


def observed_by(names: Sequence[str]) -> Observed:
    """Return what is observed where the columns and channels are called `names`."""
    channels = sum(name.startswith(CHANNEL_PREFIX) for name in names)
    if not channels:
        return "state"
    return "raster" if channels == len(names) else "both"


def observe(observed: Observed, frames: Sequence[FleetFrame]) -> Observations:
    """Return the observations of some groups' frames, one after the other."""
    if observed == STATE:
        return np.concatenate([frame.state for frame in frames])
    rasters = [frame.raster for frame in frames]
    # A megabyte that is worth not copying; the message it is in is nobody else's.
    parts: dict[str, NDArray[Any]] = {RASTER: rasters[0] if len(rasters) == 1 else np.concatenate(rasters)}
    if observed != RASTER:
        parts[STATE] = np.concatenate([frame.state for frame in frames])
    return parts


class ObservationView:
    """Cuts observations out of frames.

    Attributes:
        names: what the columns and channels are, for checkpoints.
        single_space: of one agent: a Box for the state alone, else a Dict.
    """

    def __init__(self, observed: Observed, layout: FleetLayout, frame: FleetFrame) -> None:
        """Prepare for frames of that layout.

        Raises:
            ConfigurationError: when rasters are to be observed and there are none.
        """
        import gymnasium as gym

        self._observed = observed
        self.names = names_of(observed, layout, frame)
        state = gym.spaces.Box(-np.inf, np.inf, (len(layout.state_names),), np.float32)
        self.single_space: gym.Space[Any] = state
        if observed == STATE:
            return
        shape = frame.raster.shape[1:]
        spaces: dict[str, gym.Space[Any]] = {RASTER: gym.spaces.Box(0, 255, shape, np.uint8)}
        if observed != RASTER:
            spaces[STATE] = state
        self.single_space = gym.spaces.Dict(spaces)

    def of(self, frames: Sequence[FleetFrame]) -> Observations:
        """Return the observations of some groups' frames, one after the other."""
        return observe(self._observed, frames)
