"""What a fleet needs from a world of vehicles: one is behind the CARLA client, one in this process."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.scenario import Fleet as FleetConfig

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LIGHT_RED: Final = 0
LIGHT_YELLOW: Final = 1
LIGHT_OFF: Final = 3
"""Values of `carla.TrafficLightState`."""

OTHER_ROLES: Final = ("traffic", "pedestrian", "hazard")
"""Role names of road users that are no egos, before their number."""

CarlaPose = tuple[float, ...]
"""x, y, z m and pitch, yaw, roll degrees in CARLA's axes."""


class FleetWorld(Protocol):
    """The vehicles of N agents, in CARLA's axes and units.

    Every implementation takes and gives numbers as the client does, rounded to float32, so that the same fleet
    behaves the same in each of them, bit by bit.
    """

    def spawn(self, poses: Sequence[tuple[int, CarlaPose]]) -> dict[int, str]:
        """Spawn the vehicles of some agents in that order; return agent and reason of those that were refused."""

    def complete(self) -> None:
        """All vehicles are there: put their brakes on and begin to watch for collisions. Advances by one tick."""

    def boxes(self) -> Array:
        """Return [N, 2] length and width of the vehicles, m."""

    def apply(self, carla_controls: Array, placed: Sequence[tuple[int, CarlaPose]]) -> None:
        """Set controls, and put some vehicles elsewhere, at rest.

        Args:
            carla_controls: [N, 3] throttle, brake, steer (right positive).
            placed: agents and new poses.
        """

    def tick(self) -> None:
        """Simulate one step."""

    def watch_lights(self, ids: Sequence[str]) -> None:
        """Find the traffic lights with these ids of OpenDRIVE signals; those that are not there count as dark.

        All lights start their cycles anew, so that runs repeat whatever the world did before.
        """

    def read_lights(self, lights: IntArray, out: npt.NDArray[np.integer[Any]]) -> None:
        """Read the states of some lights after the last tick.

        Args:
            lights: [N] indices into the watched ids; negative: none.
            out: [N] one of LIGHT_*.
        """

    def read(self, carla_state: Array, collision: Array) -> float:
        """Read the state after the last tick.

        Args:
            carla_state: out, [N, CARLA_STATE_COLUMNS].
            collision: out, [N, NUM_COLLISION] since the last call.

        Returns:
            Simulated time, s.

        Raises:
            SimulatorLostError: when a vehicle is gone.
        """

    def destroy(self) -> None:
        """Remove the vehicles and all that belongs to them."""


def check_blueprint(config: FleetConfig, vehicles: Iterable[str]) -> None:
    """Check that a simulator with these `vehicles` has the fleet's.

    Raises:
        ConfigurationError: when it does not.
    """
    known = sorted(vehicles)
    if config.blueprint not in known:
        close = difflib.get_close_matches(config.blueprint, known, n=3, cutoff=0.4) or known[:5]
        raise ConfigurationError(
            f"scenario field fleet.blueprint is '{config.blueprint}'; allowed: one of this simulator's {len(known)} "
            f"vehicles, e.g. {', '.join(close)}"
        )
