"""Noise that depends on nothing but its seed: a hash of (seed, actor, frame, index) instead of a generator's state.

Runs repeat bit by bit whatever the order or the number of threads in which sensors measure, and a sensor's noise does
not change when another one is added. The mixing steps are those of splitmix64 (Steele, Lea, Flood 2014, "Fast
splittable pseudorandom number generators").
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SHIFT_11 = np.uint64(11)
_TO_UNIT = 2.0**-53
_TWO_PI = 2.0 * math.pi


@compiled
def mix(state: np.uint64) -> np.uint64:
    """Scatter 64 bits."""
    state = (state ^ (state >> _SHIFT_30)) * _MIX_1
    state = (state ^ (state >> _SHIFT_27)) * _MIX_2
    return state ^ (state >> _SHIFT_31)


@compiled
def stream_key(seed: int, actor: int, frame: int) -> np.uint64:
    """Key of all noise of one actor in one frame."""
    key = mix(np.uint64(seed) + _GAMMA)
    key = mix(key ^ (np.uint64(actor) * _GAMMA + _MIX_1))
    return mix(key ^ (np.uint64(frame) * _GAMMA + _MIX_2))


@compiled
def uniform(key: np.uint64, index: int) -> float:
    """A number in [0, 1)."""
    return float(mix(key + (np.uint64(index) + np.uint64(1)) * _GAMMA) >> _SHIFT_11) * _TO_UNIT


@compiled
def normal(key: np.uint64, index: int) -> float:
    """A number of the standard normal distribution (Box and Muller 1958); uses uniforms 2 index and 2 index + 1."""
    radius = math.sqrt(-2.0 * math.log(1.0 - uniform(key, 2 * index)))
    return radius * math.cos(_TWO_PI * uniform(key, 2 * index + 1))


@compiled
def uniforms(seed: int, actor: int, frame: int, values: npt.NDArray[np.float64]) -> None:
    """Fill an array [N] with numbers in [0, 1) for one actor in one frame."""
    key = stream_key(seed, actor, frame)
    for index in range(values.size):
        values[index] = uniform(key, index)


@compiled
def normals(seed: int, actor: int, frame: int, values: npt.NDArray[np.float64]) -> None:
    """Fill an array [N] with the numbers of the standard normal distribution for one actor in one frame."""
    key = stream_key(seed, actor, frame)
    for index in range(values.size):
        values[index] = normal(key, index)
