"""What a policy is shown of a fleet's frames: the state, images of several kinds, or some of these together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env.fleet_frame import FleetFrame, FleetLayout
from drl_agent_node.errors import ConfigurationError

if TYPE_CHECKING:
    # Who drives with an exported policy has no gymnasium.
    import gymnasium as gym

STATE: Final = "state"
RASTER: Final = "raster"
CAMERA: Final = "camera"
LIDAR: Final = "lidar"
IMAGES: Final = (RASTER, CAMERA, LIDAR)
"""What is uint8 [C, H, W]."""
OBSERVED_TEXT: Final = "parts of state, raster, camera, lidar with + between them, or both (state+raster)"

Observations = NDArray[np.float32] | dict[str, NDArray[Any]]
"""The state alone, float32 [E, S]; or a dictionary with some of IMAGES, uint8 [E, C, H, W], and maybe STATE."""


def parse_observed(text: str) -> tuple[str, ...]:
    """Return the parts of an observation, the state first, of a text like `state+camera`.

    Raises:
        ConfigurationError: when it is none.
    """
    parts = (STATE, RASTER) if text == "both" else tuple(text.split("+"))
    if set(parts) - {STATE, *IMAGES} or len(set(parts)) != len(parts):
        raise ConfigurationError(
            f"parameter 'observation' = '{text}' cannot be used; allowed: {OBSERVED_TEXT}"
        )
    return tuple(part for part in (STATE, *IMAGES) if part in parts)


def is_channel(name: str) -> bool:
    """Whether a name among `ObservationView.names` is that of an image's channel."""
    return " " in name


def state_of(observations: Observations) -> NDArray[np.float32]:
    """Return the state among observations, float32 [..., S]; S is 0 where it is not observed."""
    if not isinstance(observations, dict):
        return observations
    if STATE in observations:
        return observations[STATE]
    image = next(iter(observations.values()))
    return np.zeros((*image.shape[:-3], 0), np.float32)


def row_of(observations: Observations, row: int) -> Observations:
    """Return the observations of one row of a batch."""
    if isinstance(observations, dict):
        return {name: values[row] for name, values in observations.items()}
    result: NDArray[np.float32] = observations[row]
    return result


def names_of(observed: Sequence[str], layout: FleetLayout, frame: FleetFrame) -> tuple[str, ...]:
    """Return what the columns and channels are, for checkpoints and exported policies.

    Raises:
        ConfigurationError: when images are to be observed and there are none.
    """
    names = layout.state_names if STATE in observed else ()
    for part in observed:
        if part != STATE:
            channels, place = _describe(part, layout, frame)
            names += tuple(f"{part} {channel} {place}" for channel in channels)
    return names


def observed_by(names: Sequence[str]) -> tuple[str, ...]:
    """Return the parts that are observed where the columns and channels are called `names`."""
    images = {name.partition(" ")[0] for name in names if is_channel(name)}
    state = any(not is_channel(name) for name in names)
    return (*((STATE,) if state else ()), *(image for image in IMAGES if image in images))


def observe(observed: Sequence[str], frames: Sequence[FleetFrame]) -> Observations:
    """Return the observations of some groups' frames, one after the other."""
    if tuple(observed) == (STATE,):
        return np.concatenate([frame.state for frame in frames])
    parts: dict[str, NDArray[Any]] = {}
    for part in observed:
        if part != STATE:
            images = [_image(part, frame) for frame in frames]
            # A megabyte that is worth not copying, but PyTorch takes over only what may be written.
            alone = len(images) == 1 and images[0].flags.writeable
            parts[part] = images[0] if alone else np.concatenate(images)
    if STATE in observed:
        parts[STATE] = np.concatenate([frame.state for frame in frames])
    return parts


def _image(part: str, frame: FleetFrame) -> NDArray[np.uint8]:
    return frame.raster if part == RASTER else frame.images[part]


def _describe(part: str, layout: FleetLayout, frame: FleetFrame) -> tuple[tuple[str, ...], str]:
    """Return the names of an image's channels, and what it was made from."""
    if part == RASTER and layout.raster_names:
        height, width = frame.raster.shape[2:]
        at = f"{layout.raster_resolution_m:g} m, {layout.raster_ahead_m:g} m ahead"
        return layout.raster_names, f"{height}x{width} at {at}"
    for image in layout.images:
        if image.name == part:
            return image.channel_names, image.place
    of_whom = "its gateway and bridge" if part == RASTER else "its gateway"
    raise ConfigurationError(
        f"parameter observation has '{part}', but the fleet of simulator {layout.simulator} has none; "
        f"set parameter {part} of {of_whom} to true"
    )


class ObservationView:
    """Cuts observations out of frames.

    Attributes:
        names: what the columns and channels are, for checkpoints.
        single_space: of one agent: a Box for the state alone, else a Dict.
    """

    def __init__(self, observed: tuple[str, ...], layout: FleetLayout, frame: FleetFrame) -> None:
        """Prepare for frames of that layout; `observed` as `parse_observed` returns it.

        Raises:
            ConfigurationError: when images are to be observed and there are none.
        """
        import gymnasium as gym

        self._observed = observed
        self.names = names_of(observed, layout, frame)
        state = gym.spaces.Box(-np.inf, np.inf, (len(layout.state_names),), np.float32)
        self.single_space: gym.Space[Any] = state
        if observed == (STATE,):
            return
        spaces: dict[str, gym.Space[Any]] = {
            part: gym.spaces.Box(0, 255, _image(part, frame).shape[1:], np.uint8)
            for part in observed
            if part != STATE
        }
        if STATE in observed:
            spaces[STATE] = state
        self.single_space = gym.spaces.Dict(spaces)

    def of(self, frames: Sequence[FleetFrame]) -> Observations:
        """Return the observations of some groups' frames, one after the other."""
        return observe(self._observed, frames)
