"""Cars of CARLA's second generation of vehicles."""

from __future__ import annotations

from carla_drl_sim.world.vehicle_builder import (
    HATCHBACK_CIRCLE,
    LARGE_CIRCLE,
    MKZ_CIRCLE,
    SPORT_BRAKING,
    TRUCK_BRAKING,
    Published,
    vehicle,
)
from carla_drl_sim.world.vehicle_model import VehicleModel

# One block per vehicle: body and axles, drivetrain, published figures, blueprint attributes.
# fmt: off
CARS: tuple[VehicleModel, ...] = (
    vehicle("dodge.charger_2020", extent=(2.504, 0.941, 0.767), mass_kg=2060.0, wheelbase_m=3.052, track_m=1.61,
            front_load=0.54, wheel_radius_m=0.36, engine_kw=276.0, tractive_force_n=11160.0,
            front_drive=0.0, top_speed_kmh=233.0, drag_area_m2=0.76,
            published=Published(
                5.4, "Charger R/T 5.7, 0-60 mph in 5.1 s, road test of the 2015 model year; 0-60 mph times 1.06",
                40.6, "Charger R/T, 70-0 mph in 169 ft, Car and Driver; 70-0 mph times 0.79",
                11.6, LARGE_CIRCLE,
            ),
            generation=2, has_lights=True, has_dynamic_doors=True),
    vehicle("dodge.charger_police_2020", extent=(2.619, 0.965, 0.819), mass_kg=2060.0, wheelbase_m=3.052, track_m=1.61,
            front_load=0.54, wheel_radius_m=0.36, engine_kw=276.0, tractive_force_n=9360.0,
            front_drive=0.0, top_speed_kmh=235.0, drag_area_m2=0.78,
            published=Published(
                6.4,
                "Charger 5.7 police package, 0-60 mph in 6.0 s, Michigan State Police tests of the 2010 models, "
                "policemag.com; 0-60 mph times 1.06",
                45.0,
                "Charger 3.5 police package, 60-0 mph in 138 ft, Michigan State Police tests of the 2010 models, "
                "policemag.com; 60-0 mph times 1.07",
                11.6, LARGE_CIRCLE,
            ),
            special_type="emergency", generation=2, has_lights=True, has_dynamic_doors=True, colors=()),
    vehicle("ford.crown", extent=(2.683, 0.9, 0.787), mass_kg=1900.0, wheelbase_m=2.913, track_m=1.62,
            front_load=0.56, wheel_radius_m=0.34, engine_kw=178.0, tractive_force_n=6610.0,
            front_drive=0.0, top_speed_kmh=200.0, drag_area_m2=0.75,
            published=Published(
                8.6,
                "class-typical: Chevrolet Tahoe 5.3 police package, 0-60 mph in 8.13 s, Michigan State Police "
                "tests of the 2010 models, policemag.com; 0-60 mph times 1.06",
                45.0,
                "class-typical: Dodge Charger 3.5 police package, 60-0 mph in 138 ft, Michigan State Police tests "
                "of the 2010 models, policemag.com; 60-0 mph times 1.07",
                11.6, LARGE_CIRCLE,
            ),
            special_type="taxi", generation=2, has_lights=True, has_dynamic_doors=True, colors=()),
    vehicle("lincoln.mkz_2020", extent=(2.446, 0.918, 0.745), mass_kg=1845.0, wheelbase_m=2.85, track_m=1.58,
            front_load=0.59, wheel_radius_m=0.33, engine_kw=183.0, tractive_force_n=7100.0,
            front_drive=0.6, top_speed_kmh=220.0, drag_area_m2=0.66,
            published=Published(
                7.8, "MKZ 2.0T AWD, 0-60 mph in 7.4 s, road test of 2014; 0-60 mph times 1.06",
                37.5, "2017 MKZ 3.0T AWD, 70-0 mph in 156 ft, Car and Driver; 70-0 mph times 0.79",
                11.5, MKZ_CIRCLE,
            ),
            generation=2, has_lights=True, has_dynamic_doors=True),
    vehicle("mercedes.coupe_2020", extent=(2.337, 0.906, 0.721), mass_kg=1640.0, wheelbase_m=2.84, track_m=1.57,
            front_load=0.53, wheel_radius_m=0.33, engine_kw=180.0, tractive_force_n=8800.0,
            front_drive=0.0, top_speed_kmh=250.0, drag_area_m2=0.6,
            published=Published(
                6.0, "C 300 Coupe, 0-100 km/h in about 6 s, moteurnature.com",
                38.6, SPORT_BRAKING,
                11.3, "class-typical: 11.3 m as for the BMW 2 Series Active Tourer, carsales.com.au",
            ),
            generation=2, has_lights=True, has_dynamic_doors=True),
    vehicle("mini.cooper_s_2021", extent=(2.276, 1.049, 0.883), mass_kg=1370.0, wheelbase_m=2.567, track_m=1.5,
            front_load=0.62, wheel_radius_m=0.31, engine_kw=141.0, tractive_force_n=6180.0,
            front_drive=1.0, top_speed_kmh=232.0, drag_area_m2=0.66,
            published=Published(
                6.9, "Cooper S 5-door, 0-100 km/h in 6.9 s, performancedrive.com.au",
                38.6, SPORT_BRAKING,
                10.8, HATCHBACK_CIRCLE,
            ),
            generation=2, has_lights=True, has_dynamic_doors=True),
    vehicle("nissan.patrol_2021", extent=(2.783, 1.075, 1.023), mass_kg=2875.0, wheelbase_m=3.075, track_m=1.705,
            front_load=0.53, wheel_radius_m=0.4, engine_kw=298.0, tractive_force_n=13470.0,
            front_drive=0.4, top_speed_kmh=210.0, drag_area_m2=1.25,
            published=Published(
                6.7, "Infiniti QX56 (the Patrol's twin), 0-60 mph in 6.3 s, MotorWeek; 0-60 mph times 1.06",
                47.4, TRUCK_BRAKING,
                12.4, "class-typical: 12.4 m for a Tesla Model X, carspecslab.com",
            ),
            generation=2, has_lights=True, has_dynamic_doors=True, centre_of_mass_z=0.8),
)
# fmt: on
