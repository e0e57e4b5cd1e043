"""``carla.VehicleTelemetryData`` of a vehicle, from what the dynamics did in the last step."""

from __future__ import annotations

import math

from carla_drl_sim.protocol.structs import WireValue
from carla_drl_sim.world import dynamics_columns as column
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.dynamics_actions import forward_speed


def engine_rpm(vehicles: VehicleDynamics, slot: int) -> float:
    """Speed of the engine: that of the wheels through the engaged gear, or of an engine that runs free in neutral."""
    model, gear = vehicles.model(slot), int(vehicles.gear[slot])
    if gear == 0:
        share = min(max(float(vehicles.control[slot, column.THROTTLE]), 0.0), 1.0)
        return model.idle_rpm + share * (model.max_rpm - model.idle_rpm)
    limit = model.gear_speeds_mps[gear - 1] if gear > 0 else model.reverse_speed_mps
    return max(model.idle_rpm, abs(forward_speed(vehicles, slot)) / limit * model.max_rpm)


def _wheel(vehicles: VehicleDynamics, slot: int, *, front: bool, per_axle: int) -> list[float]:
    """One wheel's numbers in CARLA's order; an axle's forces are shared evenly by its wheels."""
    model, axles = vehicles.model(slot), vehicles.axles[slot]
    row = vehicles.parameters(slot)
    load = float(axles[column.FRONT_LOAD if front else column.REAR_LOAD]) / per_axle
    along = float(axles[column.FRONT_ALONG if front else column.REAR_ALONG]) / per_axle
    across = float(axles[column.FRONT_ACROSS if front else column.REAR_ACROSS]) / per_axle
    at_rest = (
        model.mass_kg * column.GRAVITY * (model.front_load if front else 1.0 - model.front_load) / per_axle
    )
    norm_along, norm_across = (along / load, across / load) if load > 0.0 else (0.0, 0.0)

    yaw = math.radians(vehicles.rotation[slot, 1])
    rate = math.radians(vehicles.angular_velocity[slot, 2])
    steer = math.radians(vehicles.wheel_steer_deg[slot]) if front else 0.0
    speed = forward_speed(vehicles, slot)
    aside = float(vehicles.velocity[slot, 1] * math.cos(yaw) - vehicles.velocity[slot, 0] * math.sin(yaw))
    aside += rate * float(row[column.TO_FRONT] if front else -row[column.TO_REAR])
    rolling = speed * math.cos(steer) + aside * math.sin(steer)
    sideways = aside * math.cos(steer) - speed * math.sin(steer)
    # A tyre yields along about as much as across: slip is force over load and stiffness.
    long_slip = norm_along / float(row[column.FRONT_CORNERING if front else column.REAR_CORNERING])
    return [
        model.tyre_friction * vehicles.road_friction,
        math.atan2(sideways, max(abs(rolling), column.SLIP_SPEED)),
        long_slip,
        rolling / model.wheel_radius_m * (1.0 + long_slip),
        load,
        load / at_rest,
        along * model.wheel_radius_m,
        along,
        across,
        norm_along,
        norm_across,
    ]


def telemetry(vehicles: VehicleDynamics, slot: int) -> WireValue:
    """Speed (m/s), steer, throttle, brake, engine speed (rpm), gear, air drag (N) and the wheels, front left first."""
    count = vehicles.model(slot).number_of_wheels
    control = vehicles.control[slot].tolist()
    in_front = 1 if count == 2 else 2
    wheels = [
        _wheel(
            vehicles,
            slot,
            front=index < in_front,
            per_axle=in_front if index < in_front else count - in_front,
        )
        for index in range(count)
    ]
    return [
        forward_speed(vehicles, slot),
        control[column.STEER],
        control[column.THROTTLE],
        control[column.BRAKE],
        engine_rpm(vehicles, slot),
        int(vehicles.gear[slot]),
        float(vehicles.axles[slot, column.AIR_DRAG]),
        wheels,
    ]
