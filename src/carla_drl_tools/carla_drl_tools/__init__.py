"""Tools around carla_drl: recorded drives as data sets."""
