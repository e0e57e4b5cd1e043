"""The parameters of the agent node: declared once, with type, range, unit and description, and checked."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import ParameterException
from rclpy.node import Node

from drl_agent_node.algorithms import ALGORITHMS
from drl_agent_node.env.observations import OBSERVED_TEXT, parse_observed
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.safety.config import MODES as SAFETY_MODES

SIMULATOR_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")
RUN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
MODES: Final = ("train", "evaluate", "serve")

_Range = tuple[float, float] | None
# name, default, description, range
_PARAMETERS: Final[tuple[tuple[str, Any, str, _Range], ...]] = (
    ("mode", "train", "train: learn; evaluate: drive with a trained policy and report; serve: evaluate on "
     "request, by the action /carla_drl/evaluate", None),
    ("simulators", ["sim0"], "lock-step groups to drive, names as in /carla_drl/<name>/observation", None),
    ("algorithm", "ppo", f"one of {', '.join(ALGORITHMS)}", None),
    ("algorithm_config", "", "YAML file with fields of the algorithm, of the reward under 'reward' and of the safety "
     "layer under 'safety'; empty: defaults", None),
    ("safety", "off", "off; monitor: judge every action and count; shield: override unsafe actions, too", None),
    ("observation", "state", f"what the policy sees: {OBSERVED_TEXT}; images need parameters raster, camera or lidar "
     "of the gateway, rasters that of the bridge, too", None),
    ("total_steps", 200_000, "agent steps to train for, all agents and resumed runs included", (1, 10**12)),
    ("seed", 0, "seed of the learner", (0, 2**31 - 1)),
    ("run_dir", "~/.carla_drl/runs", "folder that holds the folders of runs", None),
    ("run_name", "", "folder of this run in run_dir; empty: made from algorithm, seed and time", None),
    ("resume", "auto", "auto: go on from the newest checkpoint of run_name; never; or the path of one", None),
    ("checkpoint_interval_steps", 50_000, "agent steps between checkpoints", (1, 10**12)),
    ("keep_checkpoints", 3, "newest checkpoints that are kept", (1, 1000)),
    ("expected_agents", 0, "agents each fleet must have; 0: any number", (0, 4096)),
    ("observation_timeout_s", 60.0, "how long to wait for the first observation, s", (0.1, 86400.0)),
    ("retry_s", 1.0, "silence after which the last action is sent again, s", (0.05, 60.0)),
    ("curriculum", "", "YAML file of a curriculum; empty: the scenario stays", None),
    ("lost_after_s", 3.0, "silence after which the other groups go on without one, s", (0.1, 86400.0)),
    ("target_success_rate", 0.0, "end training at this share of finished routes in the last 100 episodes; 0: never",
     (0.0, 1.0)),
    ("policy", "latest", "evaluate: latest or best checkpoint of run_name, untrained, or the path of one", None),
    ("tracking_uri", "off", "train: auto (MLflow in a database in run_dir), the URI of an MLflow server, or off", None),
    ("wandb", "off", "train: log to Weights & Biases, too: off, offline or online", None),
    ("eval_episodes", 100, "evaluate: episodes to drive in the running loop", (1, 10**6)),
    ("suite", "", "evaluate: name of a file in config/evaluation or path of one, whose worlds are started for it; "
     "empty: drive in the running loop", None),
    ("server", "", "evaluate a suite: <host>:<port> of a CARLA server; empty: the embedded simulator", None),
    ("scenario", "", "scenario file that the running loop was started with, for the records", None),
)  # fmt: skip


@dataclass(frozen=True)
class AgentParameters:
    """Checked parameters; `_PARAMETERS` says what each is."""

    mode: str
    simulators: tuple[str, ...]
    algorithm: str
    algorithm_config: Path | None
    safety: str
    curriculum: Path | None
    observation: str
    total_steps: int
    seed: int
    run_dir: Path
    run_name: str
    resume: str
    checkpoint_interval_steps: int
    keep_checkpoints: int
    expected_agents: int
    observation_timeout_s: float
    retry_s: float
    lost_after_s: float
    target_success_rate: float
    policy: str
    eval_episodes: int
    suite: str = ""
    server: str = ""
    scenario: str = ""
    tracking_uri: str = "off"
    wandb: str = "off"

    @property
    def run_folder(self) -> Path:
        """Folder of this run."""
        return self.run_dir / self.run_name


def declare_parameters(node: Node) -> dict[str, Any]:
    """Declare every parameter, read-only, and return their values.

    Raises:
        ConfigurationError: when a value has the wrong type or is out of range.
    """
    values: dict[str, Any] = {}
    for name, default, description, limits in _PARAMETERS:
        descriptor = ParameterDescriptor(description=description, read_only=True)
        if limits is not None and isinstance(default, int):
            descriptor.integer_range = [
                IntegerRange(from_value=int(limits[0]), to_value=int(limits[1]), step=1)
            ]
        elif limits is not None:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(limits[0]), to_value=float(limits[1]), step=0.0)
            ]
        try:
            values[name] = node.declare_parameter(name, default, descriptor).value
        except (ParameterException, TypeError, ValueError) as error:
            kind = "a list of names" if isinstance(default, list) else type(default).__name__
            allowed = kind if limits is None else f"{kind} from {limits[0]:g} to {limits[1]:g}"
            raise ConfigurationError(
                f"parameter '{name}' cannot be used ({' '.join(str(error).split())}); allowed: {allowed}"
            ) from None
    return values


def check_parameters(values: dict[str, Any]) -> AgentParameters:
    """Turn declared values into `AgentParameters`.

    Raises:
        ConfigurationError: naming the parameter, its value, and what is allowed.
    """
    simulators = tuple(values["simulators"])
    if not simulators or len(set(simulators)) != len(simulators):
        raise _refusal("simulators", list(simulators), "one or more different names")
    for name in simulators:
        if not SIMULATOR_NAME.fullmatch(name):
            raise _refusal(
                "simulators", name, "a-z, 0-9 and _, starting with a letter, at most 31 characters"
            )
    if values["mode"] not in MODES:
        raise _refusal("mode", values["mode"], ", ".join(MODES))
    if values["safety"] not in SAFETY_MODES:
        raise _refusal("safety", values["safety"], ", ".join(SAFETY_MODES))
    if values["algorithm"] not in ALGORITHMS:
        raise _refusal("algorithm", values["algorithm"], ", ".join(ALGORITHMS))
    parse_observed(values["observation"])
    config = values["algorithm_config"]
    config_path = Path(config).expanduser() if config else None
    if config_path is not None and not config_path.is_file():
        raise _refusal("algorithm_config", config, "the path of a YAML file, or empty for defaults")
    curriculum = values["curriculum"]
    curriculum_path = Path(curriculum).expanduser() if curriculum else None
    if curriculum_path is not None and not curriculum_path.is_file():
        raise _refusal("curriculum", curriculum, "the path of a YAML file, or empty for none")
    run_name = values["run_name"] or (
        f"{values['algorithm']}-seed{values['seed']}-{time.strftime('%Y%m%d-%H%M%S')}"
    )
    if not RUN_NAME.fullmatch(run_name):
        raise _refusal(
            "run_name", run_name, "letters, digits, '.', '_' and '-', not starting with a sign, at most 128"
        )
    checked = values | {
        "simulators": simulators,
        "algorithm_config": config_path,
        "curriculum": curriculum_path,
        "run_dir": Path(values["run_dir"]).expanduser().resolve(),
        "run_name": run_name,
    }
    return AgentParameters(**checked)


def _refusal(name: str, value: object, allowed: str) -> ConfigurationError:
    return ConfigurationError(f"parameter '{name}' = '{value}' cannot be used; allowed: {allowed}")
