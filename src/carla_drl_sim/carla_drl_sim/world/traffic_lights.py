"""Traffic lights of a town: their cycles, and which vehicle stands before which light."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from carla_drl_sim.world import traffic_light_kernel as kernel
from carla_drl_sim.world.array_table import array_table
from carla_drl_sim.world.signals import Signal, SignalKind, StopLine
from carla_drl_sim.world.traffic_light_kernel import GREEN, NO_LIGHT, OFF, RED, UNKNOWN, YELLOW

__all__ = [
    "DEFAULT_TIMES_S",
    "GREEN",
    "NO_LIGHT",
    "OFF",
    "RED",
    "UNKNOWN",
    "YELLOW",
    "StopZones",
    "TrafficLights",
    "zone_depth",
]

DEFAULT_TIMES_S = (10.0, 3.0, 2.0)
"""Green, yellow and red of a controller (CARLA's ``UTrafficLightController``); red is the time in which all stop."""

_ZONE_SHARE = 0.9
"""Part of the lane's width that CARLA's trigger boxes take up, which are as long as they are wide."""


def zone_depth(line: StopLine) -> float:
    """How far before its stop line a light begins to concern a vehicle (CARLA's trigger boxes), m."""
    return 2.0 * _ZONE_SHARE * line.half_width


class TrafficLights:
    """All traffic lights of a town, cycling as CARLA's do.

    The lights of a junction are one group. Its controllers, which are those of the OpenDRIVE document, take turns:
    green, yellow, red, while all others show red. Lights without a junction form a group per controller, and
    without a controller each is its own.

    Attributes:
        signals: the lights, ordered by group and controller; their places in it are their indices.
        state: uint8 [N], as ``carla.TrafficLightState``.
        controller, group: int64 [N], which ones each light belongs to.
        pole: int64 [N], number of each light within its group.
        times: float64 [C, 3], duration of green, yellow and red of each controller, s.
        frozen: bool [G].
        elapsed: float64 [G], time since each group last changed, s.
        table: all of these for compiled functions, see `step_lights`.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        """All lights among `signals` at the start of their cycles."""
        lights = [signal for signal in signals if signal.kind is SignalKind.TRAFFIC_LIGHT]
        groups: dict[tuple[int, str], dict[str, list[Signal]]] = {}
        for light in lights:
            controller = light.group or f"signal {light.id}"
            group = (light.junction_id, "") if light.junction_id >= 0 else (-1, controller)
            groups.setdefault(group, {}).setdefault(controller, []).append(light)

        first_controller, first_light = [0], [0]
        ordered: list[Signal] = []
        controller_of: list[int] = []
        group_of: list[int] = []
        pole: list[int] = []
        for controllers in groups.values():
            for members in controllers.values():
                controller_of += [len(first_light) - 1] * len(members)
                ordered += members
                first_light.append(len(ordered))
            size = len(ordered) - len(pole)
            group_of += [len(first_controller) - 1] * size
            pole += range(size)
            first_controller.append(len(first_light) - 1)

        self.signals = tuple(ordered)
        self.controller = np.array(controller_of, dtype=np.int64)
        self.group = np.array(group_of, dtype=np.int64)
        self.pole = np.array(pole, dtype=np.int64)
        self._first_controller = np.array(first_controller, dtype=np.int64)
        self._first_light = np.array(first_light, dtype=np.int64)
        controllers_count, groups_count = len(first_light) - 1, len(first_controller) - 1
        self.times = np.tile(np.array(DEFAULT_TIMES_S), (controllers_count, 1))
        self.frozen = np.zeros(groups_count, dtype=np.bool_)
        self.elapsed = np.zeros(groups_count)
        self.state = np.empty(len(ordered), dtype=np.uint8)
        self._current = np.empty(groups_count, dtype=np.int64)
        self._phase = np.empty(controllers_count, dtype=np.int64)
        self.table = array_table(
            (
                self._first_controller,
                self._first_light,
                self.times,
                self.frozen,
                self._current,
                self._phase,
                self.elapsed,
                self.state,
                self.group,
                self.controller,
            )
        )
        self.reset()

    def __len__(self) -> int:
        return len(self.signals)

    def step(self, dt: float) -> None:
        """Let `dt` s pass."""
        kernel.step_lights(self.table, dt)

    def reset(self) -> None:
        """Start the cycles of all groups anew."""
        for group in range(len(self.frozen)):
            self.reset_group(group)

    def reset_group(self, group: int) -> None:
        """Start a group's cycle anew: its first controller shows green, the others red."""
        first, end = self._first_controller[group : group + 2].tolist()
        self._phase[first:end] = kernel.NUM_PHASES - 1
        self._phase[first] = 0
        self._current[group] = first
        self.elapsed[group] = 0.0
        self.state[self._first_light[first] : self._first_light[end]] = RED
        self.state[self._first_light[first] : self._first_light[first + 1]] = GREEN

    def set_state(self, light: int, state: int) -> None:
        """Switch one light; it keeps the state until its controller's next change.

        Raises:
            ValueError: there is no such state.
        """
        if not RED <= state <= UNKNOWN:
            raise ValueError(
                f"traffic light state {state}: must be 0 red, 1 yellow, 2 green, 3 off or 4 unknown"
            )
        self.state[light] = state

    def set_time(self, light: int, state: int, seconds: float) -> None:
        """Change how long the controller of a light shows GREEN, YELLOW or RED, also while it does.

        Raises:
            ValueError: `seconds` is negative or not finite.
        """
        if not (math.isfinite(seconds) and seconds >= 0.0):
            raise ValueError(f"time of a traffic light {seconds} s: must be finite and not negative")
        self.times[self.controller[light], {GREEN: 0, YELLOW: 1, RED: 2}[state]] = seconds

    def members(self, light: int) -> list[int]:
        """Indices of all lights in the group of a light, itself included."""
        return np.flatnonzero(self.group == self.group[light]).tolist()


class StopZones:
    """The places before the stop lines of traffic lights, where vehicles are told of the light.

    Attributes:
        table: the zones for compiled functions, see `find_lights`.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        """Zones of the lights `signals`; results are indices into them."""
        rows = [
            (
                (
                    line.x,
                    line.y,
                    line.z,
                    math.cos(math.radians(line.yaw_deg)),
                    math.sin(math.radians(line.yaw_deg)),
                    line.half_width,
                    zone_depth(line),
                ),
                index,
            )
            for index, signal in enumerate(signals)
            for line in signal.stop_lines
        ]
        rows.sort()
        self._zones = np.array([row for row, _ in rows], dtype=np.float64).reshape(-1, kernel.NUM_ZONE)
        self._light = np.array([light for _, light in rows], dtype=np.int64)
        self._depth = self._zones[:, kernel.ZONE_DEPTH].max(keepdims=True, initial=0.0)
        self.table = array_table((self._zones, self._light, self._depth))

    def __len__(self) -> int:
        return int(self._light.size)


def warm_up() -> None:
    """Compile the kernels (or load them from the cache)."""
    line = StopLine(0, -1, 0.0, 0.0, 0.0, 0.0, 1.0)
    light = Signal("", SignalKind.TRAFFIC_LIGHT, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, (line,))
    TrafficLights([light]).step(0.05)
    place, index = np.zeros((1, 3)), np.zeros(1, dtype=np.int64)
    kernel.find_lights(index, place, place, place, StopZones([light]).table, index.copy())
