"""Who is told what about a collision."""

from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.crashes import CollisionEvent, Crashes, static_type_id
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.walker_actors import WalkerActors
from carla_drl_sim.world.collision import vehicle_box
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.motion import Motion
from carla_drl_sim.world.scenery import Parts, Shape
from carla_drl_sim.world.traffic_lights import TrafficLights
from carla_drl_sim.world.vehicles import VEHICLE_MODELS
from carla_drl_sim.world.walkers import Walkers

MODEL_3 = VEHICLE_MODELS["vehicle.tesla.model3"]


def _wall() -> Parts:
    """A wall across the x axis at 10 m."""
    return Parts(
        shape=np.array([Shape.BOX], np.uint8),
        centre=np.array([[10.0, 0.0, 1.0]]),
        yaw_deg=np.zeros(1),
        extent=np.array([[0.2, 20.0, 1.0]]),
        label=np.array([Label.WALLS], np.uint8),
        color=np.zeros((1, 3), np.uint8),
        object_id=np.ones(1, np.int64),
        solid=np.ones(1, np.bool_),
    )


WALL = _wall()


class World:
    """Cars with collision sensors, and a wall."""

    def __init__(self) -> None:
        self.actors = ActorRegistry()
        self.dynamics = VehicleDynamics()
        self.walkers = WalkerActors(Walkers(), self.actors)
        self._motion = Motion(TrafficLights([]), self.dynamics, lambda: WALL)
        self.crashes = Crashes(self.actors, self.dynamics, self.walkers, self._motion)

    def step(self) -> list[CollisionEvent]:
        """One step, and what the collision sensors saw."""
        return self.crashes.step(*self._motion.step(0.05), 0.05)

    def car(self, x: float, speed: float) -> Actor:
        actor = Actor(self.actors.next_id(), Description(0, MODEL_3.id, []), Pose(x))
        actor.model = MODEL_3
        actor.slot = self.dynamics.add(MODEL_3, x, 0.0, 0.0, 0.0)
        self.dynamics.set_target_velocity(actor.slot, (speed, 0.0, 0.0))
        self.actors.add(actor)
        sensor = Description(0, "sensor.other.collision", [])
        self.actors.add(Actor(self.actors.next_id(), sensor, Pose(), actor.id))
        return actor


def test_a_wall_is_told_as_no_actor_with_the_impulse_on_the_car() -> None:
    world = World()
    car = world.car(7.0, 12.0)
    free = World()
    free.car(7.0, 12.0)
    free.dynamics.step(0.05)
    (event,) = world.step()
    assert event.vehicle is car
    assert (event.other.id, event.other.type_id) == (0, "static.wall")
    actor_id, parent, description, box, tags, token = event.other.wire()
    assert (actor_id, parent, description, bytes(tags), token) == (0, 0, [0, "static.wall", []], b"\x04", b"")
    assert box[1] == [0.2, 20.0, 1.0]
    change = MODEL_3.mass_kg * (world.dynamics.velocity[car.slot] - free.dynamics.velocity[0])
    assert event.impulse == pytest.approx(change)
    assert event.impulse[0] < -10_000.0


def test_a_car_that_only_touches_tells_nothing() -> None:
    world = World()
    world.car(9.8 - MODEL_3.extent[0] + 0.01, 0.0)
    assert world.step() == []
    assert world.dynamics.position[0, 0] < 9.8 - MODEL_3.extent[0]


def test_cars_then_walls_in_order_of_slots() -> None:
    world = World()
    cars = [world.car(7.5, 10.0), world.car(2.6, 20.0)]
    events = world.step()
    assert [(event.vehicle.id, event.other.id) for event in events] == [
        (cars[0].id, cars[1].id),
        (cars[1].id, cars[0].id),
        (cars[0].id, 0),
    ]


@pytest.mark.parametrize(
    ("label", "type_id"),
    [
        (Label.BUILDINGS, "static.building"),
        (Label.POLES, "static.pole"),
        (Label.VEGETATION, "static.vegetation"),
        (Label.FENCES, "static.fence"),
        (Label.TRAFFIC_LIGHT, "static.trafficlight"),
        (Label.GUARD_RAIL, "static.guardrail"),
        (Label.STATIC, "static.static"),
        (Label.OTHER, "static.unknown"),
        (Label.NONE, "static.unknown"),
    ],
)
def test_types_of_what_is_no_actor(label: Label, type_id: str) -> None:
    assert static_type_id(label) == type_id


def test_places_are_occupied_by_cars_walls_and_walkers() -> None:
    world = World()
    world.car(0.0, 0.0)
    walker = Description(0, "walker.pedestrian.0001", [])
    world.walkers.spawn(walker, Pose(-20.0, 0.0, 1.0), world.dynamics)

    def is_occupied(x: float) -> bool:
        return world.crashes.is_occupied(vehicle_box(MODEL_3, x, 0.0, 0.0, 0.0))

    assert [is_occupied(x) for x in (1.0, 9.0, -20.5, -10.0, 20.0)] == [True, True, True, False, False]
