"""Walkers: control, gravity, ground, obstacles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.ground import Heights
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Parts, Shape
from carla_drl_sim.world.solid_grid import CELL_M, SolidGrid
from carla_drl_sim.world.vehicles import VEHICLE_MODELS
from carla_drl_sim.world.walker_kernel import JUMP_SPEED
from carla_drl_sim.world.walker_models import WALKER_MODELS
from carla_drl_sim.world.walkers import Walkers

STEP_S = 0.05
ADULT = WALKER_MODELS["walker.pedestrian.0015"]
CAR = VEHICLE_MODELS["vehicle.tesla.model3"]


def _parts(*boxes: tuple[Shape, tuple[float, float, float], float, tuple[float, float, float]]) -> Parts:
    count = len(boxes)
    return Parts(
        shape=np.array([box[0] for box in boxes], np.uint8),
        centre=np.array([box[1] for box in boxes]),
        yaw_deg=np.array([box[2] for box in boxes]),
        extent=np.array([box[3] for box in boxes]),
        label=np.full(count, Label.BUILDINGS, np.uint8),
        color=np.zeros((count, 3), np.uint8),
        object_id=np.arange(count),
        solid=np.ones(count, np.bool_),
    )


def _standing(walkers: Walkers, x: float = 0.0, y: float = 0.0) -> int:
    slot = walkers.add(ADULT, x, y, ADULT.half_height, 0.0)
    walkers.step(STEP_S)
    return slot


def _walk(
    walkers: Walkers, slot: int, direction: tuple[float, float], seconds: float, speed: float = 1.5
) -> None:
    walkers.direction[slot] = (*direction, 0.0)
    walkers.speed[slot] = speed
    vehicles = VehicleDynamics()
    for _ in range(round(seconds / STEP_S)):
        walkers.step(STEP_S)
        walkers.separate(vehicles)


def test_the_catalogue() -> None:
    assert len(WALKER_MODELS) == 51
    child = WALKER_MODELS["walker.pedestrian.0048"]
    assert (child.age, child.generation, child.can_use_wheelchair) == ("child", 2, False)
    assert child.half_height < ADULT.half_height


def test_a_walker_falls_onto_the_ground_and_walks_the_way_it_is_told() -> None:
    walkers = Walkers()
    slot = walkers.add(ADULT, 5.0, 0.0, 2.5, 0.0)
    walkers.step(STEP_S)
    assert 2.4 < walkers.position[slot, 2] < 2.5
    _walk(walkers, slot, (0.0, 0.0), 1.0)
    assert walkers.position[slot].tolist() == pytest.approx([5.0, 0.0, ADULT.half_height])
    _walk(walkers, slot, (0.0, 1.0), 2.0)
    assert walkers.position[slot, 1] == pytest.approx(3.0, abs=0.1)
    assert walkers.velocity[slot].tolist() == pytest.approx([0.0, 1.5, 0.0])
    assert walkers.rotation[slot, 1] == pytest.approx(90.0)
    _walk(walkers, slot, (0.0, 1.0), 1.0, speed=0.0)
    assert walkers.velocity[slot].tolist() == [0.0, 0.0, 0.0]


def test_a_direction_of_any_length_is_walked_with_the_speed() -> None:
    walkers = Walkers()
    slot = _standing(walkers)
    _walk(walkers, slot, (30.0, 40.0), 1.0)
    assert np.hypot(*walkers.velocity[slot, :2]) == pytest.approx(1.5)
    _walk(walkers, slot, (0.5, 0.0), 1.0)
    assert walkers.velocity[slot, 0] == pytest.approx(0.75)


def test_a_jump_rises_as_high_as_its_speed_allows() -> None:
    walkers = Walkers()
    slot = _standing(walkers)
    walkers.jump[slot] = True
    highest = 0.0
    for _ in range(10):
        walkers.step(STEP_S)
        walkers.jump[slot] = False
        highest = max(highest, float(walkers.position[slot, 2]) - ADULT.half_height)
    assert highest == pytest.approx(JUMP_SPEED**2 / (2.0 * 9.81), abs=0.15)
    _walk(walkers, slot, (0.0, 0.0), 1.0)
    assert walkers.position[slot, 2] == pytest.approx(ADULT.half_height)


def test_walkers_follow_slopes_and_stop_at_steps() -> None:
    x = 0.2 * np.arange(300)
    ground = np.where(x < 20, 0.2 * x, np.where(x < 40, 4.0, 6.0))[None].repeat(2, axis=0).astype(np.float32)
    heights = Heights((0.0, 0.0), 0.2, ground, np.full_like(ground, np.nan))
    walkers = Walkers(heights)
    slot = walkers.add(ADULT, 5.0, 0.0, 1.0 + ADULT.half_height, 0.0)
    walkers.step(STEP_S)
    _walk(walkers, slot, (1.0, 0.0), 5.0, speed=2.0)
    place = walkers.position[slot]
    assert place[2] - ADULT.half_height == pytest.approx(0.2 * place[0], abs=0.01)
    _walk(walkers, slot, (1.0, 0.0), 30.0, speed=2.0)
    assert 39.0 < place[0] < 40.0
    assert place[2] - ADULT.half_height < 4.6


def test_walkers_do_not_walk_through_walls_and_poles() -> None:
    wall = (Shape.BOX, (10.0, 0.0, 1.0), 0.0, (0.5, 20.0, 1.0))
    pole = (Shape.CYLINDER, (0.0, 10.0, 2.0), 0.0, (0.3, 0.3, 2.0))
    canopy = (Shape.BOX, (-10.0, 0.0, 4.0), 0.0, (0.5, 20.0, 1.0))
    walkers = Walkers(None, lambda: _parts(wall, pole, canopy))
    slot = _standing(walkers)
    _walk(walkers, slot, (1.0, 0.0), 10.0)
    assert walkers.position[slot, 0] == pytest.approx(9.5 - ADULT.radius, abs=1e-6)
    assert walkers.velocity[slot, 0] == pytest.approx(0.0, abs=1e-9)
    walkers.set_transform(slot, 0.0, 0.0, ADULT.half_height)
    _walk(walkers, slot, (0.0, 1.0), 10.0)
    assert walkers.position[slot, 1] == pytest.approx(10.0 - 0.3 - ADULT.radius, abs=0.02)
    walkers.set_transform(slot, 0.0, 0.0, ADULT.half_height)
    _walk(walkers, slot, (-1.0, 0.0), 10.0)
    assert walkers.position[slot, 0] < -14.0  # below the canopy


def test_the_grid_lists_every_part_near_a_cell() -> None:
    rng = np.random.default_rng(3)
    boxes = [
        (
            Shape.BOX,
            (*rng.uniform(-100.0, 100.0, 2).tolist(), 1.0),
            rng.uniform(0.0, 360.0),
            (*rng.uniform(0.2, 12.0, 2).tolist(), 1.0),
        )
        for _ in range(60)
    ]
    grid = SolidGrid(_parts(*boxes))
    for index, (_, centre, yaw, extent) in enumerate(boxes):
        cos, sin = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        for u, v in rng.uniform(-1.0, 1.0, (20, 2)).tolist():
            x = centre[0] + u * extent[0] * cos - v * extent[1] * sin
            y = centre[1] + u * extent[0] * sin + v * extent[1] * cos
            column, row = (int(value) for value in (np.array([x, y]) - grid.origin) // CELL_M)
            start, end = grid.first[row, column : column + 2]
            assert index in grid.members[start:end]


def test_a_vehicle_pushes_walkers_aside_and_reports_the_contact() -> None:
    vehicles, walkers = VehicleDynamics(), Walkers()
    car = vehicles.add(CAR, 0.0, 0.0, 0.0, 0.0)
    slot = _standing(walkers, x=CAR.extent[0] + 0.1)
    vehicles.velocity[car] = (10.0, 0.0, 0.0)
    (touching,) = walkers.separate(vehicles).tolist()
    assert touching == slot
    assert walkers.touched[slot] == car
    assert walkers.contact_normal[slot].tolist() == [1.0, 0.0, 0.0]
    assert walkers.contact_speed[slot] == pytest.approx(10.0)
    assert walkers.position[slot, 0] == pytest.approx(CAR.extent[0] + ADULT.radius)
    assert walkers.velocity[slot, 0] == pytest.approx(10.0)
    walkers.set_transform(slot, 0.0, 0.0, 5.0)  # above the roof
    assert walkers.separate(vehicles).size == 0
    walkers.set_transform(slot, CAR.extent[0] + 0.1, 0.0, ADULT.half_height)
    walkers.collisions[slot] = False
    assert walkers.separate(vehicles).size == 0


def test_a_walker_that_is_moved_from_outside_has_the_velocity_of_its_way() -> None:
    walkers = Walkers()
    slot = _standing(walkers)
    walkers.simulate_physics[slot] = False
    for index in range(1, 4):
        walkers.set_state(slot, 0.1 * index, 0.0, 0.0, 20.0, 2.0)
        walkers.step(0.1)
    assert walkers.velocity[slot].tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert walkers.position[slot].tolist() == pytest.approx([0.3, 0.0, ADULT.half_height])
    assert walkers.rotation[slot].tolist() == [0.0, 20.0, 0.0]
    walkers.set_state(slot, 50.0, 0.0, 0.0, 0.0, 2.0)
    walkers.step(STEP_S)
    assert walkers.velocity[slot].tolist() == [0.0, 0.0, 0.0]  # put somewhere else


def test_a_long_step_is_as_good_as_many_short_ones() -> None:
    ways = []
    for step in (0.5, 0.05):
        walkers = Walkers()
        slot = _standing(walkers)
        walkers.direction[slot], walkers.speed[slot] = (1.0, 0.0, 0.0), 2.0
        for _ in range(round(2.0 / step)):
            walkers.step(step)
        ways.append(walkers.position[slot].tolist())
    assert ways[0] == pytest.approx(ways[1])


def test_slots_are_used_again_and_arrays_grow() -> None:
    walkers = Walkers()
    slots = [walkers.add(ADULT, float(index), 0.0, 1.0, 0.0) for index in range(40)]
    assert slots == list(range(40))
    walkers.remove(7)
    assert len(walkers) == 39
    with pytest.raises(KeyError, match="slot 7"):
        walkers.remove(7)
    assert walkers.add(ADULT, 7.0, 0.0, 1.0, 0.0) == 7
    assert walkers.position[39, 0] == 39.0
    with pytest.raises(ValueError, match="finite"):
        walkers.add(ADULT, math.nan, 0.0, 1.0, 0.0)


def test_room_for_a_new_walker() -> None:
    vehicles, walkers = VehicleDynamics(), Walkers()
    vehicles.add(CAR, 0.0, 0.0, 0.0, 0.0)
    inside = walkers.add(ADULT, 1.0, 0.0, ADULT.half_height, 0.0)
    assert walkers.is_obstructed(inside, vehicles)
    beside = walkers.add(ADULT, 0.0, 5.0, ADULT.half_height, 0.0)
    assert not walkers.is_obstructed(beside, vehicles)
    again = walkers.add(ADULT, 0.1, 5.1, ADULT.half_height, 0.0)
    assert walkers.is_obstructed(again, vehicles)
