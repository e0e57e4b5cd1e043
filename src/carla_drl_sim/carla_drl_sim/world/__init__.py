"""The simulated world: generated towns, vehicle models, vehicle dynamics and collisions (numpy and numba only)."""
