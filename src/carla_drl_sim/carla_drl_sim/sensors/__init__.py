"""Sensors that look at the world: the scene they see, cameras and rays."""
