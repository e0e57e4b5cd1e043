"""Curriculum: which stage each agent drives, from how well the last episodes went. No ROS, no simulator.

A stage is a scenario and what it changes in it. Success in a window of episodes promotes, failure demotes; a share of
the agents goes on driving earlier stages, so that these are not forgotten. Agents of one simulator share a world, so
stages that need different worlds are mixed over simulators and over time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import Field, model_validator

from carla_sensor_bridge.errors import ConfigurationError as ScenarioError
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.scenario_change import check_exchange, parse_scenario, same_world
from drl_agent_node.config import StrictConfig, find_config, read_yaml
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError


class StageConfig(StrictConfig):
    """One stage."""

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]{0,63}$", description="name of the stage")
    scenario: str = Field(description="name of a scenario, or path of its file, from the curriculum's folder")
    changes: dict[str, Any] = Field(
        default={}, description="fields of the scenario that the stage changes, section by section"
    )


class CurriculumConfig(StrictConfig):
    """The file of a curriculum."""

    stages: tuple[StageConfig, ...] = Field(min_length=1, description="the stages, easiest first")
    window: int = Field(default=100, ge=2, description="episodes of a stage that are looked back on")
    promote_at: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="share of finished routes in a full window that leads to the next stage",
    )
    demote_below: float = Field(
        default=0.2, ge=0, lt=1, description="share below which a full window leads back to the stage before"
    )
    mix: float = Field(
        default=0.2, ge=0, lt=1, description="share of the driving that is spent on earlier stages"
    )
    block_episodes: int = Field(
        default=200, ge=1, description="episodes of a simulator after which its stages are drawn anew"
    )

    @model_validator(mode="after")
    def _sound(self) -> CurriculumConfig:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise ValueError(f"stages have the names {', '.join(names)}: each may be there once")
        if self.demote_below >= self.promote_at:
            raise ValueError(
                f"demote_below ({self.demote_below:g}) must be less than promote_at ({self.promote_at:g})"
            )
        return self


@dataclass(frozen=True)
class Stage:
    """A stage with its whole scenario, checked and as YAML text."""

    name: str
    scenario: Scenario
    text: str


def load_stages(path: Path) -> tuple[CurriculumConfig, list[Stage]]:
    """Read a curriculum.

    Raises:
        ConfigurationError: naming the file, the stage, and what is wrong with it.
    """
    config = CurriculumConfig.from_mapping(read_yaml(path), str(path))
    stages: list[Stage] = []
    for stage in config.stages:
        # Paths are meant from the curriculum's folder, names from that of the scenarios.
        file = path.parent / find_config("scenarios", stage.scenario)
        values = _merged(read_yaml(file), stage.changes) | {"name": f"{file.stem}.{stage.name}"}
        text = yaml.safe_dump(values, sort_keys=False)
        try:
            scenario = parse_scenario(text)
            check_exchange(stages[0].scenario if stages else scenario, scenario)
        except ScenarioError as error:
            raise ConfigurationError(f"{path}: stage '{stage.name}': {error}") from None
        stages.append(Stage(stage.name, scenario, text))
    return config, stages


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes`: mappings are merged, None removes a field, anything else replaces it."""
    result = dict(base)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _merged(result[name], value)
        else:
            result[name] = value
    return result


@dataclass(frozen=True)
class Assignment:
    """What a simulator is to drive: the stage whose world it has, and each of its agents' stage, int [N]."""

    world: int
    stages: NDArray[np.intp]


class End(NamedTuple):
    """A whole episode that ended: in which simulator, in which stage (-1: not known), and how."""

    group: int
    stage: int
    success: bool


class Curriculum:
    """Moves over the stages, and says who drives which.

    Attributes:
        stages: names and scenarios.
        stage: index of the present one.
        held: whether it stays until `move_to` says otherwise.
    """

    def __init__(
        self, config: CurriculumConfig, stages: Sequence[Stage], group_sizes: Sequence[int], seed: int
    ) -> None:
        """`group_sizes` are the agents of each simulator, in the order of their rows."""
        self.stages = list(stages)
        self.stage = 0
        self.held = False
        self._config = config
        self._sizes = list(group_sizes)
        self._random = np.random.default_rng(seed)
        self._window: deque[bool] = deque(maxlen=config.window)
        self._ended = [0] * len(self._sizes)
        self._group_of = np.repeat(np.arange(len(self._sizes)), self._sizes)
        self._assignments = [self._draw(size, latest=True) for size in self._sizes]
        # What each row's running episode is an episode of; unknown (-1) until its simulator took an assignment.
        self._running = np.full(sum(self._sizes), -1)
        self._taken = np.full(sum(self._sizes), -1)

    @property
    def success_rate(self) -> float:
        """Share of finished routes over the last episodes of the stage; NaN before the first."""
        return float(np.mean(self._window)) if self._window else float("nan")

    def assignment(self, group: int) -> Assignment:
        """Return what a simulator is to drive now; the same object until it changes."""
        return self._assignments[group]

    def taken(self, group: int, rows: Sequence[int], stage: int) -> None:
        """Note that a simulator's agents (all where `rows` is empty) follow `stage` from their next episodes on."""
        first = sum(self._sizes[:group])
        self._taken[[first + row for row in rows] or slice(first, first + self._sizes[group])] = stage

    def on_episodes(self, episodes: Sequence[Episode]) -> str:
        """Take in episodes that ended; returns what people should know, mostly nothing."""
        return self.count(self.ends(episodes))

    def ends(self, episodes: Sequence[Episode], first_group: int = 0) -> list[End]:
        """Find what ended episodes were episodes of. Call it in time, `count` may be called later.

        Row 0 of the episodes is the first agent of `first_group`.
        """
        first_row = sum(self._sizes[:first_group])
        ends: list[End] = []
        for episode in episodes:
            row = first_row + episode.env
            driven, self._running[row] = int(self._running[row]), self._taken[row]
            if episode.whole:
                ends.append(End(int(self._group_of[row]), driven, episode.success))
        return ends

    def count(self, ends: Sequence[End]) -> str:
        """Judge by ended episodes; the same ends in the same order lead to the same stages and assignments.

        Returns:
            What people should know, mostly nothing.
        """
        moved = ""
        for end in ends:
            self._ended[end.group] += 1
            if self._ended[end.group] >= self._config.block_episodes:
                self._redraw(end.group)
            if end.stage == self.stage:
                self._window.append(end.success)
                moved = self._judge() or moved
        return moved

    def _judge(self) -> str:
        config, rate = self._config, self.success_rate
        if self.held or len(self._window) < config.window:
            return ""
        if rate >= config.promote_at and self.stage + 1 < len(self.stages):
            self._go_to(self.stage + 1)
        elif rate < config.demote_below and self.stage > 0:
            self._go_to(self.stage - 1)
        else:
            return ""
        return f"stage {self.stage} '{self.stages[self.stage].name}' after {rate:.0%} success"

    def index_of(self, stage: str) -> int:
        """Find a stage by name or index.

        Raises:
            ConfigurationError: when there is none.
        """
        names = [known.name for known in self.stages]
        index = names.index(stage) if stage in names else int(stage) if stage.isdecimal() else -1
        if not 0 <= index < len(names):
            raise ConfigurationError(
                f"stage is '{stage}'; allowed: {', '.join(names)}, or 0 to {len(names) - 1}"
            )
        return index

    def move_to(self, stage: int, *, hold: bool) -> None:
        """Go to a stage; with `hold`, stay there until told otherwise."""
        self.held = hold
        if stage != self.stage:
            self._go_to(stage)

    def _go_to(self, stage: int) -> None:
        self.stage = stage
        self._window.clear()
        for group in range(len(self._sizes)):
            self._redraw(group, latest=True)

    def _redraw(self, group: int, *, latest: bool = False) -> None:
        self._ended[group] = 0
        self._assignments[group] = self._draw(self._sizes[group], latest=latest)

    def _draw(self, size: int, *, latest: bool) -> Assignment:
        """Draw the stages of a simulator; `latest` gives it the present stage's world whatever the mix."""
        mix, stage = self._config.mix, self.stage
        world = stage
        if not latest and stage and self._random.random() < mix:
            world = int(self._random.integers(stage))
        scenario = self.stages[world].scenario
        alike = [k for k in range(world) if same_world(self.stages[k].scenario, scenario)]
        stages = np.full(size, world)
        if alike:
            earlier = self._random.random(size) < mix
            stages[earlier] = self._random.choice(alike, int(earlier.sum()))
        return Assignment(world, stages)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs, as plain data."""
        return {
            "stage": self.stages[self.stage].name,
            "held": self.held,
            "window": list(self._window),
            "random": self._random.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken; simulators are assigned anew.

        Raises:
            ConfigurationError: when the stage is not there any more.
        """
        self.move_to(self.index_of(str(state["stage"])), hold=bool(state["held"]))
        self._window.extend(bool(success) for success in state["window"])
        self._random.bit_generator.state = state["random"]
