"""Export a policy for inference: `ros2 run drl_agent_node export runs/<name>`, to ONNX or TorchScript.

What is written takes raw observations and gives actions within [-1, 1]; it is compared with the policy it was made
from before it gets its name.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
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
from drl_agent_node.env.observations import CHANNEL_PREFIX
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.policies import LearnedPolicy, find_learned
from drl_agent_node.evaluation.results import RESULTS_FILE, evaluation_figures, read_results
from drl_agent_node.inference.policy_file import CARD_KEY, INPUT, OUTPUT, PolicyCard, load_policy
from drl_agent_node.networks.distributions import POLICIES
from drl_agent_node.provenance import code_revision, now

FORMATS: Final = ("onnx", "ts")
ACTION_NAMES: Final = ("acceleration", "steer")
TOLERANCE: Final = 1e-5
OPSET: Final = 17
_CLIP: Final = 10.0
_PROBES: Final = 256


class PolicyModule(nn.Module):
    """Normalisation, network and mode of the policy as one module: raw observations [B, D] to actions [B, A]."""

    def __init__(self, layers: nn.Module, head: str, stats: RunningMeanStd | None, dim: int) -> None:
        """`head` says what the layers' outputs parametrise: `gaussian`, `squashed`, `beta` or `mean_and_std`."""
        super().__init__()
        self.layers = layers
        self.head = head
        mean = np.zeros(dim) if stats is None else stats.mean
        scale = np.ones(dim) if stats is None else 1.0 / np.sqrt(np.maximum(stats.var, 1e-4))
        self.clip = float("inf") if stats is None else _CLIP
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float32))

    def forward(self, observations: Tensor) -> Tensor:
        """Return actions [B, A] for raw `observations` [B, D]."""
        scaled = ((observations - self.mean) * self.scale).clamp(-self.clip, self.clip)
        outputs = self.layers(scaled)
        if self.head == "beta":
            alpha, beta = functional.softplus(outputs).chunk(2, -1)
            actions: Tensor = 2.0 * alpha / (alpha + beta).clamp(min=1e-6) - 1.0
        elif self.head == "gaussian":
            actions = outputs
        else:
            actions = torch.tanh(outputs if self.head == "squashed" else outputs.chunk(2, -1)[0])
        return actions.clamp(-1.0, 1.0)

    def normalization(self) -> dict[str, Any]:
        """Return what is done to observations, as plain data; empty when nothing is."""
        if self.clip == float("inf"):
            return {}
        return {"mean": self.mean.tolist(), "scale": self.scale.tolist(), "clip": self.clip}


def policy_module(algorithm: Algorithm, dim: int) -> PolicyModule:
    """Return the policy of an algorithm as a module.

    Raises:
        ConfigurationError: when there is no export for it.
    """
    if isinstance(algorithm, (PPO, SAC)) and not algorithm.features.identity:
        raise ConfigurationError(
            "only policies of a plain state can be exported; this one sees rasters or attends to neighbours"
        )
    if isinstance(algorithm, PPO):
        if algorithm.core is not None:
            raise ConfigurationError("policies with memory cannot be exported; train with memory_size: 0")
        layers = algorithm.network.actor
        head = next(name for name, kind in POLICIES.items() if kind is algorithm.network.policy)
    elif isinstance(algorithm, SAC):
        layers, head = algorithm.actor.layers, "mean_and_std"
    else:
        raise ConfigurationError(f"policies of {type(algorithm).__name__} cannot be exported")
    stats = algorithm.observation_stats if algorithm.config.normalize_observations else None
    return PolicyModule(layers, head, stats, dim).eval()


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
    if any(name.startswith(CHANNEL_PREFIX) for name in names):
        raise ConfigurationError(
            f"'{policy.path}' sees rasters and cannot be exported; allowed parameter observation: state"
        )
    algorithm = _restored(policy)
    module = policy_module(algorithm, len(names))
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
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        (_write_onnx if target.suffix == ".onnx" else _write_torchscript)(module, card, temporary)
        _check_same(algorithm, temporary, module)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return card


def _restored(policy: LearnedPolicy) -> Algorithm:
    assert policy.checkpoint is not None
    box = gym.spaces.Box(-np.inf, np.inf, (len(policy.checkpoint.state_names),), np.float32)
    env: Any = SimpleNamespace(
        num_envs=1,
        single_observation_space=box,
        single_action_space=gym.spaces.Box(-1.0, 1.0, (len(ACTION_NAMES),), np.float32),
        state_names=policy.checkpoint.state_names,
    )
    algorithm = make_algorithm(policy.algorithm, policy.config, env, policy.seed)
    algorithm.load_state_dict(policy.checkpoint.state)
    return algorithm


def _write_onnx(module: PolicyModule, card: PolicyCard, path: Path) -> None:
    import onnx

    with warnings.catch_warnings():
        # The newer exporter needs a package that is not installed, for graphs that these are not.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            module,
            (torch.zeros(2, len(card.state_names)),),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: "agents"}, OUTPUT: {0: "agents"}},
        )
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {CARD_KEY: card.to_json()})
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _write_torchscript(module: PolicyModule, card: PolicyCard, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(module, torch.zeros(2, len(card.state_names)))  # type: ignore[no-untyped-call]
        torch.jit.save(traced, str(path), _extra_files={f"{CARD_KEY}.json": card.to_json()})  # type: ignore[no-untyped-call]


def _check_same(algorithm: Algorithm, path: Path, module: PolicyModule) -> None:
    random = np.random.default_rng(0)
    spread = 3.0 / module.scale.numpy()
    shape = (_PROBES, len(spread))
    probes: NDArray[np.float32] = (
        module.mean.numpy() + spread * random.standard_normal(shape, np.float32)
    ).astype(np.float32)
    expected = np.clip(algorithm.act(probes, deterministic=True), -1.0, 1.0)
    off = float(np.abs(load_policy(path).act(probes) - expected).max())
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
