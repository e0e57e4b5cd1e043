"""Fleet messages as arrays: parsing, checks, and what a new frame means for the lock-step. No ROS in here.

Messages are taken by attribute, so anything with the fields of `FleetObservation` or `ObservationLayout` will do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns
from drl_agent_node.errors import FleetError


@dataclass(frozen=True, slots=True)
class FleetFrame:
    """One `FleetObservation`. The arrays are views of the message's memory.

    Attributes:
        session, frame: what a `FleetAction` must answer with.
        stamp: simulation time, s.
        step_s: simulated time per frame, s.
        state: float32 [N, S].
        metrics: float32 [N, NUM_METRICS].
        status: uint8 [N], bits of `FleetObservation.STATUS_*`.
        raster: uint8 [N, C, H, W]; C is 0 without rasters.
        images: those of the egos' sensors by name, each uint8 [N, C, H, W].
    """

    session: int
    frame: int
    stamp: float
    step_s: float
    state: NDArray[np.float32]
    metrics: NDArray[np.float32]
    status: NDArray[np.uint8]
    raster: NDArray[np.uint8]
    images: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageLayout:
    """One `ObservationImageLayout`: what the channels of a sensor's image are called, and what it was made from."""

    name: str
    channel_names: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class FleetLayout:
    """One `ObservationLayout`: what the columns and the images' channels are called, and where rasters lie."""

    simulator: str
    session: int
    num_agents: int
    step_s: float
    state_names: tuple[str, ...]
    metric_names: tuple[str, ...]
    action_names: tuple[str, ...]
    raster_names: tuple[str, ...]
    raster_resolution_m: float
    raster_ahead_m: float
    images: tuple[ImageLayout, ...] = ()


def parse_layout(message: Any, topic: str) -> FleetLayout:
    """Check an `ObservationLayout` message.

    Raises:
        FleetError: naming the topic, the field, and what was expected.
    """
    layout = FleetLayout(
        simulator=str(message.simulator),
        session=int(message.session),
        num_agents=int(message.num_agents),
        step_s=float(message.step_s),
        state_names=tuple(message.state_names),
        metric_names=tuple(message.metric_names),
        action_names=tuple(message.action_names),
        raster_names=tuple(message.raster_names),
        raster_resolution_m=float(message.raster_resolution_m),
        raster_ahead_m=float(message.raster_ahead_m),
        images=tuple(
            ImageLayout(str(image.name), tuple(image.channel_names), str(image.place))
            for image in message.images
        ),
    )
    if layout.num_agents < 1:
        raise FleetError(f"{topic}: num_agents is {layout.num_agents}; at least 1 is needed")
    if not layout.state_names:
        raise FleetError(f"{topic}: state_names is empty; at least one column is needed")
    for name, names, expected in (
        ("metric_names", layout.metric_names, columns.NUM_METRICS),
        ("action_names", layout.action_names, columns.NUM_ACTIONS),
    ):
        if len(names) != expected:
            raise FleetError(f"{topic}: {name} has {len(names)} names; {expected} are needed")
    return layout


def parse_observation(message: Any, topic: str) -> FleetFrame:
    """Check a `FleetObservation` message and view its arrays, without a copy.

    Raises:
        FleetError: when an array's size does not match num_agents and state_dim, or a state is not finite.
    """
    agents, state_dim = message.num_agents, message.state_dim
    if agents < 1 or state_dim < 1:
        raise FleetError(f"{topic}: num_agents {agents} and state_dim {state_dim} must be at least 1")
    state: NDArray[np.float32] = np.asarray(message.state, np.float32)
    metrics: NDArray[np.float32] = np.asarray(message.metrics, np.float32)
    status: NDArray[np.uint8] = np.asarray(message.status, np.uint8)
    if (
        state.size != agents * state_dim
        or metrics.size != agents * columns.NUM_METRICS
        or status.size != agents
    ):
        raise FleetError(
            f"{topic}: frame {message.frame} has {state.size} state, {metrics.size} metrics and {status.size} "
            f"status values; {agents} agents with {state_dim} state columns need {agents * state_dim}, "
            f"{agents * columns.NUM_METRICS} and {agents}"
        )
    raster: NDArray[np.uint8] = np.asarray(message.raster, np.uint8)
    raster_shape = (agents, message.raster_channels, message.raster_height, message.raster_width)
    if raster.size != math.prod(raster_shape):
        raise FleetError(
            f"{topic}: frame {message.frame} has {raster.size} raster values; agents, channels, height and width "
            f"{raster_shape} need {math.prod(raster_shape)}"
        )
    # A sum is finite when all its parts are, and costs one pass; overflow would need values past 1e38.
    finite = math.isfinite(np.add.reduce(state, axis=None)) and math.isfinite(
        np.add.reduce(metrics, axis=None)
    )
    state = state.reshape(agents, state_dim)
    metrics = metrics.reshape(agents, columns.NUM_METRICS)
    if not finite:
        raise FleetError(f"{topic}: frame {message.frame} {_first_not_finite(state, metrics)}")
    stamp = message.header.stamp
    return FleetFrame(
        message.session,
        message.frame,
        stamp.sec + 1e-9 * stamp.nanosec,
        message.step_s,
        state,
        metrics,
        status,
        raster.reshape(raster_shape),
        {image.name: _parse_image(image, message, topic) for image in message.images},
    )


def _parse_image(image: Any, message: Any, topic: str) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = np.asarray(image.data, np.uint8)
    shape = (message.num_agents, image.channels, image.height, image.width)
    if pixels.size != math.prod(shape):
        raise FleetError(
            f"{topic}: frame {message.frame} has {pixels.size} values of image '{image.name}'; agents, channels, "
            f"height and width {shape} need {math.prod(shape)}"
        )
    return pixels.reshape(shape)


def _first_not_finite(state: NDArray[np.float32], metrics: NDArray[np.float32]) -> str:
    for name, array in (("state", state), ("metrics", metrics)):
        bad = np.argwhere(~np.isfinite(array))
        if bad.size:
            agent, column = bad[0]
            return f"holds {array[agent, column]} in {name} column {column} of agent {agent}"
    return "holds values whose sum is not finite"


class Arrival(Enum):
    """What a frame is to an agent that waits for the one after the last it answered."""

    NEXT = "next"
    ANSWERED = "answered"
    STALE = "stale"
    NEW_WORLD = "new world"


def classify(frame: FleetFrame, last: FleetFrame | None) -> Arrival:
    """Say what `frame` is, `last` being the one answered last.

    Within a session frames count up. A frame from before the last one is late and means nothing any more. Frames
    that were skipped are accepted as long as no episode began or ended unseen; otherwise, as with a new session, the
    episodes that were running are lost.
    """
    if last is None or frame.session != last.session:
        return Arrival.NEW_WORLD
    if frame.frame == last.frame:
        return Arrival.ANSWERED
    if frame.frame < last.frame:
        return Arrival.STALE
    if frame.frame > last.frame + 1:
        ended = (last.status & columns.DONE) != 0
        began = (frame.status & columns.RESET) != 0
        if bool((ended | began).any()):
            return Arrival.NEW_WORLD
    return Arrival.NEXT
