from __future__ import annotations

import carla
import numpy as np
import pytest

from carla_sensor_bridge.scenario import WEATHER_PARAMETERS, Weather
from carla_sensor_bridge.weather import WeatherSchedule, preset_values, weather_parameters


def value(schedule: WeatherSchedule, parameter: str, elapsed_s: float) -> float:
    return float(schedule.at(elapsed_s)[WEATHER_PARAMETERS.index(parameter)])


def test_parameters_are_those_of_the_client() -> None:
    weather = carla.WeatherParameters()
    named = {name for name in dir(weather) if isinstance(getattr(weather, name), float)}
    assert set(WEATHER_PARAMETERS) == named


def test_a_preset_is_sent_once() -> None:
    schedule = WeatherSchedule(Weather(presets=("HardRainNoon",)), 0)
    first = schedule.due(0.0)
    assert first is not None
    assert weather_parameters(first) == carla.WeatherParameters.HardRainNoon
    assert schedule.due(0.1) is None
    assert schedule.due(1e5) is None


def test_parameters_replace_those_of_the_preset() -> None:
    weather = weather_parameters(WeatherSchedule(Weather(parameters={"fog_density": 70.0}), 0).at(0.0))
    assert weather.fog_density == 70.0
    assert weather.sun_altitude_angle == carla.WeatherParameters.ClearNoon.sun_altitude_angle


def test_presets_take_turns_with_gradual_changes() -> None:
    config = Weather(presets=("ClearNoon", "HardRainNoon"), change_every_s=100.0, transition_s=20.0)
    schedule = WeatherSchedule(config, 0)
    clear, rain = preset_values("ClearNoon"), preset_values("HardRainNoon")
    assert np.array_equal(schedule.at(0.0), clear)
    assert np.array_equal(schedule.at(99.9), clear)
    np.testing.assert_allclose(schedule.at(110.0), 0.5 * (clear + rain))
    assert np.array_equal(schedule.at(120.0), rain)
    np.testing.assert_allclose(schedule.at(215.0), 0.25 * rain + 0.75 * clear)


def test_changes_are_sent_now_and_then() -> None:
    config = Weather(presets=("ClearNoon", "HardRainNoon"), change_every_s=10.0, transition_s=5.0)
    schedule = WeatherSchedule(config, 0)
    sent = [second / 10 for second in range(0, 200) if schedule.due(second / 10) is not None]
    assert sent[0] == 0.0
    during = [second for second in sent if second >= 10.0]
    assert 8 <= len(during) <= 11, "about every 0.5 s, only while the weather changes"
    assert max(during) <= 15.5


def test_what_is_drawn_follows_the_seed() -> None:
    config = Weather(random={"precipitation": (10.0, 60.0), "cloudiness": (0.0, 5.0)}, change_every_s=5.0)
    first = [value(WeatherSchedule(config, 7), "precipitation", 5.0 * number) for number in range(20)]
    again = [value(WeatherSchedule(config, 7), "precipitation", 5.0 * number) for number in range(20)]
    other = [value(WeatherSchedule(config, 8), "precipitation", 5.0 * number) for number in range(20)]
    assert first == again
    assert first != other
    assert min(first) >= 10.0
    assert max(first) <= 60.0
    assert len(set(first)) == 20


def test_an_own_seed_comes_before_that_of_the_run() -> None:
    config = Weather(random={"wetness": (0.0, 100.0)}, seed=3)
    assert value(WeatherSchedule(config, 1), "wetness", 0.0) == value(
        WeatherSchedule(config, 2), "wetness", 0.0
    )


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_preset_has_its_turn(shuffle: bool) -> None:
    presets = ("ClearNoon", "WetNoon", "ClearNight")
    schedule = WeatherSchedule(Weather(presets=presets, shuffle=shuffle, change_every_s=1.0), 5)
    seen = {tuple(schedule.at(float(number))) for number in range(30)}
    assert seen == {tuple(preset_values(name)) for name in presets}
