"""Scripted hazards of a fleet: drawn for every episode, placed on the ego's route, moved frame by frame.

No simulator is in here, and no clock: what a hazard does depends on the seed, on agent and episode, and on the ego's
places along its route.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import hazard_kernel as kernel
from carla_sensor_bridge.drivable import DrivableArea, directions, only_oncoming
from carla_sensor_bridge.episode_seeds import EpisodeSeeds
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.stop_lines import StopLines
from carla_sensor_bridge.trigger_config import (
    CutIn,
    Jaywalker,
    LeadVehicleBrake,
    Range,
    RedLight,
    Trigger,
)

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SEED_KEY: Final = 0x4A2
_KERB_M: Final = 2.0
"""How far outside the lane a jaywalker starts and ends, m."""
_ROUTE_ROWS: Final = 5
_LOOK_M: Final = 5.0
"""Distance of the places at which the lane beside is looked for, m."""


@dataclass(frozen=True)
class Size:
    """Bounding box of a blueprint, m."""

    length: float
    width: float
    height: float


def _drawn(limits: Range, share: float) -> float:
    return limits[0] + float(share) * (limits[1] - limits[0])


class Hazards:
    """T triggers for each of N egos; hazard h is trigger h % T of ego h // T.

    Attributes:
        phase: i64 [H], `hazard_kernel` has the values.
        pose: f64 [H, NUM_POSE], REP-103.
        moved: bool [H]: the pose is new since the last step.
        light: i64 [H] index of the traffic light that a hazard switches, -1 for none.
    """

    def __init__(
        self,
        triggers: Sequence[Trigger],
        sizes: Mapping[str, Size],
        area: DrivableArea,
        stop_lines: StopLines,
        num_agents: int,
        seed: int,
        step_s: float,
    ) -> None:
        """`sizes` are those of the triggers' blueprints."""
        self.triggers = tuple(triggers)
        count = num_agents * len(triggers)
        self.phase = np.zeros(count, dtype=np.int64)
        self.pose = np.full((count, kernel.NUM_POSE), np.nan)
        self.moved = np.zeros(count, dtype=np.bool_)
        self.light = np.full(count, -1, dtype=np.int64)
        self._sizes = sizes
        self._area = area
        self._stop_lines = stop_lines
        self._step_s = step_s
        self._agent = np.repeat(np.arange(num_agents), len(triggers))
        self._script = np.zeros((count, kernel.NUM_SCRIPT))
        self._state = np.zeros((count, kernel.NUM_STATE))
        self._route = np.zeros((num_agents, _ROUTE_ROWS, 2))
        self._counts = np.full(num_agents, 2, dtype=np.int64)
        self._seeds = EpisodeSeeds(seed, _SEED_KEY)
        self._fixed = np.array([self._fixed_columns(trigger) for trigger in triggers] * num_agents)

    def _fixed_columns(self, trigger: Trigger) -> tuple[float, float, float]:
        if isinstance(trigger, RedLight):
            return float(col.OBJECT_NONE), 0.0, 0.0
        # Props count as vehicles that stand.
        kind = col.OBJECT_WALKER if isinstance(trigger, Jaywalker) else col.OBJECT_VEHICLE
        size = self._sizes[trigger.blueprint]
        return float(kind), size.length, size.width

    def __len__(self) -> int:
        return len(self.phase)

    def reseed(self, agent: int, seed: int) -> None:
        """Start the sequence of an agent's hazards anew, from another seed."""
        self._seeds.reseed(agent, seed)

    def of(self, agent: int) -> range:
        """Return the hazards of an agent."""
        count = len(self.triggers)
        return range(agent * count, (agent + 1) * count)

    def start_episode(self, agent: int, route: Route) -> None:
        """Draw the hazards of an agent's new episode; the ones of its last episode are forgotten."""
        _, rng = self._seeds.next_episode(agent)
        self._set_route(agent, route)
        for h, trigger in zip(self.of(agent), self.triggers, strict=True):
            self.phase[h] = kernel.ABSENT
            self.light[h] = -1
            self.pose[h] = np.nan
            self._state[h] = 0.0
            # Drawn in any case: what one trigger draws does not depend on whether another one takes part.
            takes_part = rng.random() < trigger.probability
            draws = rng.random(8)
            if takes_part and self._set_up(h, trigger, route, draws):
                self.phase[h] = kernel.WAITING
                kernel.place(
                    self._script[h],
                    self._state[h],
                    kernel.WAITING,
                    self._route[agent],
                    self._counts[agent],
                    self.pose[h],
                )

    def _set_route(self, agent: int, route: Route) -> None:
        count = len(route.x)
        missing = count - self._route.shape[2]
        if missing > 0:
            self._route = np.pad(self._route, ((0, 0), (0, 0), (0, max(missing, self._route.shape[2]))))
        for row, values in enumerate((route.x, route.y, route.z, route.yaw, route.s)):
            self._route[agent, row, :count] = values
        self._counts[agent] = count

    def _set_up(self, h: int, trigger: Trigger, route: Route, draws: Array) -> bool:
        """Write the script and the first state of a hazard; tell whether the route has a place for it."""
        script, state = self._script[h], self._state[h]
        script[:] = 0.0
        if isinstance(trigger, RedLight):
            return self._set_up_light(h, trigger, route, draws)
        script[kernel.HALF_LENGTH] = 0.5 * self._sizes[trigger.blueprint].length
        if isinstance(trigger, CutIn):
            return self._set_up_cut_in(script, state, trigger, route, draws)
        if isinstance(trigger, LeadVehicleBrake):
            script[kernel.KIND] = kernel.LEAD
            script[kernel.DISTANCE] = _drawn(trigger.distance_m, draws[0])
            script[kernel.AFTER] = _drawn(trigger.after_m, draws[1])
            script[kernel.APPROACH] = script[kernel.SPEED] = _drawn(trigger.speed_mps, draws[2])
            script[kernel.RATE] = _drawn(trigger.deceleration_mps2, draws[3])
            script[kernel.DURATION] = _drawn(trigger.stand_s, draws[4])
            state[kernel.S] = self._ahead(script)
        elif isinstance(trigger, Jaywalker):
            script[kernel.KIND] = kernel.JAYWALKER
            script[kernel.DISTANCE] = _drawn(trigger.distance_m, draws[0])
            script[kernel.SPEED] = _drawn(trigger.speed_mps, draws[1])
            state[kernel.S] = _drawn(trigger.at_m, draws[2])
            width = float(np.interp(state[kernel.S], route.s, route.half_width)) + _KERB_M
            left = trigger.side == "left" or (trigger.side == "any" and draws[7] < 0.5)
            script[kernel.FROM] = state[kernel.OFFSET] = width if left else -width
            script[kernel.TO] = -script[kernel.FROM]
        else:
            script[kernel.KIND] = kernel.OBSTACLE
            state[kernel.S] = _drawn(trigger.at_m, draws[0])
            state[kernel.OFFSET] = _drawn(trigger.offset_m, draws[1])
        return bool(state[kernel.S] < route.length_m)

    def _set_up_light(self, h: int, trigger: RedLight, route: Route, draws: Array) -> bool:
        script = self._script[h]
        script[kernel.KIND] = kernel.RED_LIGHT
        script[kernel.DISTANCE] = _drawn(trigger.distance_m, draws[0])
        script[kernel.DURATION] = _drawn(trigger.red_s, draws[1])
        lines = self._stop_lines.along(route)
        lights = lines[lines[:, 1] >= 0.0]
        if not len(lights):
            return False
        self._state[h, kernel.S], self.light[h] = lights[0, 0], int(lights[0, 1])
        return True

    def _set_up_cut_in(self, script: Array, state: Array, trigger: CutIn, route: Route, draws: Array) -> bool:
        script[kernel.KIND] = kernel.CUT_IN
        script[kernel.DISTANCE] = _drawn(trigger.distance_m, draws[0])
        script[kernel.AFTER] = _drawn(trigger.after_m, draws[1])
        script[kernel.APPROACH] = _drawn(trigger.approach_mps, draws[2])
        script[kernel.SPEED] = _drawn(trigger.speed_mps, draws[3])
        script[kernel.DURATION] = max(_drawn(trigger.lane_change_s, draws[4]), self._step_s)
        begin = state[kernel.S] = self._ahead(script)
        end = begin + float(script[kernel.AFTER])
        if end >= route.length_m:
            return False
        width = 2.0 * float(np.interp(begin, route.s, route.half_width))
        either = [1.0, -1.0] if draws[7] < 0.5 else [-1.0, 1.0]
        for sign in {"left": [1.0], "right": [-1.0], "any": either}[trigger.side]:
            if self._lane_beside(route, begin, end, sign * width):
                script[kernel.FROM] = state[kernel.OFFSET] = sign * width
                return True
        return False

    @staticmethod
    def _ahead(script: Array) -> float:
        """Return where a vehicle stands that keeps its distance to an ego at the start; egos are about 5 m long."""
        return float(script[kernel.DISTANCE] + script[kernel.HALF_LENGTH] + 2.5)

    def _lane_beside(self, route: Route, begin: float, end: float, offset: float) -> bool:
        area = self._area
        for s in np.arange(begin, end + _LOOK_M, _LOOK_M):
            yaw = float(np.interp(s, route.s, route.yaw))
            x = float(np.interp(s, route.s, route.x)) - np.sin(yaw) * offset
            y = float(np.interp(s, route.s, route.y)) + np.cos(yaw) * offset
            found = directions(x, y, area.low_x, area.low_y, area.index, area.tiles)
            if not found or only_oncoming(found, yaw):
                return False
        return True

    def refuse(self, h: int) -> None:
        """A hazard found no place in the simulator: its episode does without."""
        self.phase[h] = kernel.ABSENT
        self.light[h] = -1

    def step(self, place: Array, speed: Array, length: Array) -> None:
        """Advance all hazards by one frame.

        Args:
            place: [N] where each ego's middle is along its route, m.
            speed: [N] of each ego, m/s.
            length: [N] of each ego, m.
        """
        kernel.step_hazards(
            self._script, self.phase, self._state, self._agent, place, speed, 0.5 * length,
            self._route, self._counts, self._step_s, self.pose, self.moved,
        )  # fmt: skip

    def read(self, out: npt.NDArray[np.float32]) -> None:
        """Write the hazards that are objects into `out`, f32 [H, NUM_OBJECT]; the others are OBJECT_NONE."""
        there = self.there
        out[:] = 0.0
        out[there, col.OBJECT_KIND] = self._fixed[there, 0]
        out[there, col.OBJECT_LENGTH] = self._fixed[there, 1]
        out[there, col.OBJECT_WIDTH] = self._fixed[there, 2]
        for column, of_pose in (
            (col.OBJECT_X, kernel.X),
            (col.OBJECT_Y, kernel.Y),
            (col.OBJECT_Z, kernel.Z),
            (col.OBJECT_YAW, kernel.YAW),
            (col.OBJECT_VX, kernel.VX),
            (col.OBJECT_VY, kernel.VY),
        ):
            out[there, column] = self.pose[there, of_pose]

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """bool [H]: the hazard is an object that stands or moves in the world."""
        present = (self.phase != kernel.ABSENT) & (self.phase != kernel.GONE)
        return np.asarray(present & (self._fixed[:, 0] != col.OBJECT_NONE))

    @property
    def xy(self) -> Array:
        """[H, 2] places, m; far away for those that are not there."""
        return np.where(self.there[:, None], self.pose[:, [kernel.X, kernel.Y]], np.inf)
