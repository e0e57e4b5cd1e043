"""What can go wrong, by what a restart would change."""

from __future__ import annotations

EXIT_CONFIGURATION = 78
"""Exit code for a configuration that cannot work (sysexits.h EX_CONFIG): a restart does not help."""

EXIT_SIMULATOR_LOST = 69
"""Exit code when the simulator does not answer (sysexits.h EX_UNAVAILABLE): a restart may help."""


class ConfigurationError(ValueError):
    """A parameter, scenario or town that cannot work. The message names it, its value and what is allowed."""


class SimulatorLostError(RuntimeError):
    """The simulator does not answer, or no longer as it should."""
