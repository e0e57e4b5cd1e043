"""What `record.launch.py` records: sets of topics, each a superset of the one before."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = (
    "/carla_drl/episode_summary",
    "/carla_drl/training_status",
    "/carla_drl/{simulator}/observation_layout",
    "/carla_drl/{simulator}/performance",
    "/carla_drl/{simulator}/safety_event",
    "/diagnostics",
    "/parameter_events",
    "/rosout",
)
_DATASET: Final = (
    *_LIGHT,
    "/carla_drl/{simulator}/action",
    "/carla_drl/{simulator}/frame_record",
    "/carla_drl/{simulator}/frame_record_layout",
    "/carla_drl/{simulator}/observation",
)

SETS: Final[dict[str, str]] = {
    "light": "how a run goes: episodes, training status, costs, safety events, diagnostics, logs",
    "dataset": "light, and every frame with its observation and action: can be replayed and learnt from",
    "full": "every topic there is, sensors included",
}


def record_arguments(name: str, simulator: str) -> list[str]:
    """Return the arguments of `ros2 bag record` that select a set's topics.

    Raises:
        KeyError: when there is no such set.
    """
    if name == "full":
        return ["--all-topics"]
    topics = {"light": _LIGHT, "dataset": _DATASET}[name]
    return ["--topics", *(topic.format(simulator=simulator) for topic in topics)]
