from __future__ import annotations

import numpy as np
import pytest

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.collisions import NUM_COLLISION
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.episodes import FleetEpisodes
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.fleet_world import LIGHT_OFF
from carla_sensor_bridge.frame_ring import FrameRingWriter
from carla_sensor_bridge.gateway_packets import ResetRequest
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.stop_lines import StopLines

RESET, TRUNCATED, TERMINATED = col.STATUS_RESET, col.STATUS_TRUNCATED, col.STATUS_TERMINATED


class World:
    """The episodes of a fleet that stands where it is put."""

    def __init__(self, graph: LaneGraph, agents: int, clearance: float = 10.0, seed: int = 3) -> None:
        scenario = Scenario.model_validate(
            {
                "name": "test",
                "town": "Ring",
                "routes": {
                    "min_length_m": 30.0,
                    "max_length_m": 60.0,
                    "start_clearance_m": clearance,
                    "preview_m": [5.0],
                },
                "limits": {"time_limit_s": 100.0},
            }
        )
        stop_lines = StopLines.none(graph.num_segments)
        self.episodes = FleetEpisodes(scenario, graph, DrivableArea(graph), stop_lines, agents, seed)
        self.ego = np.zeros((agents, col.NUM_EGO))
        self.collision = np.zeros((agents, NUM_COLLISION))
        self.light_state = np.full(agents, LIGHT_OFF)
        self.slot = FrameRingWriter(agents, 1, 1, 0.1).begin(1)

    def put(self, agent: int, route: Route) -> None:
        self.ego[agent] = 0.0
        self.ego[agent, [col.EGO_X, col.EGO_Y, col.EGO_YAW]] = route.x[0], route.y[0], route.yaw[0]

    def start(self) -> None:
        for agent, route in enumerate(self.episodes.first_routes()):
            self.put(agent, route)

    def frame(self) -> list[int]:
        self.episodes.observe(self.ego, self.collision, self.light_state, self.slot)
        return [int(status) for status in self.slot.status]

    def tick(self) -> list[int]:
        """Answer the last frame and make the next."""
        for agent, route in self.episodes.restart_ended(self.ego):
            self.put(agent, route)
        return self.frame()


def test_next_step_autoreset(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 3)
    world.start()
    assert world.frame() == [RESET, RESET, RESET]
    assert world.tick() == [0, 0, 0]
    world.collision[1] = 5.0
    assert world.tick() == [0, TERMINATED, 0]
    before = world.ego[1, :2].copy()
    world.collision[1] = 0.0
    assert world.tick() == [0, RESET, 0]
    assert np.hypot(*(world.ego[1, :2] - before)) > 1.0
    assert world.slot.metrics[1, col.EPISODE_TIME] == 0.0
    assert world.slot.metrics[1, col.LANE_OFFSET] == pytest.approx(0.0, abs=1e-3)
    assert world.slot.metrics[0, col.EPISODE_TIME] == pytest.approx(0.3)
    assert world.tick() == [0, 0, 0]


def test_reset_request_truncates_once(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 3)
    world.start()
    world.frame()
    world.tick()
    world.episodes.request_reset(ResetRequest(1, None, (2,)))
    assert world.tick() == [0, 0, TRUNCATED]
    assert world.slot.metrics[2, col.END_REASON] == col.END_EXTERNAL
    assert world.tick() == [0, 0, RESET]
    assert world.tick() == [0, 0, 0]
    world.episodes.request_reset(ResetRequest(2, None, ()))
    assert world.tick() == [TRUNCATED] * 3
    assert world.tick() == [RESET] * 3


def test_reset_of_an_episode_that_just_ended(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 2)
    world.start()
    world.frame()
    world.collision[0] = 1.0
    assert world.tick() == [TERMINATED, 0]
    world.collision[0] = 0.0
    world.episodes.request_reset(ResetRequest(1, None, ()))
    assert world.tick() == [RESET, TRUNCATED]
    assert world.tick() == [0, RESET]


def test_reset_with_seed_repeats_the_routes(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 2, seed=3)
    world.start()
    world.frame()
    starts = []
    for _ in range(2):
        world.episodes.request_reset(ResetRequest(1, 9, (0,)))
        world.tick()
        world.tick()
        starts.append(world.ego[0, :3].tolist())
    assert starts[0] == starts[1]


def test_runs_repeat(ring_graph: LaneGraph) -> None:
    def drive() -> list[list[float]]:
        world = World(ring_graph, 3)
        world.start()
        world.frame()
        seen = []
        for step in range(40):
            world.collision[:] = 0.0
            world.collision[step % 3] = 1.0 if step % 4 == 0 else 0.0
            world.tick()
            seen.append(world.ego[:, :2].ravel().tolist())
        return seen

    assert drive() == drive()


def test_first_routes_keep_clear_of_each_other(ring_graph: LaneGraph) -> None:
    routes = World(ring_graph, 6, clearance=20.0).episodes.first_routes()
    starts = np.array([(route.x[0], route.y[0]) for route in routes])
    distance = np.hypot(*(starts[:, None] - starts).transpose(2, 0, 1)) + 1e9 * np.eye(6)
    assert distance.min() >= 20.0


def test_town_too_small(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 50, clearance=40.0)
    with pytest.raises(ConfigurationError) as caught:
        world.episodes.first_routes()
    text = str(caught.value)
    assert text.startswith("parameter num_agents is 50; allowed: up to ")
    assert "town Ring" in text
    assert 2 <= int(text.split("up to ")[1].split()[0]) < 10


def test_crowded_streets_do_not_stop_a_run(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 2, clearance=60.0)
    world.start()
    world.frame()
    world.ego[:, :2] = 0.0  # both in the middle: every start is 28 or 32 m away
    world.collision[:] = 1.0
    assert world.tick() == [TERMINATED, TERMINATED]
    assert world.tick() == [RESET, RESET]


def test_redraw_gives_another_start(ring_graph: LaneGraph) -> None:
    world = World(ring_graph, 3)
    routes = world.episodes.first_routes()
    other = world.episodes.redraw(1, routes)
    assert (other.x[0], other.y[0]) != (routes[1].x[0], routes[1].y[0])
