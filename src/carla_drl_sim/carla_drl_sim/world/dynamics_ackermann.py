"""Compiled Ackermann controller: speed and steering angle to pedals, once per step, as CARLA's server has it.

Two PID loops stand behind each other: the speed's error changes the wanted acceleration, the acceleration's error
moves the pedal. Gains, limits and the averaging of the acceleration are those of CARLA 0.9.16's controller
(``AckermannController``); the code is not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inner
from carla_drl_sim.world.dynamics_columns import BRAKE, REVERSE, STEER, THROTTLE

Floats = npt.NDArray[np.float64]

# Columns of the controller's array: what is wanted, the gains, the state.
(
    TARGET_STEER,
    TARGET_STEER_SPEED,
    TARGET_SPEED,
    TARGET_ACCELERATION,
    TARGET_JERK,
    SPEED_KP,
    SPEED_KI,
    SPEED_KD,
    ACCELERATION_KP,
    ACCELERATION_KI,
    ACCELERATION_KD,
    SPEED_INTEGRAL,
    SPEED_INPUT,
    ACCELERATION_INTEGRAL,
    ACCELERATION_INPUT,
    WANTED_ACCELERATION,
    PEDAL,
    SPEED,
    ACCELERATION,
    NUM_ACKERMANN,
) = range(20)

TARGETS = slice(TARGET_STEER, SPEED_KP)
GAINS = slice(SPEED_KP, SPEED_INTEGRAL)
STATE = slice(SPEED_INTEGRAL, NUM_ACKERMANN)

DEFAULT_GAINS = (0.15, 0.0, 0.25, 0.01, 0.0, 0.01)
"""Speed kp, ki, kd, acceleration kp, ki, kd of a new vehicle."""

_MOST_ACCELERATION, _MOST_DECELERATION = 3.0, 8.0
_STANDSTILL = 0.1


@compiled_inner
def _pid(row: Floats, gains: int, state: int, target: float, value: float, dt: float) -> float:
    """Output -1..1 of a PID loop with its integral at column `state` and its last input after it."""
    error = target - value
    integral = min(max(row[state] + row[gains + 1] * error * dt, -1.0), 1.0)
    output = row[gains] * error + integral - row[gains + 2] * (value - row[state + 1]) / dt
    row[state] = integral
    row[state + 1] = value
    return float(min(max(output, -1.0), 1.0))


@compiled
def drive(row: Floats, control: Floats, max_steer: float, speed: float, dt: float) -> None:
    """Write steering, pedals and direction of one vehicle into its control row.

    Args:
        row: the vehicle's controller, float64 [NUM_ACKERMANN].
        control: its control row, float64 [NUM_CONTROLS].
        max_steer: steering angle at full lock, rad.
        speed: along the vehicle, m/s.
        dt: time since the last call, s.
    """
    measured = (speed - row[SPEED]) / dt
    row[SPEED] = speed
    row[ACCELERATION] = 0.8 * row[ACCELERATION] + 0.2 * measured

    lock = max(max_steer, 1e-3)
    wanted_steer = min(max(row[TARGET_STEER], -lock), lock)
    steer = control[STEER] * lock
    rate = abs(row[TARGET_STEER_SPEED])
    if rate >= 1e-3:
        wanted_steer = steer + min(max(wanted_steer - steer, -rate * dt), rate * dt)
    control[STEER] = wanted_steer / lock

    target = row[TARGET_SPEED]
    if abs(speed) < _STANDSTILL and abs(target) < _STANDSTILL:
        control[THROTTLE] = 0.0
        control[BRAKE] = 1.0
        return
    if abs(speed) < _STANDSTILL:
        control[REVERSE] = 1.0 if target < 0.0 else 0.0
    elif speed * target < 0.0:
        target = 0.0  # stop before driving the other way

    limit = abs(row[TARGET_ACCELERATION])
    low, high = (-limit, limit) if limit >= 1e-4 else (-_MOST_DECELERATION, _MOST_ACCELERATION)
    change = _pid(row, SPEED_KP, SPEED_INTEGRAL, target, speed, dt)
    row[WANTED_ACCELERATION] = min(max(row[WANTED_ACCELERATION] + change, low), high)
    change = _pid(
        row, ACCELERATION_KP, ACCELERATION_INTEGRAL, row[WANTED_ACCELERATION], row[ACCELERATION], dt
    )
    row[PEDAL] = min(max(row[PEDAL] + change, -1.0), 1.0)

    pedal = -row[PEDAL] if control[REVERSE] > 0.5 else row[PEDAL]
    control[THROTTLE] = max(pedal, 0.0)
    control[BRAKE] = max(-pedal, 0.0)
