"""A run's curriculum from its file to its last state: what trainer, node and reports have to do with it. No ROS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drl_agent_node.curriculum import Curriculum, load_stages
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
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


class InProcessLoader:
    """Gives scenarios to an environment in this process."""

    def __init__(self, env: InProcessVectorEnv) -> None:
        self._env = env

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Load at once; see `SceneLoader`."""
        answer = Answer(True, new_world=self._env.load_scenario(scenario, agents))
        return lambda: answer


class CurriculumSession:
    """The curriculum of a run that may not have begun yet."""

    def __init__(self, path: Path, seed: int, say: Callable[[str], None]) -> None:
        """Read the file; `say` is told what people should know.

        Raises:
            ConfigurationError: naming what cannot be used.
        """
        self._config, self.stages = load_stages(path)
        self._seed = seed
        self._say = say
        self._dispatcher: SceneDispatcher | None = None

    def begin(self, env: FleetVectorEnv, loader: SceneLoader, extras: Mapping[str, Any]) -> None:
        """Start with an environment that was reset; `extras` are those of the checkpoint that the run goes on from.

        Raises:
            ConfigurationError: when the checkpoint's stage is not there any more.
        """
        sizes = [len(link.current.status) for link in env.links if link.current is not None]
        curriculum = Curriculum(self._config, self.stages, sizes, self._seed)
        if STATE_NAME in extras:
            curriculum.load_state_dict(extras[STATE_NAME])

        def sessions() -> list[int]:
            return [link.current.session for link in env.links if link.current is not None]

        self._dispatcher = SceneDispatcher(curriculum, loader, sessions, self._say)
        self._dispatcher.poll()
        self._say(f"curriculum begins with stage {curriculum.stage} '{self.status.name}'")

    @property
    def status(self) -> StageStatus:
        """Where it is; any thread may ask."""
        if self._dispatcher is None:
            return StageStatus(count=len(self.stages))
        curriculum = self._dispatcher.curriculum
        stage = curriculum.stage
        return StageStatus(self.stages[stage].name, stage, len(self.stages), curriculum.success_rate)

    def on_episodes(self, episodes: Sequence[Episode]) -> None:
        """Take in episodes that ended."""
        if self._dispatcher is not None:
            moved = self._dispatcher.curriculum.on_episodes(episodes)
            if moved:
                self._say(moved)

    def on_step(self) -> None:
        """Keep the simulators at what they are to drive."""
        if self._dispatcher is not None:
            self._dispatcher.poll()

    def request(self, stage: str, *, hold: bool) -> int:
        """Move to a stage, as service `SetStage` asks; any thread may call it. Returns its index.

        Raises:
            ConfigurationError: when there is no such stage, or training has not begun.
        """
        if self._dispatcher is None:
            raise ConfigurationError("training has not begun yet")
        return self._dispatcher.request(stage, hold=hold)

    def extras(self) -> dict[str, Any]:
        """Return what checkpoints keep."""
        return {} if self._dispatcher is None else {STATE_NAME: self._dispatcher.curriculum.state_dict()}

    def scalars(self) -> dict[str, float]:
        """Return what TensorBoard is told."""
        status = self.status
        return {"curriculum/stage": float(status.index), "curriculum/success_rate": status.success_rate}
