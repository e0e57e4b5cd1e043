"""Compiled step of the world: lights, vehicles, and their collisions in one call."""

from __future__ import annotations

from carla_drl_sim.world.array_table import Table
from carla_drl_sim.world.collision_kernel import resolve_vehicles
from carla_drl_sim.world.compiled import compiled
from carla_drl_sim.world.dynamics_kernel import step_vehicles
from carla_drl_sim.world.scenery_kernel import resolve_solids
from carla_drl_sim.world.traffic_light_kernel import step_lights


@compiled
def move(
    dt: float,
    road_friction: float,
    restitution: float,
    ground: Table,
    lights: Table,
    vehicles: Table,
    pairs: Table,
    solids: Table,
) -> tuple[int, int]:
    """Let `dt` s pass for traffic lights and vehicles, then move vehicles out of each other and of solids.

    Args:
        dt: s.
        road_friction: factor on the friction of all tyres.
        restitution: of collisions.
        ground, lights, vehicles, pairs, solids: ``VehicleDynamics.ground``, and the ``table`` of ``TrafficLights``,
            ``VehicleDynamics``, ``CollisionSolver`` and ``SceneryCollisions``.

    Returns:
        Contacts between vehicles, and with solids, as `resolve_vehicles` and `resolve_solids` return them. Where the
        first is negative, solids are still to be looked at.
    """
    step_lights(lights, dt)
    step_vehicles(vehicles, ground, dt, road_friction)
    touching = resolve_vehicles(vehicles, pairs, restitution)
    if touching < 0:
        return touching, 0
    return touching, resolve_solids(vehicles, solids, restitution)
