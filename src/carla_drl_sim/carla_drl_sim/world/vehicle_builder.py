"""Makes vehicle models from a few figures; sources that several vehicles share."""

from __future__ import annotations

from carla_drl_sim.world.vehicle_model import (
    Published,
    VehicleModel,
    gear_speeds,
    steer_for_turning_circle,
)

__all__ = [
    "HATCHBACK_BRAKING",
    "HATCHBACK_CIRCLE",
    "LARGE_BRAKING",
    "LARGE_CIRCLE",
    "LEON_CIRCLE",
    "MKZ_CIRCLE",
    "SPORT_BRAKING",
    "TRUCK_BRAKING",
    "Published",
    "vehicle",
]

_AIR_AND_ROLLING = 0.25
"""Mean deceleration in m/s^2 that drag and rolling resistance add to the brakes between 100 km/h and 0."""
_LEAST_FRICTION = 0.95
_COLORS = ("17,37,103", "66,0,0", "137,0,0", "255,255,255", "0,0,0", "97,134,158")

HATCHBACK_BRAKING = (
    "class-typical: 60-0 mph in 38.9 m, mean of Audi A3 1.4 TFSI, BMW 116i and Mercedes A 170, Auto Express; "
    "60-0 mph times 1.07"
)
HATCHBACK_CIRCLE = (
    "class-typical: 10.8 m, mean of Audi A3 1.4 TFSI, BMW 116i and Mercedes A 170, Auto Express"
)
SPORT_BRAKING = (
    "class-typical: 60-0 mph in 36.0 m, mean of SEAT Leon 2.0T FSI and Ford Focus ST, Auto Express; "
    "60-0 mph times 1.07"
)
LEON_CIRCLE = "SEAT Leon 2.0T FSI, 10.7 m, Auto Express; the Audi TT stands on the same platform"
LARGE_BRAKING = "class-typical: Dodge Charger R/T, 70-0 mph in 169 ft, Car and Driver; 70-0 mph times 0.79"
LARGE_CIRCLE = "class-typical: Chevrolet Impala 2007, 38 ft, carro-carros.com"
TRUCK_BRAKING = (
    "class-typical: Ford F-150, 60-0 mph in about 145 ft, Consumer Reports test of the Tesla Model 3; "
    "60-0 mph times 1.07"
)
MKZ_CIRCLE = "Lincoln MKZ 2010, 37.7 ft, drivingthenation.com; the generation before"


def vehicle(
    name: str,
    *,
    extent: tuple[float, float, float],
    mass_kg: float,
    wheelbase_m: float,
    track_m: float,
    front_load: float,
    wheel_radius_m: float,
    engine_kw: float,
    tractive_force_n: float,
    front_drive: float,
    top_speed_kmh: float,
    drag_area_m2: float,
    published: Published,
    gears: int = 0,
    driveline_efficiency: float = 0.85,
    base_type: str = "car",
    special_type: str = "",
    generation: int = 1,
    number_of_wheels: int = 4,
    has_lights: bool = False,
    has_dynamic_doors: bool = False,
    colors: tuple[str, ...] = _COLORS,
    driver_ids: tuple[str, ...] = (),
    centre_of_mass_z: float = 0.55,
    rolling_resistance: float = 0.012,
    reverse_speed_mps: float = 10.0,
    max_rpm: float = 6000.0,
    steering_curve: tuple[tuple[float, float], ...] = ((0.0, 1.0), (120.0, 1.0)),
) -> VehicleModel:
    """A model whose steering, brakes and tyres follow from the published turning circle and braking distance.

    `tractive_force_n` is fitted to the published sprint at the given power. Without a number of `gears` electric
    vehicles have one and all others six.
    """
    deceleration = (published.braking_kmh / 3.6) ** 2 / (2.0 * published.braking_m)
    # Anti-lock brakes use nearly all of the grip in a full stop.
    friction = max(_LEAST_FRICTION, deceleration / (0.97 * 9.81))
    is_electric = special_type == "electric"
    gears = gears or (1 if is_electric else 6)
    has_engine = not is_electric and base_type != "bicycle"
    return VehicleModel(
        id=f"vehicle.{name}",
        extent=extent,
        mass_kg=mass_kg,
        wheelbase_m=wheelbase_m,
        track_m=track_m,
        front_load=front_load,
        wheel_radius_m=wheel_radius_m,
        max_steer_deg=steer_for_turning_circle(published.turning_circle_m, wheelbase_m, track_m),
        power_w=driveline_efficiency * 1000.0 * engine_kw,
        tractive_force_n=tractive_force_n,
        front_drive=front_drive,
        top_speed_mps=top_speed_kmh / 3.6,
        gear_speeds_mps=gear_speeds(top_speed_kmh / 3.6, gears),
        # What has one gear gives its full power from where the launch force ends.
        full_power_from=0.42 if gears > 1 else 0.1,
        max_rpm=15000.0 if is_electric else max_rpm,
        idle_rpm=0.15 * max_rpm if has_engine else 0.0,
        drag_area_m2=drag_area_m2,
        brake_deceleration_mps2=deceleration - _AIR_AND_ROLLING,
        hand_brake_force_n=0.9 * friction * 9.81 * mass_kg * (1.0 - front_load),
        tyre_friction=friction,
        published=published,
        base_type=base_type,
        special_type=special_type,
        generation=generation,
        number_of_wheels=number_of_wheels,
        has_lights=has_lights,
        has_dynamic_doors=has_dynamic_doors,
        colors=colors,
        driver_ids=driver_ids,
        centre_of_mass_z=centre_of_mass_z,
        rolling_resistance=rolling_resistance,
        reverse_speed_mps=reverse_speed_mps,
        steering_curve=steering_curve,
    )
