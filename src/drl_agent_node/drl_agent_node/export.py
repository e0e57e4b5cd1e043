"""Export a policy for inference: `ros2 run drl_agent_node export runs/<name>`, to ONNX or TorchScript.

What is written takes raw observations and gives actions within [-1, 1]; it is compared with the policy it was made
from before it gets its name.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.sac import SAC
from drl_agent_node.env.normalization import RunningMeanStd
from drl_agent_node.env.observations import RASTER, STATE, Observations, is_channel, observed_by
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.policies import LearnedPolicy, find_learned
from drl_agent_node.evaluation.results import RESULTS_FILE, evaluation_figures, read_results
from drl_agent_node.inference.policy_file import (
    CARD_KEY,
    INPUT,
    MEMORY,
    MEMORY_OUTPUT,
    OUTPUT,
    RASTER_INPUT,
    PolicyCard,
    load_policy,
)
from drl_agent_node.networks.distributions import POLICIES
from drl_agent_node.networks.features import FeatureNetwork
from drl_agent_node.networks.recurrent import RecurrentCore
from drl_agent_node.provenance import code_revision, now

FORMATS: Final = ("onnx", "ts")
ACTION_NAMES: Final = ("acceleration", "steer")
TOLERANCE: Final = 1e-5
OPSET: Final = 17
_CLIP: Final = 10.0
_PROBES: Final = 64
_SIZE: Final = re.compile(r" (\d+)x(\d+) at ")


class PolicyModule(nn.Module):
    """Normalisation, features, memory, network and mode of a policy as one module, raw observations to actions [B, A].

    Inputs are the state [B, D], the raster uint8 [B, C, H, W], and what is remembered [B, H], those of them that there
    are, in this order; with memory, what is remembered afterwards comes beside the actions.
    """

    def __init__(
        self,
        layers: nn.Module,
        head: str,
        stats: RunningMeanStd | None,
        dim: int,
        features: FeatureNetwork | None = None,
        core: RecurrentCore | None = None,
    ) -> None:
        """`head` says what the layers' outputs parametrise: `gaussian`, `squashed`, `beta` or `mean_and_std`.

        `dim` is the size of the state, 0 where it is not observed.
        """
        super().__init__()
        self.layers = layers
        self.head = head
        self.features = features
        self.cell = None if core is None else core.cell
        self.dim = dim
        shift, scale = (np.zeros(dim), np.ones(dim)) if stats is None else stats.shift_and_scale
        self.clip = float("inf") if stats is None else _CLIP
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.tensor(shift, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return actions, and maybe the memory."""
        left = list(inputs)
        observations: dict[str, Tensor] = {}
        if self.dim:
            observations[STATE] = ((left.pop(0) - self.mean) * self.scale).clamp(-self.clip, self.clip)
        if self.features is not None and RASTER in self.features.images:
            observations[RASTER] = left.pop(0)
        features = observations[STATE] if self.features is None else self.features.encode(observations)
        if self.cell is None:
            return self._actions(features)
        memory = self.cell(features, left.pop(0))
        return self._actions(memory), memory

    def _actions(self, features: Tensor) -> Tensor:
        outputs = self.layers(features)
        if self.head == "beta":
            alpha, beta = functional.softplus(outputs).chunk(2, -1)
            actions: Tensor = 2.0 * alpha / (alpha + beta).clamp(min=1e-6) - 1.0
        elif self.head == "gaussian":
            actions = outputs
        else:
            actions = torch.tanh(outputs if self.head == "squashed" else outputs.chunk(2, -1)[0])
        return actions.clamp(-1.0, 1.0)

    def normalization(self) -> dict[str, Any]:
        """Return what is done to states, as plain data; empty when nothing is."""
        if self.clip == float("inf"):
            return {}
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist(), "clip": self.clip}


def policy_module(algorithm: Algorithm, dim: int) -> PolicyModule:
    """Return the policy of an algorithm as a module; `dim` is the size of the state, 0 where it is not observed.

    Raises:
        ConfigurationError: when there is no export for it.
    """
    core = None
    if isinstance(algorithm, PPO):
        core = algorithm.core
        layers: nn.Module = algorithm.network.actor
        head = next(name for name, kind in POLICIES.items() if kind is algorithm.network.policy)
    elif isinstance(algorithm, SAC):
        layers, head = algorithm.actor.layers, "mean_and_std"
    else:
        raise ConfigurationError(f"policies of {type(algorithm).__name__} cannot be exported")
    stats = algorithm.observation_stats if algorithm.config.normalize_observations else None
    features = None if algorithm.features.identity else algorithm.features
    return PolicyModule(layers, head, stats, dim, features, core).eval()


def last_evaluation(policy: LearnedPolicy) -> dict[str, Any]:
    """Return the figures of the newest evaluation of a checkpoint that its run's folder has; empty without one."""
    files = list((policy.folder / "evaluation").glob(f"*_{policy.short_name}/{RESULTS_FILE}"))
    if not files:
        return {}
    return evaluation_figures(read_results(max(files, key=lambda file: file.stat().st_mtime)))


def export_policy(policy: LearnedPolicy, target: Path) -> PolicyCard:
    """Write the policy of a checkpoint to `target`, whose ending says in which format.

    The card tells the figures of its newest evaluation, too.

    Raises:
        ConfigurationError: when it cannot be exported, or the exported policy acts differently.
    """
    if target.suffix[1:] not in FORMATS:
        raise ConfigurationError(f"'{target}' has no known ending; allowed: .{', .'.join(FORMATS)}")
    if policy.checkpoint is None:
        raise ConfigurationError("the untrained policy depends on the fleet and cannot be exported")
    names = policy.checkpoint.state_names
    if set(observed_by(names)) - {STATE, RASTER}:
        raise ConfigurationError(
            f"'{policy.path}' sees cameras or lidars and cannot be exported; allowed parameter observation: state, "
            "raster, both"
        )
    shapes = _shapes(names)
    algorithm = _restored(policy, shapes)
    module = policy_module(algorithm, shapes.get(STATE, (0,))[0])
    memory_size = module.cell.hidden_size if module.cell is not None else 0
    about = policy.checkpoint.config.get("about", {})
    card = PolicyCard(
        algorithm=policy.algorithm,
        steps=policy.steps,
        state_names=names,
        action_names=ACTION_NAMES,
        normalization=module.normalization(),
        config={key: value for key, value in policy.checkpoint.config.items() if key != "about"},
        code_revision=about.get("code_revision", code_revision()),
        scenario=about.get("scenario", {}),
        evaluation=last_evaluation(policy),
        created=now(),
        memory_size=memory_size,
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        probes = [_probe(module, shapes, memory_size, rows, seed) for rows, seed in ((2, 0), (_PROBES, 1))]
        (_write_onnx if target.suffix == ".onnx" else _write_torchscript)(module, card, temporary, probes[0])
        _check_same(algorithm, temporary, probes[1])
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return card


def _shapes(names: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of what is observed where the columns and channels are called `names`."""
    channels = [name for name in names if is_channel(name)]
    shapes: dict[str, tuple[int, ...]] = {}
    if len(channels) < len(names):
        shapes[STATE] = (len(names) - len(channels),)
    if channels:
        size = _SIZE.search(channels[0])
        if size is None:
            raise ConfigurationError(f"channel '{channels[0]}' does not say how large its raster is")
        shapes[RASTER] = (len(channels), int(size[1]), int(size[2]))
    return shapes


def _restored(policy: LearnedPolicy, shapes: Mapping[str, tuple[int, ...]]) -> Algorithm:
    assert policy.checkpoint is not None
    box = gym.spaces.Box
    spaces: dict[str, gym.Space[Any]] = {}
    if STATE in shapes:
        spaces[STATE] = box(-np.inf, np.inf, shapes[STATE], np.float32)
    if RASTER in shapes:
        spaces[RASTER] = box(0, 255, shapes[RASTER], np.uint8)
    env: Any = SimpleNamespace(
        num_envs=_PROBES,
        single_observation_space=gym.spaces.Dict(spaces) if RASTER in shapes else spaces[STATE],
        single_action_space=box(-1.0, 1.0, (len(ACTION_NAMES),), np.float32),
        state_names=policy.checkpoint.state_names,
    )
    config = policy.config
    if "buffer_capacity" in type(config).model_fields:
        # Nothing is replayed here.
        config = config.model_copy(update={"buffer_capacity": 1000, "buffer_directory": None})
    algorithm = make_algorithm(policy.algorithm, config, env, policy.seed)
    algorithm.load_state_dict(dict(policy.checkpoint.state) | {"replay": None})
    return algorithm


def _probe(
    module: PolicyModule, shapes: Mapping[str, tuple[int, ...]], memory_size: int, rows: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return made-up inputs of the module by name, in its order."""
    random = np.random.default_rng(seed)
    probe: dict[str, NDArray[Any]] = {}
    if STATE in shapes:
        spread = 3.0 / module.scale.numpy() * random.standard_normal((rows, *shapes[STATE]), np.float32)
        probe[INPUT] = (module.mean.numpy() + spread).astype(np.float32)
    if RASTER in shapes:
        probe[RASTER_INPUT] = random.integers(0, 256, (rows, *shapes[RASTER]), np.uint8)
    if memory_size:
        probe[MEMORY] = random.uniform(-1.0, 1.0, (rows, memory_size)).astype(np.float32)
    return probe


def _write_onnx(
    module: PolicyModule, card: PolicyCard, path: Path, probe: Mapping[str, NDArray[Any]]
) -> None:
    import onnx

    outputs = [OUTPUT, MEMORY_OUTPUT] if card.memory_size else [OUTPUT]
    with warnings.catch_warnings():
        # The newer exporter needs a package that is not installed, for graphs that these are not.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            module,
            tuple(torch.from_numpy(values) for values in probe.values()),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(probe),
            output_names=outputs,
            dynamic_axes={name: {0: "agents"} for name in (*probe, *outputs)},
        )
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _write_torchscript(
    module: PolicyModule, card: PolicyCard, path: Path, probe: Mapping[str, NDArray[Any]]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        example = tuple(torch.from_numpy(values) for values in probe.values())
        traced = torch.jit.trace(module, example)  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(path), _extra_files={f"{CARD_KEY}.json": card.to_json()})  # type: ignore[no-untyped-call]


def _check_same(algorithm: Algorithm, path: Path, probe: Mapping[str, NDArray[Any]]) -> None:
    """Compare the actions, and those after one more step where there is memory."""
    observed = {name: probe[key] for name, key in ((STATE, INPUT), (RASTER, RASTER_INPUT)) if key in probe}
    observations: Observations = observed if RASTER in observed else observed[STATE]
    exported = load_policy(path)
    off = 0.0
    memory = np.zeros_like(probe[MEMORY]) if MEMORY in probe else None
    nobody = np.zeros(_PROBES, np.bool_)
    algorithm.begin(nobody, ~nobody)
    for _ in range(1 if memory is None else 2):
        expected = np.clip(algorithm.act(observations, deterministic=True), -1.0, 1.0)
        algorithm.follow(nobody)
        if memory is None:
            actions = exported.act(observations)
        else:
            assert exported.step is not None
            actions, memory = exported.step(observations, memory)
        off = max(off, float(np.abs(actions - expected).max()))
    if not off <= TOLERANCE:
        raise ConfigurationError(
            f"the exported policy's actions differ by up to {off:g} from those of the {algorithm.name} policy; at most "
            f"{TOLERANCE:g} is allowed"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Export, and return the exit code: 78 for a policy that cannot be exported."""
    parser = argparse.ArgumentParser(prog="ros2 run drl_agent_node export", description=__doc__)
    parser.add_argument("policy", help="folder of a run, or path of a checkpoint")
    parser.add_argument(
        "--output", type=Path, help="file to write, .onnx or .ts (default: policy.onnx in the run's folder)"
    )
    options = parser.parse_args(arguments)
    try:
        policy = find_learned(options.policy, print)
        target = options.output or policy.folder / "policy.onnx"
        card = export_policy(policy, target)
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return 78
    print(f"'{target}': {card.algorithm}, {card.steps} steps, {len(card.state_names)} observation columns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
