"""A run's curriculum from its file to its last state: what trainer, node and reports have to do with it. No ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from drl_agent_node.curriculum import Curriculum, End, load_stages
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.scene_dispatch import Answer, SceneDispatcher, SceneLoader

STATE_NAME: Final = "curriculum"


@dataclass(frozen=True)
class StageStatus:
    """Where the curriculum is, as in `TrainingStatus`; `count` 0 where there is none."""

    name: str = ""
    index: int = 0
    count: int = 0
    success_rate: float = float("nan")


class Worlds(Protocol):
    """The simulators that a curriculum is for."""

    @property
    def world_sizes(self) -> Sequence[int]:
        """Agents of each."""

    @property
    def sessions(self) -> Sequence[int | None]:
        """Session of each; None of one that takes no orders now."""


class InProcessLoader:
    """Gives scenarios to an environment in this process."""

    def __init__(self, env: InProcessVectorEnv) -> None:
        self._env = env

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Load at once; see `SceneLoader`."""
        answer = Answer(True, new_world=self._env.load_scenario(scenario, agents))
        return lambda: answer


class CurriculumSession:
    """The curriculum of a run that may not have begun yet.

    Attributes:
        stages: names and scenarios.
        dispatcher: holds the curriculum's state and brings it to the simulators; None before `begin`.
    """

    def __init__(self, path: Path, seed: int, say: Callable[[str], None]) -> None:
        """Read the file; `say` is told what people should know.

        Raises:
            ConfigurationError: naming what cannot be used.
        """
        self._config, self.stages = load_stages(path)
        self._seed = seed
        self._say = say
        self.dispatcher: SceneDispatcher | None = None

    def begin(self, worlds: Worlds, loader: SceneLoader, extras: Mapping[str, Any]) -> None:
        """Start with an environment that was reset, or other worlds that are there.

        `extras` are those of the checkpoint that the run goes on from.

        Raises:
            ConfigurationError: when the checkpoint's stage is not there any more.
        """
        curriculum = Curriculum(self._config, self.stages, worlds.world_sizes, self._seed)
        if STATE_NAME in extras:
            curriculum.load_state_dict(extras[STATE_NAME])
        self.dispatcher = SceneDispatcher(curriculum, loader, lambda: worlds.sessions, self._say)
        self.dispatcher.poll()
        self._say(f"curriculum begins with stage {curriculum.stage} '{self.status.name}'")

    @property
    def status(self) -> StageStatus:
        """Where it is; any thread may ask."""
        if self.dispatcher is None:
            return StageStatus(count=len(self.stages))
        curriculum = self.dispatcher.curriculum
        stage = curriculum.stage
        return StageStatus(self.stages[stage].name, stage, len(self.stages), curriculum.success_rate)

    def on_episodes(self, episodes: Sequence[Episode]) -> None:
        """Take in episodes that ended."""
        if self.dispatcher is not None:
            self._tell(self.dispatcher.curriculum.on_episodes(episodes))

    def count(self, ends: Sequence[End]) -> None:
        """Judge by ended episodes whose stages are known."""
        assert self.dispatcher is not None
        self._tell(self.dispatcher.curriculum.count(ends))

    def _tell(self, moved: str) -> None:
        if moved:
            self._say(moved)

    def on_step(self) -> None:
        """Keep the simulators at what they are to drive."""
        if self.dispatcher is not None:
            self.dispatcher.poll()

    def request(self, stage: str, *, hold: bool) -> int:
        """Move to a stage, as service `SetStage` asks; any thread may call it. Returns its index.

        Raises:
            ConfigurationError: when there is no such stage, or training has not begun.
        """
        return self._begun().request(stage, hold=hold)

    def index_of(self, stage: str) -> int:
        """Return the index of a stage that can be moved to; any thread may ask.

        Raises:
            ConfigurationError: when there is no such stage, or training has not begun.
        """
        return self._begun().curriculum.index_of(stage)

    def _begun(self) -> SceneDispatcher:
        if self.dispatcher is None:
            raise ConfigurationError("training has not begun yet")
        return self.dispatcher

    def extras(self) -> dict[str, Any]:
        """Return what checkpoints keep."""
        return {} if self.dispatcher is None else {STATE_NAME: self.dispatcher.curriculum.state_dict()}

    def scalars(self) -> dict[str, float]:
        """Return what TensorBoard is told."""
        status = self.status
        return {"curriculum/stage": float(status.index), "curriculum/success_rate": status.success_rate}
