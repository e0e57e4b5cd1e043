"""What acts on single vehicles from outside: pushes away from the centre of mass, twists, the Ackermann controller."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import dynamics_ackermann as controller
from carla_drl_sim.world import dynamics_columns as column
from carla_drl_sim.world.dynamics import VehicleDynamics

Floats = npt.NDArray[np.float64]


def forward_speed(vehicles: VehicleDynamics, slot: int) -> float:
    """Speed along a vehicle's own forward axis, m/s."""
    pitch, yaw = math.radians(vehicles.rotation[slot, 0]), math.radians(vehicles.rotation[slot, 1])
    forward = (math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch))
    return float(vehicles.velocity[slot] @ np.array(forward))


def twist(vehicles: VehicleDynamics, slot: int, angular_impulse: Sequence[float] | Floats) -> None:
    """Turn a vehicle with an angular impulse, N m s in world axes.

    On the ground only yaw follows, as the wheels hold the body; in the air all of it does.
    """
    parameters = vehicles.parameters(slot)
    yaw = math.radians(vehicles.rotation[slot, 1])
    cos_yaw, sin_yaw = math.cos(yaw), math.sin(yaw)
    x, y, z = (math.degrees(component) for component in angular_impulse)
    # The pitch inertia of a car is close to that of its yaw: both are about its length.
    forward = (x * cos_yaw + y * sin_yaw) / parameters[column.ROLL_INERTIA]
    right = (y * cos_yaw - x * sin_yaw) / parameters[column.YAW_INERTIA]
    vehicles.angular_velocity[slot] += (
        forward * cos_yaw - right * sin_yaw,
        forward * sin_yaw + right * cos_yaw,
        z / parameters[column.YAW_INERTIA],
    )


def push_at(
    vehicles: VehicleDynamics, slot: int, impulse: Sequence[float] | Floats, location: Sequence[float]
) -> None:
    """Push a vehicle at a place of the world (m) with an impulse, N s in world axes."""
    vehicles.add_impulse(slot, impulse)
    height = vehicles.parameters(slot)[column.CENTRE_HEIGHT]
    lever = np.asarray(location, dtype=np.float64) - vehicles.position[slot] - (0.0, 0.0, height)
    twist(vehicles, slot, np.cross(lever, np.asarray(impulse, dtype=np.float64)))


def drive_ackermann(vehicles: VehicleDynamics, slot: int, targets: Sequence[float]) -> None:
    """Let the Ackermann controller drive a vehicle until the next plain control.

    Args:
        vehicles: the vehicles.
        slot: which of them.
        targets: steering angle (rad, right positive), its speed (rad/s, 0 for at once), speed (m/s), acceleration
            (m/s^2, 0 for the controller's own limits) and jerk (not used, as in CARLA).
    """
    row, control = vehicles.ackermann[slot], vehicles.control[slot]
    row[controller.TARGETS] = targets
    if control[column.GEAR] == column.ACKERMANN_GEAR:
        return
    row[controller.STATE] = 0.0
    # A controller that starts at speed must not take the speed for a jump.
    row[controller.SPEED] = row[controller.SPEED_INPUT] = forward_speed(vehicles, slot)
    steer, reverse = control[column.STEER], control[column.REVERSE]
    control[:] = 0.0
    control[column.STEER], control[column.REVERSE] = steer, reverse
    control[column.GEAR] = column.ACKERMANN_GEAR


def ackermann_gains(vehicles: VehicleDynamics, slot: int) -> list[float]:
    """Gains of a vehicle's controller: speed kp, ki, kd, acceleration kp, ki, kd."""
    gains: list[float] = vehicles.ackermann[slot, controller.GAINS].tolist()
    return gains


def set_ackermann_gains(vehicles: VehicleDynamics, slot: int, gains: Sequence[float]) -> None:
    """Change the gains of a vehicle's controller, in the order of `ackermann_gains`."""
    vehicles.ackermann[slot, controller.GAINS] = gains


def wheel_steer_angle(vehicles: VehicleDynamics, slot: int, wheel: int) -> float:
    """Steering angle (deg, right positive) of a wheel: front left, front right, then those that do not steer.

    The inner wheel turns more than the outer one, so that both roll around the same point (Ackermann geometry). A
    two-wheeler has one front wheel.
    """
    middle = math.radians(vehicles.wheel_steer_deg[slot])
    two_wheels = vehicles.model(slot).number_of_wheels == 2
    if wheel >= (1 if two_wheels else 2) or middle == 0.0:
        return 0.0
    if two_wheels:
        return math.degrees(middle)
    parameters = vehicles.parameters(slot)
    wheelbase = parameters[column.TO_FRONT] + parameters[column.TO_REAR]
    aside = (0.5 if wheel == 1 else -0.5) * parameters[column.TRACK]
    return math.degrees(math.atan(wheelbase / (wheelbase / math.tan(middle) - aside)))
