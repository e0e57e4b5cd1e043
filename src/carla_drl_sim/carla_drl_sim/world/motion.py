"""A step of the world: traffic lights, vehicles, and what keeps vehicles apart and out of what stands in the town."""

from __future__ import annotations

from collections.abc import Callable

from carla_drl_sim.world.array_table import Table
from carla_drl_sim.world.collision import RESTITUTION, CollisionResult, CollisionSolver
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.scenery import Parts
from carla_drl_sim.world.scenery_collision import SceneryCollisions, SceneryContacts
from carla_drl_sim.world.step_kernel import move
from carla_drl_sim.world.traffic_lights import TrafficLights


class Motion:
    """Moves lights and vehicles.

    Args:
        lights: the traffic lights.
        vehicles: the vehicles.
        parts: gives what stands in the town, the same object until that changes; called when there are vehicles.
    """

    def __init__(self, lights: TrafficLights, vehicles: VehicleDynamics, parts: Callable[[], Parts]) -> None:
        self._lights = lights
        self._vehicles = vehicles
        self._parts = parts
        self._scenery: SceneryCollisions | None = None
        self._solver = CollisionSolver()
        self._vehicle_table: Table | None = None
        self._tables: tuple[Table, ...] = ()

    @property
    def scenery(self) -> SceneryCollisions:
        """What stands in the town, made anew when that has changed."""
        parts = self._parts()
        if self._scenery is None or self._scenery.parts is not parts:
            self._scenery = SceneryCollisions(parts)
            self._vehicle_table = None
        return self._scenery

    def step(self, dt: float) -> tuple[int, int]:
        """Let `dt` s pass; returns the numbers of contacts between vehicles, and of vehicles with the scenery."""
        vehicles = self._vehicles
        if not vehicles.count:
            self._lights.step(dt)
            return 0, 0
        scenery = self.scenery
        if self._vehicle_table is not vehicles.table:
            self._lay_out(scenery)
        between, solid = move(dt, vehicles.road_friction, RESTITUTION, vehicles.ground, *self._tables)
        if between < 0:
            between = len(self._solver.resolve(vehicles))
            solid = len(scenery.resolve(vehicles))
            self._lay_out(scenery)
        return between, solid

    def _lay_out(self, scenery: SceneryCollisions) -> None:
        """Collect the tables anew that the step works on: one of them has been replaced."""
        vehicles, solver = self._vehicles, self._solver
        solver.make_room(vehicles)
        scenery.make_room(vehicles)
        self._vehicle_table = vehicles.table
        self._tables = (self._lights.table, vehicles.table, solver.table, scenery.table)

    def vehicle_contacts(self, count: int) -> CollisionResult:
        """The contacts between vehicles in the last step."""
        return self._solver.result(count)

    def scenery_contacts(self, count: int) -> SceneryContacts:
        """The contacts of vehicles with the scenery in the last step."""
        return self.scenery.result(self._vehicles, count)
