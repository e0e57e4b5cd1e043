"""Light, sky and air of a tick, from the weather that clients set."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats32 = npt.NDArray[np.float32]

NOISE_SIZE = 256


class Weather(NamedTuple):
    """``carla.WeatherParameters`` in the order of the wire; percentages 0 to 100, angles in degrees, metres."""

    cloudiness: float
    precipitation: float
    precipitation_deposits: float
    wind_intensity: float
    sun_azimuth: float
    sun_altitude: float
    fog_density: float
    fog_distance: float
    fog_falloff: float
    wetness: float
    scattering_intensity: float
    mie_scattering_scale: float
    rayleigh_scattering_scale: float
    dust_storm: float


SUN, SKY_LIGHT, BOUNCE, ZENITH, HORIZON, GLOW, DISC, CLOUD, FOG = range(9)
"""Rows of `Light.colors`."""

FOG_DENSITY, FOG_START, SHADOW_DEPTH, WET, PUDDLES, RAIN, NIGHT, CLOUDS = range(8)
"""Places in `Light.numbers`."""


class Light(NamedTuple):
    """What kernels need.

    Attributes:
        sun: float64 [3], unit vector to the sun (or to the moon by night).
        shadow: float64 [3], unit vector that shadows are thrown against: the sun, or straight up under clouds.
        colors: float32 [9, 3], linear red, green, blue, 1 being white paper in the sun. SUN: light of the sun on a
            surface that faces it. SKY_LIGHT: light from the whole upper hemisphere; BOUNCE: from the lower one.
            ZENITH, HORIZON: the sky; GLOW: added around the sun; DISC: of the sun itself. CLOUD, FOG: the air.
        numbers: float64 [8]. FOG_DENSITY per metre beyond FOG_START metres. SHADOW_DEPTH: share of the light that a
            shadow takes from the ground. WET 0 to 1; PUDDLES: share of the ground under water; RAIN 0 to 1.
            NIGHT: 0 by day, 1 by night: lamps are seen, windows are lit. CLOUDS: 0 when the sky is clear.
        cloud_alpha: float32 [256, 256], how much of the sky clouds hide.
    """

    sun: npt.NDArray[np.float64]
    shadow: npt.NDArray[np.float64]
    colors: Floats32
    numbers: npt.NDArray[np.float64]
    cloud_alpha: Floats32


def smooth(low: float, high: float, value: float) -> float:
    """0 below `low`, 1 above `high`, without kinks between."""
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _value_noise(cells: int, seed: int) -> npt.NDArray[np.float64]:
    """Noise that repeats after `NOISE_SIZE` samples, with `cells` knots across; values 0 to 1."""
    knots = np.random.Generator(np.random.PCG64(seed)).random((cells, cells))
    at = np.arange(NOISE_SIZE) * (cells / NOISE_SIZE)
    low = at.astype(np.int64)
    share = at - low
    share = share * share * (3.0 - 2.0 * share)
    high = (low + 1) % cells
    rows = knots[low] + (knots[high] - knots[low]) * share[:, None]
    result: npt.NDArray[np.float64] = rows[:, low] + (rows[:, high] - rows[:, low]) * share[None, :]
    return result


@functools.cache
def cloud_noise() -> npt.NDArray[np.float64]:
    """Where clouds are thick, [256, 256], 0 to 1."""
    octaves = ((4, 0.45), (8, 0.28), (16, 0.15), (32, 0.08), (64, 0.04))
    total = sum(weight * _value_noise(cells, 11 + cells) for cells, weight in octaves)
    array = np.asarray(total)
    result: npt.NDArray[np.float64] = (array - array.min()) / (array.max() - array.min())
    return result


SMOOTH = NOISE_SIZE * NOISE_SIZE
"""Where the smooth noise begins in `grain`."""


def _scaled(octaves: Sequence[tuple[int, float]]) -> npt.NDArray[np.float64]:
    total = np.asarray(sum(weight * (_value_noise(cells, 5 + cells) - 0.5) for cells, weight in octaves))
    return np.asarray((1.0 + total / np.abs(total).max() * 0.5).reshape(-1))


@functools.cache
def grain() -> Floats32:
    """Noise for surfaces, float32 [131072]: two pictures of 256 x 256, mean 1, 0.5 to 1.5; fine, then smooth."""
    fine, even = _scaled(((16, 0.25), (64, 0.3), (256, 0.45))), _scaled(((8, 0.4), (16, 0.35), (32, 0.25)))
    return np.ascontiguousarray(np.concatenate((fine, even)), np.float32)


def _color(*values: float) -> Floats32:
    return np.array(values, np.float32)


def _mix(a: Floats32, b: Floats32, share: float) -> Floats32:
    return np.asarray(a + (b - a) * np.float32(share), np.float32)


def _unit_to_sun(azimuth_deg: float, altitude_deg: float) -> npt.NDArray[np.float64]:
    azimuth, altitude = math.radians(azimuth_deg), math.radians(altitude_deg)
    flat = math.cos(altitude)
    return np.array([flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(altitude)])


@functools.lru_cache(maxsize=64)
def _light(weather: Weather) -> Light:
    altitude = weather.sun_altitude
    day = smooth(-8.0, 12.0, altitude)
    low_sun = 1.0 - smooth(2.0, 28.0, altitude)
    clouds = min(max(weather.cloudiness / 100.0, 0.0), 1.0)
    rain = min(max(weather.precipitation / 100.0, 0.0), 1.0)
    wet = min(max(max(weather.wetness, 0.6 * weather.precipitation_deposits) / 100.0, 0.0), 1.0)
    dust = min(max(weather.dust_storm / 100.0, 0.0), 1.0)
    overcast = smooth(0.45, 0.95, max(clouds, 0.8 * rain))
    # Colours were chosen by eye.
    direct = smooth(-1.0, 8.0, altitude) * (1.0 - 0.92 * overcast) * (1.0 - 0.7 * dust)
    sun_light = _mix(_color(1.55, 1.45, 1.28), _color(1.6, 0.85, 0.4), low_sun) * np.float32(direct)
    blue = _mix(_color(0.30, 0.36, 0.48), _color(0.26, 0.26, 0.36), low_sun)
    grey = _color(0.52, 0.54, 0.56)
    sky_light = _mix(blue, grey, overcast) * np.float32(0.035 + 0.965 * day)
    night = 1.0 - smooth(-6.0, 4.0, altitude)
    street = _color(0.055, 0.045, 0.032) * np.float32(night)
    sky_light = np.asarray(sky_light + street, np.float32)
    zenith = _mix(_color(0.09, 0.22, 0.55), _color(0.10, 0.14, 0.32), low_sun)
    horizon = _mix(_color(0.55, 0.66, 0.80), _color(0.85, 0.50, 0.28), low_sun)
    zenith = _mix(zenith, _color(0.38, 0.41, 0.45), 0.85 * overcast)
    horizon = _mix(horizon, _color(0.56, 0.58, 0.60), 0.9 * overcast)
    light = np.float32(0.012 + 0.988 * day)
    zenith, horizon = zenith * light, horizon * light
    dirt = _color(0.55, 0.38, 0.20) * np.float32(0.1 + 0.9 * day)
    zenith, horizon = _mix(zenith, dirt, 0.8 * dust), _mix(horizon, dirt, 0.9 * dust)
    density = min(max(weather.fog_density / 100.0, 0.0), 1.0)
    # CARLA's default density of 2 must hardly be seen at 100 m; at 100 one sees a few tens of metres.
    fog_density = 0.00025 + 0.045 * density**1.6 + 0.012 * dust + 0.0035 * rain
    fog_color = _mix(horizon, _color(0.62, 0.64, 0.66) * light, min(1.0, 2.0 * density))
    coverage = 0.10 + 0.9 * clouds
    alpha = np.clip((cloud_noise() - (1.0 - coverage)) * 3.2 + 0.08, 0.0, 1.0) if clouds > 0.02 else None
    cloud_alpha = np.zeros((NOISE_SIZE, NOISE_SIZE)) if alpha is None else alpha
    white = _mix(_color(0.92, 0.93, 0.95), _color(1.0, 0.66, 0.45), low_sun)
    cloud = _mix(white, _color(0.42, 0.44, 0.47), overcast) * light
    sun = _unit_to_sun(weather.sun_azimuth, altitude if altitude > -2.0 else 45.0)
    shadows = smooth(0.05, 0.35, direct)
    throw = sun if direct > 0.1 and sun[2] > 0.07 else np.array([0.0, 0.0, 1.0])
    around = float(sun_light.sum() / max(float((sun_light * max(sun[2], 0.0) + sky_light).sum()), 1e-6))
    depth = 0.75 * shadows * around * float(max(sun[2], 0.0)) if throw is sun else 0.3
    glow = _mix(_color(0.5, 0.42, 0.3), _color(0.9, 0.4, 0.12), low_sun) * np.float32(direct)
    colors = (
        sun_light,
        sky_light,
        sky_light * np.float32(0.35) + sun_light * np.float32(0.12),
        zenith,
        horizon,
        glow,
        _color(6.0, 5.5, 4.6) * np.float32(direct),
        cloud,
        fog_color,
    )
    numbers = (
        fog_density,
        max(0.0, weather.fog_distance),
        min(max(depth, 0.0), 0.85),
        wet,
        min(max(weather.precipitation_deposits / 100.0, 0.0), 1.0),
        rain,
        night,
        float(cloud_alpha.any()),
    )
    return Light(
        sun,
        throw,
        np.array(colors, np.float32),
        np.array(numbers, np.float64),
        np.ascontiguousarray(cloud_alpha, np.float32),
    )


def light_of(weather: Sequence[float]) -> Light:
    """Light under a weather: 14 numbers in the order of ``carla.WeatherParameters``.

    Raises:
        ValueError: there are not 14 numbers.
    """
    if len(weather) != len(Weather._fields):
        raise ValueError(f"weather has {len(weather)} numbers; {len(Weather._fields)} are needed")
    return _light(Weather(*map(float, weather)))
