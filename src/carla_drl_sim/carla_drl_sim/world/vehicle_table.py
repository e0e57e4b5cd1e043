"""The table of vehicle models.

Bodies are those of CARLA's blueprints; mass, axles, engine power and performance are those of the cars they depict.
Where a source gives miles per hour, the figure is converted: 0-60 mph times 1.06 for 0-100 km/h, braking distances
with the square of the speed (60-0 mph times 1.07, 70-0 mph times 0.79). Where no figure of the very car was found, the
source starts with "class-typical" and names the car that the value comes from. Drag areas, axle loads, tracks and
wheel radii are estimates.
"""

from __future__ import annotations

from carla_drl_sim.world.vehicle_model import (
    Published,
    VehicleModel,
    gear_speeds,
    steer_for_turning_circle,
)

_AIR_AND_ROLLING = 0.25
"""Mean deceleration in m/s^2 that drag and rolling resistance add to the brakes between 100 km/h and 0."""
_LEAST_FRICTION = 0.95
_COLORS = ("17,37,103", "66,0,0", "137,0,0", "255,255,255", "0,0,0", "97,134,158")

_HATCHBACK_BRAKING = (
    "class-typical: 60-0 mph in 38.9 m, mean of Audi A3 1.4 TFSI, BMW 116i and Mercedes A 170, Auto Express; "
    "60-0 mph times 1.07"
)
_HATCHBACK_CIRCLE = (
    "class-typical: 10.8 m, mean of Audi A3 1.4 TFSI, BMW 116i and Mercedes A 170, Auto Express"
)
_SPORT_BRAKING = (
    "class-typical: 60-0 mph in 36.0 m, mean of SEAT Leon 2.0T FSI and Ford Focus ST, Auto Express; "
    "60-0 mph times 1.07"
)
_LEON_CIRCLE = "SEAT Leon 2.0T FSI, 10.7 m, Auto Express; the Audi TT stands on the same platform"
_LARGE_BRAKING = "class-typical: Dodge Charger R/T, 70-0 mph in 169 ft, Car and Driver; 70-0 mph times 0.79"
_LARGE_CIRCLE = "class-typical: Chevrolet Impala 2007, 38 ft, carro-carros.com"
_TRUCK_BRAKING = (
    "class-typical: Ford F-150, 60-0 mph in about 145 ft, Consumer Reports test of the Tesla Model 3; "
    "60-0 mph times 1.07"
)
_MKZ_CIRCLE = "Lincoln MKZ 2010, 37.7 ft, drivingthenation.com; the generation before"


def _car(
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
    has_lights: bool = False,
    has_dynamic_doors: bool = False,
    centre_of_mass_z: float = 0.55,
) -> VehicleModel:
    """A model whose steering, brakes and tyres follow from the published turning circle and braking distance.

    `tractive_force_n` is fitted to the published time to 100 km/h at the given power.
    """
    deceleration = (100.0 / 3.6) ** 2 / (2.0 * published.braking_100_0_m)
    # Anti-lock brakes use nearly all of the grip in a full stop.
    friction = max(_LEAST_FRICTION, deceleration / (0.97 * 9.81))
    gears = gears or (1 if special_type == "electric" else 6)
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
        # An electric motor gives its full power from where the launch force ends.
        full_power_from=0.42 if gears > 1 else 0.1,
        max_rpm=6000.0 if gears > 1 else 15000.0,
        idle_rpm=800.0 if gears > 1 else 0.0,
        drag_area_m2=drag_area_m2,
        brake_deceleration_mps2=deceleration - _AIR_AND_ROLLING,
        hand_brake_force_n=0.9 * friction * 9.81 * mass_kg * (1.0 - front_load),
        tyre_friction=friction,
        published=published,
        base_type=base_type,
        special_type=special_type,
        generation=generation,
        has_lights=has_lights,
        has_dynamic_doors=has_dynamic_doors,
        colors=_COLORS,
        centre_of_mass_z=centre_of_mass_z,
    )


# One block per car: body and axles, drivetrain, published figures, blueprint attributes.
# fmt: off
MODELS: tuple[VehicleModel, ...] = (
    _car("audi.a2", extent=(1.852, 0.894, 0.774), mass_kg=1095.0, wheelbase_m=2.405, track_m=1.46,
         front_load=0.6, wheel_radius_m=0.29, engine_kw=55.0, tractive_force_n=3190.0,
         front_drive=1.0, top_speed_kmh=173.0, drag_area_m2=0.62,
         published=Published(
             13.0,
             "A2 1.4 TDI, 0-60 mph in 12.3 s, Auto Express review of the A2 TDI Sport; 0-60 "
             "mph times 1.06",
             41.7, _HATCHBACK_BRAKING,
             10.8, _HATCHBACK_CIRCLE,
         )),
    _car("audi.tt", extent=(2.09, 0.997, 0.693), mass_kg=1355.0, wheelbase_m=2.468, track_m=1.57,
         front_load=0.6, wheel_radius_m=0.32, engine_kw=147.0, tractive_force_n=6080.0,
         front_drive=1.0, top_speed_kmh=240.0, drag_area_m2=0.66,
         published=Published(
             6.8, "TT 2.0T, 0-60 mph in 6.4 s, Auto Express road test; 0-60 mph times 1.06",
             38.6, _SPORT_BRAKING,
             10.7, _LEON_CIRCLE,
         ),
         has_lights=True),
    _car("bmw.grandtourer", extent=(2.305, 1.121, 0.834), mass_kg=1550.0, wheelbase_m=2.78, track_m=1.56,
         front_load=0.58, wheel_radius_m=0.32, engine_kw=141.0, tractive_force_n=6510.0,
         front_drive=1.0, top_speed_kmh=220.0, drag_area_m2=0.72,
         published=Published(
             7.6, "220i Gran Tourer, 0-62 mph in 7.6 s, launch data at auto.de",
             41.7, _HATCHBACK_BRAKING,
             11.3, "2 Series Active Tourer, 11.3 m, carsales.com.au; the Gran Tourer is its longer sister",
         )),
    _car("chevrolet.impala", extent=(2.679, 1.017, 0.705), mass_kg=1825.0, wheelbase_m=2.837, track_m=1.58,
         front_load=0.6, wheel_radius_m=0.34, engine_kw=227.0, tractive_force_n=8110.0,
         front_drive=1.0, top_speed_kmh=240.0, drag_area_m2=0.7,
         published=Published(
             6.6, "2014 Impala 3.6, 0-60 mph in 6.2 s, Motor Trend; 0-60 mph times 1.06",
             40.6, _LARGE_BRAKING,
             11.6, "2007 Impala, 38 ft, carro-carros.com; the generation before",
         ),
         has_lights=True),
    _car("citroen.c3", extent=(1.994, 0.925, 0.812), mass_kg=1125.0, wheelbase_m=2.54, track_m=1.48,
         front_load=0.62, wheel_radius_m=0.31, engine_kw=81.0, tractive_force_n=3990.0,
         front_drive=1.0, top_speed_kmh=188.0, drag_area_m2=0.7,
         published=Published(
             9.5, "C3 HDi 110 (80 kW), 0-100 km/h in 9.5 s, infomotori.com",
             41.7, _HATCHBACK_BRAKING,
             10.9, "C3 PureTech 110, 10.9 m, practicalmotoring.com.au",
         )),
    _car("dodge.charger_2020", extent=(2.503, 1.048, 0.767), mass_kg=2060.0, wheelbase_m=3.052, track_m=1.61,
         front_load=0.54, wheel_radius_m=0.36, engine_kw=276.0, tractive_force_n=11160.0,
         front_drive=0.0, top_speed_kmh=233.0, drag_area_m2=0.76,
         published=Published(
             5.4, "Charger R/T 5.7, 0-60 mph in 5.1 s, road test of the 2015 model year; 0-60 mph times 1.06",
             40.6, "Charger R/T, 70-0 mph in 169 ft, Car and Driver; 70-0 mph times 0.79",
             11.6, _LARGE_CIRCLE,
         ),
         generation=2, has_lights=True, has_dynamic_doors=True),
    _car("ford.mustang", extent=(2.359, 0.947, 0.65), mass_kg=1475.0, wheelbase_m=2.743, track_m=1.42,
         front_load=0.56, wheel_radius_m=0.32, engine_kw=125.0, tractive_force_n=5350.0,
         front_drive=0.0, top_speed_kmh=177.0, drag_area_m2=0.92,
         published=Published(
             8.7, "Mustang 289 four-speed, 0-60 mph in 8.2 s, Car and Driver 1964; 0-60 mph times 1.06",
             53.3, "Mustang GT 225 hp, 60-0 mph in 163 ft, Motor Trend June 1966; 60-0 mph times 1.07",
             11.6, _LARGE_CIRCLE,
         ),
         has_lights=True),
    _car("jeep.wrangler_rubicon", extent=(1.933, 0.953, 0.939), mass_kg=1850.0, wheelbase_m=2.424, track_m=1.572,
         front_load=0.52, wheel_radius_m=0.4, engine_kw=209.0, tractive_force_n=6720.0,
         front_drive=0.5, top_speed_kmh=180.0, drag_area_m2=1.4,
         published=Published(
             8.2, "2012 Wrangler two-door 3.6, 0-60 mph in 7.7 s, thecarconnection.com; 0-60 mph times 1.06",
             47.4, _TRUCK_BRAKING,
             10.8, _HATCHBACK_CIRCLE,
         ),
         centre_of_mass_z=0.75),
    _car("lincoln.mkz_2017", extent=(2.451, 1.064, 0.755), mass_kg=2030.0, wheelbase_m=2.85, track_m=1.58,
         front_load=0.59, wheel_radius_m=0.33, engine_kw=298.0, tractive_force_n=11790.0,
         front_drive=0.6, top_speed_kmh=241.0, drag_area_m2=0.66,
         published=Published(
             5.1, "2017 MKZ 3.0T AWD, 0-60 mph in 4.8 s, Car and Driver; 0-60 mph times 1.06",
             37.5, "2017 MKZ 3.0T AWD, 70-0 mph in 156 ft, Car and Driver; 70-0 mph times 0.79",
             11.5, _MKZ_CIRCLE,
         ),
         has_lights=True),
    _car("lincoln.mkz_2020", extent=(2.446, 1.115, 0.74), mass_kg=1845.0, wheelbase_m=2.85, track_m=1.58,
         front_load=0.59, wheel_radius_m=0.33, engine_kw=183.0, tractive_force_n=7100.0,
         front_drive=0.6, top_speed_kmh=220.0, drag_area_m2=0.66,
         published=Published(
             7.8, "MKZ 2.0T AWD, 0-60 mph in 7.4 s, road test of 2014; 0-60 mph times 1.06",
             37.5, "2017 MKZ 3.0T AWD, 70-0 mph in 156 ft, Car and Driver; 70-0 mph times 0.79",
             11.5, _MKZ_CIRCLE,
         ),
         generation=2, has_lights=True, has_dynamic_doors=True),
    _car("mercedes.coupe_2020", extent=(2.337, 1.001, 0.721), mass_kg=1640.0, wheelbase_m=2.84, track_m=1.57,
         front_load=0.53, wheel_radius_m=0.33, engine_kw=180.0, tractive_force_n=8800.0,
         front_drive=0.0, top_speed_kmh=250.0, drag_area_m2=0.6,
         published=Published(
             6.0, "C 300 Coupe, 0-100 km/h in about 6 s, moteurnature.com",
             38.6, _SPORT_BRAKING,
             11.3, "class-typical: 11.3 m as for the BMW 2 Series Active Tourer, carsales.com.au",
         ),
         generation=2, has_lights=True, has_dynamic_doors=True),
    _car("mini.cooper_s_2021", extent=(2.276, 1.049, 0.883), mass_kg=1370.0, wheelbase_m=2.567, track_m=1.5,
         front_load=0.62, wheel_radius_m=0.31, engine_kw=141.0, tractive_force_n=6180.0,
         front_drive=1.0, top_speed_kmh=232.0, drag_area_m2=0.66,
         published=Published(
             6.9, "Cooper S 5-door, 0-100 km/h in 6.9 s, performancedrive.com.au",
             38.6, _SPORT_BRAKING,
             10.8, _HATCHBACK_CIRCLE,
         ),
         generation=2, has_lights=True, has_dynamic_doors=True),
    _car("nissan.micra", extent=(1.817, 0.923, 0.751), mass_kg=1020.0, wheelbase_m=2.45, track_m=1.47,
         front_load=0.62, wheel_radius_m=0.29, engine_kw=59.0, tractive_force_n=2420.0,
         front_drive=1.0, top_speed_kmh=170.0, drag_area_m2=0.7,
         published=Published(
             13.7, "Micra 1.2 (K13), 0-62 mph in 13.7 s, aol.co.uk launch report",
             41.7, _HATCHBACK_BRAKING,
             9.0, "Micra (K13), turning radius 4.5 m, buryfreepress.co.uk",
         )),
    _car("nissan.patrol_2021", extent=(2.783, 1.075, 1.023), mass_kg=2875.0, wheelbase_m=3.075, track_m=1.705,
         front_load=0.53, wheel_radius_m=0.4, engine_kw=298.0, tractive_force_n=13470.0,
         front_drive=0.4, top_speed_kmh=210.0, drag_area_m2=1.25,
         published=Published(
             6.7, "Infiniti QX56 (the Patrol's twin), 0-60 mph in 6.3 s, MotorWeek; 0-60 mph times 1.06",
             47.4, _TRUCK_BRAKING,
             12.4, "class-typical: 12.4 m for a Tesla Model X, carspecslab.com",
         ),
         generation=2, has_lights=True, has_dynamic_doors=True, centre_of_mass_z=0.8),
    _car("seat.leon", extent=(2.096, 0.908, 0.737), mass_kg=1495.0, wheelbase_m=2.578, track_m=1.54,
         front_load=0.6, wheel_radius_m=0.32, engine_kw=147.0, tractive_force_n=6010.0,
         front_drive=1.0, top_speed_kmh=229.0, drag_area_m2=0.68,
         published=Published(
             7.6, "Leon 2.0T FSI, 0-60 mph in 7.2 s, Auto Express; 0-60 mph times 1.06",
             39.3, "Leon 2.0T FSI, 60-0 mph in 36.6 m, Auto Express; 60-0 mph times 1.07",
             10.7, _LEON_CIRCLE,
         )),
    _car("tesla.model3", extent=(2.396, 1.082, 0.744), mass_kg=1920.0, wheelbase_m=2.875, track_m=1.58,
         front_load=0.48, wheel_radius_m=0.335, engine_kw=258.0, tractive_force_n=16000.0,
         front_drive=0.45, top_speed_kmh=233.0, drag_area_m2=0.52,
         published=Published(
             4.2, "Model 3 Long Range AWD, 0-60 mph in 4.0 s, Motor Trend; 0-60 mph times 1.06",
             43.5, "Model 3 Long Range, 60-0 mph in 133 ft, Edmunds 2018; 60-0 mph times 1.07",
             11.8, "Model 3, 11.8 m, carspecslab.com",
         ),
         special_type="electric", has_lights=True, centre_of_mass_z=0.45, driveline_efficiency=0.9),
    _car("toyota.prius", extent=(2.257, 1.003, 0.762), mass_kg=1445.0, wheelbase_m=2.7, track_m=1.52,
         front_load=0.61, wheel_radius_m=0.315, engine_kw=100.0, tractive_force_n=4430.0,
         front_drive=1.0, top_speed_kmh=180.0, drag_area_m2=0.56,
         published=Published(
             10.4, "Prius (2009), 0-62 mph in 10.4 s, contractcarsuk.wordpress.com",
             41.7, _HATCHBACK_BRAKING,
             10.8, _HATCHBACK_CIRCLE,
         ),
         special_type="electric"),
    _car("volkswagen.t2_2021", extent=(2.221, 0.889, 0.994), mass_kg=1375.0, wheelbase_m=2.4, track_m=1.4,
         front_load=0.47, wheel_radius_m=0.33, engine_kw=57.0, tractive_force_n=4130.0,
         front_drive=0.0, top_speed_kmh=130.0, drag_area_m2=1.25,
         published=Published(
             16.0, "Kombi 1.4 (Brazil), 0-100 km/h in 16 s, caravanpriceguide.com",
             53.3,
             "class-typical of the 1960s: Mustang GT, 60-0 mph in 163 ft, Motor Trend June "
             "1966; 60-0 mph times 1.07",
             11.3, "class-typical: 11.3 m as for the BMW 2 Series Active Tourer, carsales.com.au",
         ),
         generation=2, has_lights=True, has_dynamic_doors=True, base_type="van", centre_of_mass_z=0.75),
)
# fmt: on
