"""What a vehicle model is: blueprint attributes, body, drivetrain, brakes, tyres and published performance."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """Performance of the real car and where each figure was published; the dynamics are tested against these."""

    sprint_s: float
    """From rest to `sprint_kmh`."""
    sprint_source: str
    braking_m: float
    """From `braking_kmh` to rest."""
    braking_source: str
    turning_circle_m: float
    """Kerb to kerb: diameter of the circle around the outer front tyre."""
    turning_circle_source: str
    sprint_kmh: float = 100.0
    braking_kmh: float = 100.0


@dataclass(frozen=True)
class VehicleModel:
    """A vehicle's blueprint attributes and physics. SI units unless the name says otherwise.

    Attributes:
        id: blueprint id, for example vehicle.tesla.model3.
        base_type, special_type, generation, number_of_wheels, has_lights, has_dynamic_doors: CARLA's attributes.
        colors: recommended paint as "r,g,b".
        driver_ids: riders to choose from, for two-wheelers.
        extent: half sizes of the bounding box (x, y, z) in m, mirrors included, as CARLA gives them.
        box_centre_z: height of the box's centre above the ground.
        mass_kg: ready to drive, with a driver.
        front_load: share of the weight on the front axle; also gives the place of the centre of mass.
        centre_of_mass_x: how far a client has moved the centre of mass forward.
        centre_of_mass_z: height of the centre of mass; moves load between the axles.
        max_steer_deg: single-track steering angle at full lock.
        steering_curve: speed in km/h and the share of the steering angle that the wheel still gives there.
        steer_rate_deg_s: how fast the front wheels turn.
        power_w: greatest power at the wheels.
        tractive_force_n: greatest force at the wheels, the launch limit.
        front_drive: share of the drive on the front axle: 1 front, 0 rear.
        gear_speeds_mps: speed at the rev limit in each forward gear, first gear first.
        full_power_from: share of the rev limit from which on the engine gives its full power.
        max_rpm, idle_rpm: engine speed at the rev limit and at rest.
        reverse_speed_mps: speed at the rev limit in reverse.
        drag_area_m2: drag coefficient times frontal area.
        rolling_resistance: force per weight.
        brake_deceleration_mps2: with the brake pedal fully down on a dry road.
        hand_brake_force_n: of the hand brake, on the rear wheels.
        tyre_friction: greatest tyre force per wheel load.
        front_cornering, rear_cornering: cornering stiffness per axle load, 1/rad.
        published: figures of the real car.
    """

    id: str
    extent: tuple[float, float, float]
    mass_kg: float
    wheelbase_m: float
    track_m: float
    front_load: float
    wheel_radius_m: float
    max_steer_deg: float
    power_w: float
    tractive_force_n: float
    front_drive: float
    top_speed_mps: float
    gear_speeds_mps: tuple[float, ...]
    drag_area_m2: float
    brake_deceleration_mps2: float
    hand_brake_force_n: float
    tyre_friction: float
    published: Published
    base_type: str = "car"
    special_type: str = ""
    generation: int = 1
    number_of_wheels: int = 4
    has_lights: bool = False
    has_dynamic_doors: bool = False
    colors: tuple[str, ...] = ()
    driver_ids: tuple[str, ...] = ()
    centre_of_mass_x: float = 0.0
    centre_of_mass_z: float = 0.55
    steering_curve: tuple[tuple[float, float], ...] = ((0.0, 1.0), (120.0, 1.0))
    steer_rate_deg_s: float = 90.0
    rolling_resistance: float = 0.012
    front_cornering: float = 14.0
    rear_cornering: float = 16.0
    full_power_from: float = 0.42
    reverse_speed_mps: float = 10.0
    max_rpm: float = 6000.0
    idle_rpm: float = 800.0

    @property
    def box_centre_z(self) -> float:
        """Height of the bounding box's centre above the ground: the box stands on the ground."""
        return self.extent[2]

    @property
    def make(self) -> str:
        """Second part of the id, a blueprint tag."""
        return self.id.split(".")[1]

    @property
    def name(self) -> str:
        """Third part of the id, a blueprint tag."""
        return self.id.split(".")[2]


TYRE_HALF_WIDTH_M = 0.1
"""From the steering axis to the outer edge of the tyre's footprint, roughly."""


def steer_for_turning_circle(turning_circle_m: float, wheelbase_m: float, track_m: float) -> float:
    """Single-track steering angle (deg) with which the outer front tyre runs on a circle of the given diameter.

    Raises:
        ValueError: the circle is too small for the wheelbase.
    """
    outer = 0.5 * turning_circle_m - TYRE_HALF_WIDTH_M
    if outer <= math.hypot(wheelbase_m, track_m):
        raise ValueError(f"turning circle {turning_circle_m} m does not fit a wheelbase of {wheelbase_m} m")
    rear = math.sqrt(outer * outer - wheelbase_m * wheelbase_m) - 0.5 * track_m
    return math.degrees(math.atan(wheelbase_m / rear))


GEAR_STEP = 1.5
"""Ratio between neighbouring gears of the automatic gearboxes, as in common five- and six-speed boxes."""
TOP_GEAR_RESERVE = 1.08
"""Speed at the rev limit in top gear over the top speed."""


def gear_speeds(top_speed_mps: float, gears: int) -> tuple[float, ...]:
    """Speeds (m/s) at the rev limit in gears 1 to `gears`, evenly stepped up to a little more than the top speed.

    Raises:
        ValueError: there is no gear.
    """
    if gears < 1:
        raise ValueError(f"a vehicle with {gears} gears: needed is at least one")
    top = TOP_GEAR_RESERVE * top_speed_mps
    return tuple(top / GEAR_STEP ** (gears - gear) for gear in range(1, gears + 1))
