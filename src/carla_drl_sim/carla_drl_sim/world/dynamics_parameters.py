"""A vehicle model's row in the dynamics' parameter table."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import dynamics_columns as column
from carla_drl_sim.world.vehicle_model import VehicleModel

Floats = npt.NDArray[np.float64]

_AIR_DENSITY = 1.2


def parameter_row(model: VehicleModel) -> Floats:
    """The kernel's parameters of a model, float64 [NUM_PARAMETERS], SI units and radians."""
    weight = model.mass_kg * column.GRAVITY
    row = np.zeros(column.NUM_PARAMETERS, dtype=np.float64)
    to_front = (1.0 - model.front_load) * model.wheelbase_m
    to_rear = model.front_load * model.wheelbase_m
    row[column.MASS] = model.mass_kg
    # Radius of gyration squared is close to the product of the axle distances for most cars (dynamic index near 1).
    row[column.YAW_INERTIA] = model.mass_kg * to_front * to_rear
    # A box of even density.
    row[column.ROLL_INERTIA] = model.mass_kg * (model.extent[1] ** 2 + model.extent[2] ** 2) / 3.0
    row[column.TO_FRONT] = to_front
    row[column.TO_REAR] = to_rear
    row[column.TRACK] = model.track_m
    row[column.WHEEL_RADIUS] = model.wheel_radius_m
    row[column.CENTRE_HEIGHT] = model.centre_of_mass_z
    row[column.MAX_STEER] = math.radians(model.max_steer_deg)
    row[column.STEER_RATE] = math.radians(model.steer_rate_deg_s)
    row[column.POWER] = model.power_w
    row[column.TRACTIVE_FORCE] = model.tractive_force_n
    row[column.FULL_POWER_FROM] = model.full_power_from
    row[column.FRONT_DRIVE] = model.front_drive
    row[column.TOP_SPEED] = model.top_speed_mps
    row[column.REVERSE_SPEED] = model.reverse_speed_mps
    row[column.DRAG] = 0.5 * _AIR_DENSITY * model.drag_area_m2
    row[column.ROLLING_FORCE] = model.rolling_resistance * weight
    row[column.BRAKE_FORCE] = model.brake_deceleration_mps2 * model.mass_kg
    row[column.HAND_BRAKE_FORCE] = model.hand_brake_force_n
    row[column.FRICTION] = model.tyre_friction
    row[column.FRONT_CORNERING] = model.front_cornering
    row[column.REAR_CORNERING] = model.rear_cornering
    speeds = model.gear_speeds_mps
    row[column.GEARS] = len(speeds)
    row[column.GEAR_SPEED : column.GEAR_SPEED + len(speeds)] = speeds
    speeds_kmh, shares = zip(*model.steering_curve, strict=True)
    tabled = np.arange(column.STEER_CURVE_POINTS) * column.STEER_CURVE_STEP * 3.6
    row[column.STEER_CURVE :] = np.interp(tabled, speeds_kmh, shares)
    return row
