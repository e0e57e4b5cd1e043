"""RPC functions of the server, grouped by theme; importing this package fills the table ``RPCS``."""

from carla_drl_sim.handlers import (
    batch,
    content,
    debug,
    motion,
    recorder,
    refused,
    scenery,
    sensing,
    session,
    skeleton,
    traffic_light,
    traffic_manager,
    vehicle,
    vehicle_body,
    walker,
    world,
)
from carla_drl_sim.handlers.registry import RPCS, AfterDelay, AfterTick, Rpc

__all__ = [
    "RPCS",
    "AfterDelay",
    "AfterTick",
    "Rpc",
    "batch",
    "content",
    "debug",
    "motion",
    "recorder",
    "refused",
    "scenery",
    "sensing",
    "session",
    "skeleton",
    "traffic_light",
    "traffic_manager",
    "vehicle",
    "vehicle_body",
    "walker",
    "world",
]
