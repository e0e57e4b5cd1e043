"""What can go wrong, by what a restart would change."""

from __future__ import annotations

EXIT_CONFIGURATION = 78
"""Exit code for a configuration that cannot work (sysexits.h EX_CONFIG): a restart does not help."""

EXIT_NO_SIMULATOR = 69
"""Exit code when no simulator answers within connect_timeout_s (sysexits.h EX_UNAVAILABLE): waited long enough."""

EXIT_SIMULATOR_LOST = 75
"""Exit code when the simulator is there no longer (sysexits.h EX_TEMPFAIL): a restart helps when it comes back."""


class ConfigurationError(ValueError):
    """A parameter, scenario or town that cannot work. The message names it, its value and what is allowed."""


class SimulatorLostError(RuntimeError):
    """The simulator answers no longer, or not as it should."""


class NoSimulatorError(RuntimeError):
    """No simulator answers. The message names host, port and how long it was asked."""
