"""The unmodified client leads AI walkers over the navigation mesh that it fetches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import carla
import pytest
from carla_world import Scene, scene
from server_process import ServerProcess
from small_town import CROSSWALK_S, LANE_WIDTH, SIDEWALK_WIDTH

LIMIT_TICKS = 3000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    process = ServerProcess(log, program=Path(__file__).with_name("small_town.py"))
    yield process
    assert process.stop() == 0


@pytest.fixture
def town(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as made:
        yield made


def _ai_walker(town: Scene, x: float, y: float) -> tuple[Any, Any]:
    blueprint = town.library.find("walker.pedestrian.0015")
    walker = town.world.spawn_actor(blueprint, carla.Transform(carla.Location(x, y, 1.0)))
    town.adopt(walker)
    town.ticks(1)
    controller = town.world.spawn_actor(town.library.find("controller.ai.walker"), carla.Transform(), walker)
    town.adopt(controller)
    town.ticks(1)
    controller.start()
    return walker, controller


def _aside(location: Any) -> float:
    """How far the first straight's middle is away."""
    return abs(location.y)


def test_random_places_are_on_sidewalks(town: Scene) -> None:
    town.world.set_pedestrians_seed(7)
    places = [town.world.get_random_location_from_navigation() for _ in range(100)]
    for place in places:
        waypoint = town.map.get_waypoint(place, lane_type=carla.LaneType.Sidewalk)
        away = waypoint.transform.location - place
        assert math.hypot(away.x, away.y) <= 0.5 * SIDEWALK_WIDTH + 0.1
        assert place.z == pytest.approx(0.0, abs=1e-3)
    town.world.set_pedestrians_seed(7)
    again = [town.world.get_random_location_from_navigation() for _ in range(100)]
    assert [(place.x, place.y) for place in again] == [(place.x, place.y) for place in places]


@pytest.mark.parametrize("crossing", [0.0, 1.0])
def test_a_walker_crosses_on_the_crosswalk_unless_it_may_cross_the_street(
    town: Scene, crossing: float
) -> None:
    town.world.set_pedestrians_seed(3)
    town.world.set_pedestrians_cross_factor(crossing)
    beside = LANE_WIDTH + 0.5 * SIDEWALK_WIDTH
    walker, controller = _ai_walker(town, 20.0, -beside)
    controller.go_to_location(carla.Location(20.0, beside, 0.0))
    controller.set_max_speed(3.0)
    crossed_at = []
    for _ in range(LIMIT_TICKS):
        town.ticks(1)
        place = walker.get_location()
        if _aside(place) < 1.0:
            crossed_at.append(place.x)
        if place.y > beside - 0.5 * SIDEWALK_WIDTH and abs(place.x - 20.0) < 2.0:
            break
    else:
        pytest.fail(f"still at {place}")
    assert place.z == pytest.approx(0.93, abs=0.05)
    assert crossed_at
    if crossing:
        assert max(crossed_at) < CROSSWALK_S - 10.0
    else:
        assert min(crossed_at) > CROSSWALK_S - 2.5
        assert max(crossed_at) < CROSSWALK_S + 2.5
    controller.stop()


def test_speed_and_velocity_of_an_ai_walker(town: Scene) -> None:
    town.world.set_pedestrians_cross_factor(0.0)
    walker, controller = _ai_walker(town, 20.0, LANE_WIDTH + 1.0)
    controller.go_to_location(carla.Location(80.0, LANE_WIDTH + 1.0, 0.0))
    controller.set_max_speed(1.4)
    town.ticks(60)
    before = walker.get_location()
    town.ticks(100)
    moved = walker.get_location() - before
    assert math.hypot(moved.x, moved.y) == pytest.approx(7.0, rel=0.1)
    velocity = walker.get_velocity()
    assert math.hypot(velocity.x, velocity.y) == pytest.approx(1.4, rel=0.1)
    assert abs(walker.get_transform().rotation.yaw) < 20.0
    assert controller.parent.id == walker.id
    controller.stop()
