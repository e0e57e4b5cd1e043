"""The weather over simulated time: presets, drawn parameters, and gradual changes."""

from __future__ import annotations

from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.scenario import WEATHER_PARAMETERS, Weather

Array = npt.NDArray[np.float64]

_UPDATE_S: Final = 0.5
"""Simulated time between two updates while the weather changes; it takes much longer to see a difference."""


def preset_values(name: str) -> Array:
    """Return the parameters of a preset, [P] in the order of `WEATHER_PARAMETERS`."""
    preset = getattr(carla.WeatherParameters, name)
    return np.array([getattr(preset, parameter) for parameter in WEATHER_PARAMETERS])


class WeatherSchedule:
    """Says what the weather is at every simulated time; the same configuration and seed give the same weather.

    Weather number k draws from a generator of its own: which preset, then every random parameter in alphabetical order.
    The sun's azimuth is blended like all other values, without regard to its full circle.
    """

    def __init__(self, config: Weather, seed: int) -> None:
        self._config = config
        self._seed = config.seed if config.seed is not None else seed
        self._sent: Array | None = None
        self._sent_s = -np.inf
        self._of_route: Array | None = None

    def drawn(self, number: int) -> Array:
        """Return the parameters of weather `number`, 0 being the first; [P]."""
        config = self._config
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self._seed, spawn_key=(number,))))
        choice = int(rng.integers(len(config.presets)))
        values = preset_values(config.presets[choice if config.shuffle else number % len(config.presets)])
        for parameter, value in config.parameters.items():
            values[WEATHER_PARAMETERS.index(parameter)] = value
        for parameter in sorted(config.random):
            low, high = config.random[parameter]
            values[WEATHER_PARAMETERS.index(parameter)] = rng.uniform(low, high)
        return values

    def at(self, elapsed_s: float) -> Array:
        """Return the parameters after `elapsed_s` of simulated time, s; [P]."""
        period_s = self._config.change_every_s
        if period_s is None:
            return self.drawn(0)
        number = int(elapsed_s // period_s)
        present = self.drawn(number)
        since_s = elapsed_s - number * period_s
        if number == 0 or since_s >= self._config.transition_s:
            return present
        share = since_s / self._config.transition_s
        return np.asarray((1.0 - share) * self.drawn(number - 1) + share * present)

    def due(self, elapsed_s: float, of_route: Array | None = None) -> Array | None:
        """Return the parameters to set now, [P], or None when nothing is to be done.

        Args:
            elapsed_s: simulated time, s.
            of_route: [P], what a route wants instead of this schedule.
        """
        if (
            of_route is None
            and self._of_route is None
            and self._sent is not None
            and (self._config.change_every_s is None or elapsed_s - self._sent_s < _UPDATE_S)
        ):
            return None
        self._of_route = of_route
        values = self.at(elapsed_s) if of_route is None else of_route
        self._sent_s = elapsed_s
        if self._sent is not None and np.array_equal(values, self._sent):
            return None
        self._sent = values
        return values


def weather_parameters(values: Array) -> Any:
    """Return `carla.WeatherParameters` of parameters [P] in the order of `WEATHER_PARAMETERS`."""
    weather = carla.WeatherParameters()
    for parameter, value in zip(WEATHER_PARAMETERS, values.tolist(), strict=True):
        setattr(weather, parameter, value)
    return weather
