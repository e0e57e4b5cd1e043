"""The simulated world: generated towns, vehicle models, vehicle dynamics and collisions (numpy and numba only).

Everything is in CARLA's axes: left-handed, x forward, y right, z up, yaw clockwise seen from above. Angles are degrees
in every public array; lengths and times are metres and seconds.
"""
