"""Exceptions of this package. Each message says what happened, where, and what to do next."""

from __future__ import annotations


class ConfigurationError(ValueError):
    """A parameter, file or checkpoint that cannot be used; a restart would not help."""


class FleetError(RuntimeError):
    """A message on a fleet topic breaks its contract, or the fleet is not the one that was trained on."""


class ObservationTimeoutError(FleetError):
    """No observation arrived before the deadline."""


class InterruptedWaitError(Exception):
    """A wait was given up because the process was asked to stop."""


class DivergenceError(RuntimeError):
    """Learning produced numbers that are not finite; the last checkpoint is unharmed."""
