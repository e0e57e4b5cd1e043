"""Trucks, vans and buses."""

from __future__ import annotations

from carla_drl_sim.world.vehicle_builder import (
    TRUCK_BRAKING,
    Published,
    vehicle,
)
from carla_drl_sim.world.vehicle_model import VehicleModel

HEAVY_BRAKING = (
    "class-typical: truck tractor without load, 60-0 mph in 235 ft, the limit of FMVSS 121, articles.sae.org; "
    "60-0 mph times 1.07"
)
HEAVY_SPRINT = "class-typical: heavy vehicle, 0-80 km/h at the power and weight it has"
HEAVY_CIRCLE = "class-typical: 17 to 18 m for heavy vehicles with a wheelbase of 4.5 m"
LIGHT_TRUCK_SPRINT = "class-typical: light truck with 26 W/kg, 0-80 km/h"
LIGHT_TRUCK_CIRCLE = "class-typical: 14 m for light trucks and pick-ups"

# One block per vehicle: body and axles, drivetrain, published figures, blueprint attributes.
# fmt: off
LARGE: tuple[VehicleModel, ...] = (
    vehicle("carlamotors.carlacola", extent=(2.602, 1.313, 1.234), mass_kg=4200.0, wheelbase_m=3.0, track_m=1.8,
            front_load=0.45, wheel_radius_m=0.42, engine_kw=110.0, tractive_force_n=9560.0,
            front_drive=0.0, top_speed_kmh=120.0, drag_area_m2=3.5,
            published=Published(
                16.0, LIGHT_TRUCK_SPRINT,
                76.8, HEAVY_BRAKING,
                14.0, LIGHT_TRUCK_CIRCLE,
                sprint_kmh=80.0,
            ),
            base_type="truck", centre_of_mass_z=1.0, colors=(), max_rpm=3500.0),
    vehicle("carlamotors.european_hgv", extent=(3.968, 1.446, 1.731), mass_kg=9000.0, wheelbase_m=4.5, track_m=2.05,
            front_load=0.5, wheel_radius_m=0.5, engine_kw=330.0, tractive_force_n=18510.0,
            front_drive=0.0, top_speed_kmh=100.0, drag_area_m2=6.0,
            published=Published(
                13.0, HEAVY_SPRINT,
                76.8, HEAVY_BRAKING,
                17.0, HEAVY_CIRCLE,
                sprint_kmh=80.0,
            ),
            base_type="truck", generation=2, number_of_wheels=6, centre_of_mass_z=1.1, colors=(), max_rpm=2300.0),
    vehicle("carlamotors.firetruck", extent=(4.234, 1.446, 1.914), mass_kg=14000.0, wheelbase_m=4.4, track_m=2.05,
            front_load=0.42, wheel_radius_m=0.5, engine_kw=260.0, tractive_force_n=26180.0,
            front_drive=0.0, top_speed_kmh=110.0, drag_area_m2=6.5,
            published=Published(
                22.0, HEAVY_SPRINT,
                76.8, HEAVY_BRAKING,
                18.0, HEAVY_CIRCLE,
                sprint_kmh=80.0,
            ),
            base_type="truck", special_type="emergency", generation=2, has_lights=True, has_dynamic_doors=True,
            centre_of_mass_z=1.2, colors=(), max_rpm=2300.0),
    vehicle("ford.ambulance", extent=(3.183, 1.176, 1.216), mass_kg=4500.0, wheelbase_m=3.9, track_m=1.75,
            front_load=0.42, wheel_radius_m=0.38, engine_kw=225.0, tractive_force_n=11580.0,
            front_drive=0.0, top_speed_kmh=150.0, drag_area_m2=3.0,
            published=Published(
                14.0,
                "class-typical: box body on a van chassis with 50 W/kg, between Audi A2 and VW Kombi",
                47.4, TRUCK_BRAKING,
                14.0, LIGHT_TRUCK_CIRCLE,
            ),
            base_type="van", special_type="emergency", generation=2, has_lights=True, has_dynamic_doors=True,
            centre_of_mass_z=1.0, colors=(), max_rpm=4000.0),
    vehicle("mercedes.sprinter", extent=(2.958, 0.994, 1.28), mass_kg=2500.0, wheelbase_m=3.665, track_m=1.71,
            front_load=0.55, wheel_radius_m=0.34, engine_kw=120.0, tractive_force_n=6760.0,
            front_drive=0.0, top_speed_kmh=160.0, drag_area_m2=1.6,
            published=Published(
                14.0,
                "class-typical: van with 48 W/kg, between Audi A2 and VW Kombi",
                47.4, TRUCK_BRAKING,
                13.6,
                "class-typical: van with a wheelbase of 3.7 m, a little less than light trucks",
            ),
            base_type="van", generation=2, has_lights=True, has_dynamic_doors=True, centre_of_mass_z=0.85, max_rpm=4500.0),
    vehicle("mitsubishi.fusorosa", extent=(5.136, 1.972, 2.126), mass_kg=6500.0, wheelbase_m=4.55, track_m=1.8,
            front_load=0.42, wheel_radius_m=0.42, engine_kw=130.0, tractive_force_n=21240.0,
            front_drive=0.0, top_speed_kmh=115.0, drag_area_m2=5.0,
            published=Published(
                20.0,
                "class-typical: light bus with 20 W/kg, 0-80 km/h about as a loaded light truck",
                76.8, HEAVY_BRAKING,
                17.0, HEAVY_CIRCLE,
                sprint_kmh=80.0,
            ),
            base_type="bus", generation=2, has_lights=True, centre_of_mass_z=1.1, colors=(), max_rpm=3000.0),
    vehicle("tesla.cybertruck", extent=(3.137, 1.195, 1.049), mass_kg=3120.0, wheelbase_m=3.8, track_m=1.75,
            front_load=0.5, wheel_radius_m=0.44, engine_kw=440.0, tractive_force_n=19560.0,
            front_drive=0.45, top_speed_kmh=180.0, drag_area_m2=1.1,
            published=Published(
                4.8, "concept of 2019 with two motors, 0-60 mph in 4.5 s, mybroadband.co.za; 0-60 mph times 1.06",
                47.4, TRUCK_BRAKING,
                14.0, LIGHT_TRUCK_CIRCLE,
            ),
            base_type="truck", special_type="electric", generation=2, centre_of_mass_z=0.65, driveline_efficiency=0.9),
    vehicle("volkswagen.t2", extent=(2.24, 1.035, 1.019), mass_kg=1375.0, wheelbase_m=2.4, track_m=1.4,
            front_load=0.47, wheel_radius_m=0.33, engine_kw=57.0, tractive_force_n=4120.0,
            front_drive=0.0, top_speed_kmh=130.0, drag_area_m2=1.25,
            published=Published(
                16.0, "Kombi 1.4 (Brazil), 0-100 km/h in 16 s, caravanpriceguide.com",
                53.3,
                "class-typical of the 1960s: Mustang GT, 60-0 mph in 163 ft, Motor Trend June "
                "1966; 60-0 mph times 1.07",
                11.3, "class-typical: 11.3 m as for the BMW 2 Series Active Tourer, carsales.com.au",
            ),
            gears=4, base_type="van", has_lights=True, centre_of_mass_z=0.75),
    vehicle("volkswagen.t2_2021", extent=(2.221, 0.889, 0.994), mass_kg=1375.0, wheelbase_m=2.4, track_m=1.4,
            front_load=0.47, wheel_radius_m=0.33, engine_kw=57.0, tractive_force_n=4130.0,
            front_drive=0.0, top_speed_kmh=130.0, drag_area_m2=1.25,
            published=Published(
                16.0, "Kombi 1.4 (Brazil), 0-100 km/h in 16 s, caravanpriceguide.com",
                53.3,
                "class-typical of the 1960s: Mustang GT, 60-0 mph in 163 ft, Motor Trend June "
                "1966; 60-0 mph times 1.07",
                11.3, "class-typical: 11.3 m as for the BMW 2 Series Active Tourer, carsales.com.au",
            ),
            gears=4, generation=2, has_lights=True, has_dynamic_doors=True, base_type="van", centre_of_mass_z=0.75),
)
# fmt: on
