"""Sensors: the scene they see, what each one measures, and the suite that runs all of them once per tick."""
