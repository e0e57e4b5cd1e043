"""Columns and constants that the dynamics' arrays and kernels share. SI units and radians unless a name says more."""

from __future__ import annotations

MAX_GEARS = 10
"""Most forward gears of a vehicle."""

STEER_CURVE_STEP = 5.0
"""Distance (m/s) between the speeds for which the steering curve is tabled."""
STEER_CURVE_POINTS = 9

# Columns of the parameter table. From GEAR_SPEED on: speeds (m/s) at the rev limit in gears 1, 2, ...; from STEER_CURVE
# on: share of the steering angle that is left at 0, STEER_CURVE_STEP, ... m/s.
(
    MASS,
    YAW_INERTIA,
    ROLL_INERTIA,
    TO_FRONT,
    TO_REAR,
    TRACK,
    WHEEL_RADIUS,
    CENTRE_HEIGHT,
    MAX_STEER,
    STEER_RATE,
    POWER,
    TRACTIVE_FORCE,
    FULL_POWER_FROM,
    FRONT_DRIVE,
    TOP_SPEED,
    REVERSE_SPEED,
    DRAG,
    ROLLING_FORCE,
    BRAKE_FORCE,
    HAND_BRAKE_FORCE,
    FRICTION,
    FRONT_CORNERING,
    REAR_CORNERING,
    GEARS,
    GEAR_SPEED,
) = range(25)
STEER_CURVE = GEAR_SPEED + MAX_GEARS
NUM_PARAMETERS = STEER_CURVE + STEER_CURVE_POINTS

# Columns of the control array.
THROTTLE, STEER, BRAKE, HAND_BRAKE, REVERSE, MANUAL, GEAR, NUM_CONTROLS = range(8)

# Columns of the axle array: what the tyres did at the end of the last step, in N.
FRONT_LOAD, REAR_LOAD, FRONT_ALONG, REAR_ALONG, FRONT_ACROSS, REAR_ACROSS, AIR_DRAG, NUM_AXLES = range(8)

ACKERMANN_GEAR = 100.0
"""Mark in the control array's gear column: the row is written by the Ackermann controller.

Every plain control, whatever way it comes, overwrites the mark and so takes the vehicle back.
"""

GRAVITY = 9.81
MAX_SUBSTEP = 0.01
SLIP_SPEED = 2.5
"""Least rolling speed in the slip, m/s; keeps the tyre's time constant above the substep."""
SUSPENSION_TRAVEL = 0.15
"""A car no more than this above the ground (m) has its wheels on the ground."""
GRIP_USE = 0.99
"""Share of an axle's grip that drive and brakes can use, as anti-lock and traction control leave some."""
LEAST_ALONG = 0.2
"""Share of an axle's grip that drive and brakes get however hard the corner; the rest goes to cornering first."""
SLIDING = 0.1
"""Share of an axle's grip, the last before it slides, over which stability control takes back throttle or brake."""
REST_SPEED = 0.02
SHIFT_UP, SHIFT_DOWN = 0.72, 0.42
"""Shares of the rev limit at which the automatic gearbox changes; gears lie closer than their ratio."""
LOAD_TIME = 0.05
"""Time (s) in which load moves between the axles; a body's pitch on its springs takes about that long."""
LEAST_LOAD = 0.05
"""Share of the weight that an axle keeps whatever the acceleration: no wheelies."""
