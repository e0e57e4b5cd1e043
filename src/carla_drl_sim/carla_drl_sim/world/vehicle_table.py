"""The table of vehicle models: all vehicles of CARLA 0.9.16's blueprint library.

Ids, kinds, generations, lights and doors are those of CARLA's catalogue; bodies are the bounding boxes that users
measured. Mass, axles, engine power and performance are those of the vehicles that they depict. Where a source gives
miles per hour, the figure is converted: 0-60 mph times 1.06 for 0-100 km/h, braking distances with the square of the
speed (60-0 mph times 1.07, 70-0 mph times 0.79). Where no figure of the very vehicle was found, the source starts
with "class-typical" and names what the value comes from. Drag areas, axle loads, tracks and wheel radii are estimates.
"""

from __future__ import annotations

from carla_drl_sim.world import vehicle_table_first, vehicle_table_second
from carla_drl_sim.world.vehicle_model import VehicleModel
from carla_drl_sim.world.vehicle_table_large import LARGE
from carla_drl_sim.world.vehicle_table_two_wheelers import TWO_WHEELERS

MODELS: tuple[VehicleModel, ...] = tuple(
    sorted(
        (*vehicle_table_first.CARS, *vehicle_table_second.CARS, *LARGE, *TWO_WHEELERS),
        key=lambda model: model.id,
    )
)
