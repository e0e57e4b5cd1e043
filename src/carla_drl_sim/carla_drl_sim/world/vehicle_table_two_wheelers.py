"""Motorcycles and bicycles, with their riders.

They neither lean nor fall: the single-track model keeps them upright.
"""

from __future__ import annotations

from carla_drl_sim.world.vehicle_builder import (
    Published,
    vehicle,
)
from carla_drl_sim.world.vehicle_model import VehicleModel

TWO_WHEELER_TRACK = 0.1
HANDLEBAR = ((0.0, 1.0), (10.0, 1.0), (30.0, 0.5), (60.0, 0.3), (120.0, 0.2))
"""Share of the handlebar's angle over the speed in km/h: nobody turns it far at speed. An estimate."""
RIDERS = ("1", "2", "3", "4", "5", "6", "7")
"""Numbers of adult pedestrians, as CARLA's `driver_id` has them."""

BICYCLE_SPRINT = "class-typical: 0-20 km/h of an easy-going cyclist who can do 250 W"
BICYCLE_BRAKING = "class-typical: 0.5 g before the rear wheel lifts, bikeforums.net, from 25 km/h"
BICYCLE_CIRCLE = "class-typical: estimate from a handlebar angle of about 40 degrees"
MOTORCYCLE_BRAKING = (
    "Yamaha YZF600R, 60-0 mph in 108.2 ft, Motorcycle Consumer News at geezerwithagrudge.blogspot.com; "
    "60-0 mph times 1.07"
)
MOTORCYCLE_CIRCLE = "class-typical: estimate from a handlebar angle of about 30 degrees"

# One block per vehicle: body and axles, drivetrain, published figures, blueprint attributes.
# fmt: off
TWO_WHEELERS: tuple[VehicleModel, ...] = (
    vehicle("bh.crossbike", extent=(0.755, 0.433, 0.806), mass_kg=90.0, wheelbase_m=1.06, track_m=TWO_WHEELER_TRACK,
            front_load=0.46, wheel_radius_m=0.34, engine_kw=0.25, tractive_force_n=99.0,
            front_drive=0.0, top_speed_kmh=30.0, drag_area_m2=0.55,
            published=Published(
                8.0, BICYCLE_SPRINT,
                4.9, BICYCLE_BRAKING,
                3.8, BICYCLE_CIRCLE,
                sprint_kmh=20.0,
                braking_kmh=25.0,
            ),
            base_type="bicycle", number_of_wheels=2, has_lights=True, gears=1, driveline_efficiency=1.0,
            centre_of_mass_z=0.95, rolling_resistance=0.006, reverse_speed_mps=1.0, max_rpm=100.0, colors=(),
            driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("diamondback.century", extent=(0.828, 0.291, 0.81), mass_kg=90.0, wheelbase_m=1.0, track_m=TWO_WHEELER_TRACK,
            front_load=0.46, wheel_radius_m=0.34, engine_kw=0.25, tractive_force_n=99.0,
            front_drive=0.0, top_speed_kmh=30.0, drag_area_m2=0.55,
            published=Published(
                8.0, BICYCLE_SPRINT,
                4.9, BICYCLE_BRAKING,
                3.8, BICYCLE_CIRCLE,
                sprint_kmh=20.0,
                braking_kmh=25.0,
            ),
            base_type="bicycle", number_of_wheels=2, has_lights=True, gears=1, driveline_efficiency=1.0,
            centre_of_mass_z=0.95, rolling_resistance=0.006, reverse_speed_mps=1.0, max_rpm=100.0, colors=(),
            driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("gazelle.omafiets", extent=(0.922, 0.33, 0.888), mass_kg=90.0, wheelbase_m=1.13, track_m=TWO_WHEELER_TRACK,
            front_load=0.46, wheel_radius_m=0.34, engine_kw=0.25, tractive_force_n=99.0,
            front_drive=0.0, top_speed_kmh=30.0, drag_area_m2=0.55,
            published=Published(
                8.0, BICYCLE_SPRINT,
                4.9, BICYCLE_BRAKING,
                3.8, BICYCLE_CIRCLE,
                sprint_kmh=20.0,
                braking_kmh=25.0,
            ),
            base_type="bicycle", number_of_wheels=2, has_lights=True, gears=1, driveline_efficiency=1.0,
            centre_of_mass_z=0.95, rolling_resistance=0.006, reverse_speed_mps=1.0, max_rpm=100.0, colors=(),
            driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("harley-davidson.low_rider", extent=(1.175, 0.383, 0.825), mass_kg=380.0, wheelbase_m=1.63, track_m=TWO_WHEELER_TRACK,
            front_load=0.48, wheel_radius_m=0.32, engine_kw=63.0, tractive_force_n=1970.0,
            front_drive=0.0, top_speed_kmh=180.0, drag_area_m2=0.65,
            published=Published(
                5.8,
                "class-typical: Harley-Davidson Road King, 0-60 mph a full second after a BMW with 4.45 s, Michigan "
                "State Police tests of the 2010 models, policemag.com; 0-60 mph times 1.06",
                35.7,
                "class-typical: Harley-Davidson V-Rod, 60-0 mph in 109.5 ft, Motorcycle Consumer News; "
                "60-0 mph times 1.07",
                6.2, MOTORCYCLE_CIRCLE,
            ),
            base_type="motorcycle", number_of_wheels=2, has_lights=True, gears=5, centre_of_mass_z=0.6, reverse_speed_mps=1.5, max_rpm=5500.0,
            colors=(), driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("kawasaki.ninja", extent=(1.022, 0.398, 0.762), mass_kg=285.0, wheelbase_m=1.41, track_m=TWO_WHEELER_TRACK,
            front_load=0.5, wheel_radius_m=0.31, engine_kw=53.0, tractive_force_n=1810.0,
            front_drive=0.0, top_speed_kmh=210.0, drag_area_m2=0.5,
            published=Published(
                4.7,
                "class-typical: BMW R 1200 RT, 0-60 mph in 4.45 s, Michigan State Police tests of the 2010 models, "
                "policemag.com; 0-60 mph times 1.06",
                35.3, MOTORCYCLE_BRAKING,
                5.8, MOTORCYCLE_CIRCLE,
            ),
            base_type="motorcycle", number_of_wheels=2, centre_of_mass_z=0.6, reverse_speed_mps=1.5, max_rpm=11000.0,
            colors=(), driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("vespa.zx125", extent=(0.909, 0.433, 0.795), mass_kg=190.0, wheelbase_m=1.28, track_m=TWO_WHEELER_TRACK,
            front_load=0.45, wheel_radius_m=0.22, engine_kw=7.4, tractive_force_n=560.0,
            front_drive=0.0, top_speed_kmh=90.0, drag_area_m2=0.6,
            published=Published(
                7.0,
                "class-typical: scooter with 10.06 hp (kathmandupost.com), 0-60 km/h at the power it has",
                19.8,
                "class-typical: motorcycle on a dry road, 7 m/s^2, from 60 km/h, liikenneturva.fi",
                4.6, MOTORCYCLE_CIRCLE,
                sprint_kmh=60.0,
                braking_kmh=60.0,
            ),
            base_type="motorcycle", number_of_wheels=2, gears=1, centre_of_mass_z=0.6, reverse_speed_mps=1.5, max_rpm=8000.0,
            colors=(), driver_ids=RIDERS, steering_curve=HANDLEBAR),
    vehicle("yamaha.yzf", extent=(1.095, 0.433, 0.765), mass_kg=285.0, wheelbase_m=1.415, track_m=TWO_WHEELER_TRACK,
            front_load=0.5, wheel_radius_m=0.31, engine_kw=74.0, tractive_force_n=1800.0,
            front_drive=0.0, top_speed_kmh=230.0, drag_area_m2=0.5,
            published=Published(
                4.7,
                "class-typical: BMW R 1200 RT, 0-60 mph in 4.45 s, Michigan State Police tests of the 2010 models, "
                "policemag.com; 0-60 mph times 1.06",
                35.3, MOTORCYCLE_BRAKING,
                5.8, MOTORCYCLE_CIRCLE,
            ),
            base_type="motorcycle", number_of_wheels=2, has_lights=True, centre_of_mass_z=0.6, reverse_speed_mps=1.5, max_rpm=13000.0,
            colors=(), driver_ids=RIDERS, steering_curve=HANDLEBAR),
)
# fmt: on
