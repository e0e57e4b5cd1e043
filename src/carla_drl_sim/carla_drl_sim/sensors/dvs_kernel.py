"""Compiled: events of a dynamic vision sensor from two pictures."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_loops, compiled_loops_inner

Floats32 = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]

EVENT_BYTES = 13


@compiled_loops
def brightness(pixels: npt.NDArray[np.uint32], use_log: bool, log_eps: float, out: Floats32) -> None:
    """Grey value (ITU-R BT.601 weights) of B, G, R, A pixels, 0 to 1, or its logarithm log(eps + grey)."""
    for i in range(len(pixels)):
        red, green, blue = (pixels[i] >> 16) & 255, (pixels[i] >> 8) & 255, pixels[i] & 255
        grey = (0.2989 * red + 0.587 * green + 0.114 * blue) / 255.0
        out[i] = np.float32(math.log(log_eps + grey) if use_log else grey)


@compiled_loops_inner
def _mixed(value: np.uint64) -> np.uint64:
    """A well-mixed number from a counter (the finaliser of splitmix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@compiled_loops_inner
def _threshold(mean: float, sigma: float, seed: int, count: int) -> float:
    """Threshold of one event: normal with the given deviation, at least a tenth of the mean."""
    if sigma <= 0.0:
        return mean
    base = _mixed(np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(count))
    u = (float(base >> np.uint64(11)) + 0.5) / 9007199254740992.0
    v = float(_mixed(base + np.uint64(1)) >> np.uint64(11)) / 9007199254740992.0
    return max(mean + sigma * math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v), 0.1 * mean)


@compiled_loops_inner
def _pixel_events(
    i: int,
    old: float,
    new: float,
    reference: Floats32,
    latest_ns: Longs,
    contrast: tuple[float, float, float, float],
    refractory_ns: int,
    seed: int,
    span_ns: tuple[int, int],
    times: Longs,
    count: int,
) -> int:
    """Events of one pixel whose value goes straight from old to new; appended to `times`; returns their number."""
    positive, negative, sigma_positive, sigma_negative = contrast
    start_ns, end_ns = span_ns
    rises = new > old
    number = 0
    while True:
        mean, sigma = (positive, sigma_positive) if rises else (negative, sigma_negative)
        step = _threshold(mean, sigma, seed, i * 4096 + number)
        crossing = reference[i] + (step if rises else -step)
        if (rises and crossing > new) or (not rises and crossing < new):
            return number
        share = min(max((crossing - old) / (new - old), 0.0), 1.0)
        at_ns = start_ns + np.int64(share * (end_ns - start_ns))
        reference[i] = np.float32(crossing)
        if latest_ns[i] == 0 or at_ns - latest_ns[i] >= refractory_ns:
            latest_ns[i] = at_ns
            times[count + number] = at_ns
            number += 1
        if count + number >= len(times):
            return number


@compiled_loops
def events(
    width: int,
    old: Floats32,
    new: Floats32,
    reference: Floats32,
    latest_ns: Longs,
    contrast: tuple[float, float, float, float],
    refractory_ns: int,
    seed: int,
    span_ns: tuple[int, int],
) -> npt.NDArray[np.uint8]:
    """All events between two pictures, in the order of time, as CARLA sends them.

    Args:
        old, new: float32 [H * W], values at the ends of `span_ns`; in between they change linearly.
        reference: float32 [H * W], value at each pixel's last event; updated.
        latest_ns: int64 [H * W], time of each pixel's last event, 0 if there was none; updated.
        contrast: thresholds for rising and falling values, and their standard deviations.

    Returns:
        uint8 [E, 13]: x and y (uint16), time in ns (int64), polarity (uint8).
    """
    positive, negative, sigma_positive, sigma_negative = contrast
    bound = 0
    least = min(positive, negative) * (0.1 if max(sigma_positive, sigma_negative) > 0.0 else 1.0)
    for i in range(len(new)):
        bound += int(abs(new[i] - reference[i]) / least) + 2 if new[i] != old[i] else 0
    times, pixels = np.empty(bound + 1, np.int64), np.empty(bound + 1, np.int64)
    count = 0
    for i in range(len(new)):
        if new[i] == old[i]:
            continue
        number = _pixel_events(
            i,
            old[i],
            new[i],
            reference,
            latest_ns,
            contrast,
            refractory_ns,
            seed,
            span_ns,
            times,
            count,
        )
        for n in range(count, count + number):
            pixels[n] = i if new[i] > old[i] else -i - 1
        count += number
    order = np.argsort(times[:count], kind="mergesort")
    result = np.empty((count, EVENT_BYTES), np.uint8)
    for n in range(count):
        at, pixel = times[order[n]], pixels[order[n]]
        rises = pixel >= 0
        pixel = pixel if rises else -pixel - 1
        x, y = pixel % width, pixel // width
        result[n, 0], result[n, 1] = x & 255, x >> 8
        result[n, 2], result[n, 3] = y & 255, y >> 8
        for byte in range(8):
            result[n, 4 + byte] = (at >> (8 * byte)) & 255
        result[n, 12] = 1 if rises else 0
    return result
