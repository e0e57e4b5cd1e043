"""One lock-step group's conversation: which frame is current, what was answered, when to say it again. No ROS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env.fleet_frame import (
    Arrival,
    FleetFrame,
    FleetLayout,
    classify,
    parse_layout,
    parse_observation,
)
from drl_agent_node.errors import ConfigurationError, FleetError

# Publishes an answer: session, frame, actions float32 [N, NUM_ACTIONS].
Publish = Callable[[int, int, NDArray[np.float32]], None]


class LockStep:
    """Answers every new frame of one group once, and repeats the answer where the other side may have missed it.

    Attributes:
        current: the frame to answer, or the one answered last.
        layout: names of the columns, None until received.
        world: counts up whenever `current` does not continue the episodes of the frame before it.
        duplicates, stale, repeats: frames that came again, frames that came late, answers repeated for silence.
    """

    def __init__(
        self, simulator: str, publish: Publish, retry_s: float = 1.0, expected_agents: int = 0
    ) -> None:
        """`expected_agents` 0 takes fleets of any size."""
        self.simulator = simulator
        self.observation_topic = f"/carla_drl/{simulator}/observation"
        self.layout_topic = f"/carla_drl/{simulator}/observation_layout"
        self.action_topic = f"/carla_drl/{simulator}/action"
        self.current: FleetFrame | None = None
        self.layout: FleetLayout | None = None
        self.world = 0
        self.duplicates = 0
        self.stale = 0
        self.repeats = 0
        self._publish = publish
        self._retry_s = retry_s
        self._expected_agents = expected_agents
        self._answer: NDArray[np.float32] | None = None
        self._spoke_at = 0.0
        self._heard_at: float | None = None

    @property
    def ready(self) -> bool:
        """True when a frame and the layout are there."""
        return self.current is not None and self.layout is not None

    def missing(self) -> list[str]:
        """Name the topics that nothing arrived on yet."""
        absent = []
        if self.layout is None:
            absent.append(self.layout_topic)
        if self.current is None:
            absent.append(self.observation_topic)
        return absent

    def on_layout(self, message: Any) -> None:
        """Take an `ObservationLayout` message.

        Raises:
            FleetError: when it is malformed, or the columns are not the ones that were used so far.
        """
        layout = parse_layout(message, self.layout_topic)
        known = self.layout
        if known is not None:
            for name in (
                "state_names",
                "metric_names",
                "action_names",
                "num_agents",
                "raster_names",
                "raster_resolution_m",
                "raster_ahead_m",
                "images",
            ):
                was, now = getattr(known, name), getattr(layout, name)
                if was != now:
                    raise FleetError(
                        f"{self.layout_topic}: {name} changed from {was} to {now}; restart the agent"
                    )
        self.layout = layout
        self._check_sizes(self.current, layout)

    def on_observation(self, message: Any, now: float) -> Arrival:
        """Take a `FleetObservation` message; `now` is a monotonic time, s.

        `NEXT` and `NEW_WORLD` make it the current frame. A frame that was answered already is answered the same again.

        Raises:
            FleetError: when it is malformed or its sizes are not the ones that were used so far.
            ConfigurationError: when the fleet does not have the expected number of agents.
        """
        frame = parse_observation(message, self.observation_topic)
        self._heard_at = now
        arrival = classify(frame, self.current)
        if arrival is Arrival.ANSWERED:
            if self._answer is not None:
                self.duplicates += 1
                self._speak(now)
        elif arrival is Arrival.STALE:
            self.stale += 1
        else:
            self._check_same_size(frame)
            self._check_sizes(frame, self.layout)
            self.current = frame
            self._answer = None
            self.world += arrival is Arrival.NEW_WORLD
        return arrival

    def answer(self, actions: NDArray[np.float32], now: float) -> None:
        """Answer the current frame with `actions`, float32 [N, NUM_ACTIONS]."""
        self._answer = actions
        self._speak(now)

    def retry(self, now: float) -> None:
        """Repeat the last answer when nothing was heard for the retry time; duplicates do no harm."""
        if self._answer is not None and now - self._spoke_at >= self._retry_s:
            self.repeats += 1
            self._speak(now)

    def silence_s(self, now: float) -> float:
        """Return how long ago the last observation came; infinite before the first."""
        return float("inf") if self._heard_at is None else now - self._heard_at

    def _speak(self, now: float) -> None:
        assert self.current is not None
        assert self._answer is not None
        self._publish(self.current.session, self.current.frame, self._answer)
        self._spoke_at = now

    def _check_sizes(self, frame: FleetFrame | None, layout: FleetLayout | None) -> None:
        if frame is not None and self._expected_agents and len(frame.status) != self._expected_agents:
            raise ConfigurationError(
                f"{self.observation_topic}: the fleet has {len(frame.status)} agents; parameter expected_agents is "
                f"{self._expected_agents} (0 takes any)"
            )
        # A new session's layout may come after its first frame; names are compared when it does.
        if frame is None or layout is None:
            return
        agents, state_dim = frame.state.shape
        if (agents, state_dim) != (layout.num_agents, len(layout.state_names)):
            raise FleetError(
                f"{self.observation_topic}: {agents} agents with {state_dim} state columns do not fit the layout on "
                f"{self.layout_topic}: {layout.num_agents} agents with {len(layout.state_names)} columns"
            )
        if frame.raster.shape[1] != len(layout.raster_names):
            raise FleetError(
                f"{self.observation_topic}: rasters with {frame.raster.shape[1]} channels do not fit the layout on "
                f"{self.layout_topic}: {len(layout.raster_names)} names of channels"
            )
        channels = {name: image.shape[1] for name, image in frame.images.items()}
        named = {image.name: len(image.channel_names) for image in layout.images}
        if channels != named:
            raise FleetError(
                f"{self.observation_topic}: images with channels {channels} do not fit the layout on "
                f"{self.layout_topic}: {named}"
            )

    def _check_same_size(self, frame: FleetFrame) -> None:
        if self.current is not None and frame.state.shape != self.current.state.shape:
            raise FleetError(
                f"{self.observation_topic}: agents x state columns changed from {self.current.state.shape} to "
                f"{frame.state.shape}; restart the agent"
            )
        if self.current is not None and frame.raster.shape != self.current.raster.shape:
            raise FleetError(
                f"{self.observation_topic}: the rasters' shape changed from {self.current.raster.shape} to "
                f"{frame.raster.shape}; restart the agent"
            )
        if self.current is not None:
            was, now = _shapes(self.current), _shapes(frame)
            if was != now:
                raise FleetError(
                    f"{self.observation_topic}: the images' shapes changed from {was} to {now}; restart the agent"
                )


def _shapes(frame: FleetFrame) -> dict[str, tuple[int, ...]]:
    return {name: image.shape for name, image in frame.images.items()}
