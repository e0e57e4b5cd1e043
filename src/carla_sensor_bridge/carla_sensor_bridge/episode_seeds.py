"""Random numbers by seed, agent and episode: what one agent draws does not depend on the others."""

from __future__ import annotations

import numpy as np


class EpisodeSeeds:
    """Hands every episode of every agent a generator of its own."""

    def __init__(self, seed: int, *key: int) -> None:
        """`key` tells draws for different purposes from the same seed apart."""
        self._default_seed = seed
        self._key = key
        self._seeds: dict[int, int] = {}
        self._episodes: dict[int, int] = {}

    def reseed(self, agent: int, seed: int) -> None:
        """Start the sequence of an agent anew, from another seed."""
        self._seeds[agent] = seed
        self._episodes[agent] = 0

    def next_episode(self, agent: int) -> tuple[int, np.random.Generator]:
        """Return the number of an agent's next episode, from 0, and its generator."""
        episode = self._episodes.get(agent, 0)
        self._episodes[agent] = episode + 1
        seed = self._seeds.get(agent, self._default_seed)
        sequence = np.random.SeedSequence(seed, spawn_key=(*self._key, agent, episode))
        return episode, np.random.Generator(np.random.PCG64(sequence))
