"""Exported policies on disk: `.onnx` for ONNX Runtime, `.ts` for TorchScript, both with their card inside.

The card says what the policy expects and where it comes from. Observations go in raw: normalisation is part of the
model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env.observations import RASTER, STATE, Observations, observed_by
from drl_agent_node.errors import ConfigurationError

Floats = NDArray[np.float32]

CARD_FORMAT: Final = 1
CARD_KEY: Final = "carla_drl"
INPUT: Final = "observation"
RASTER_INPUT: Final = "raster"
MEMORY: Final = "memory"
OUTPUT: Final = "action"
MEMORY_OUTPUT: Final = "next_memory"
_SHOWN: Final = 8


@dataclass(frozen=True)
class PolicyCard:
    """What is known about a policy.

    Attributes:
        algorithm: name of the algorithm that trained it.
        steps: agent steps it was trained for.
        state_names, action_names: columns of observations and actions, in order.
        normalization: `mean`, `scale` and `clip` of observations, per column; empty where there is none.
        config: of algorithm, reward and so on, as plain data.
        code_revision: git commit of the code that trained it.
        scenario: `name` and `hash` of what it was trained in.
        evaluation: figures of the last evaluation; empty before one.
        created: UTC.
        memory_size: units of the policy's memory, 0 where it has none.
    """

    algorithm: str
    steps: int
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]
    normalization: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    code_revision: str = "unknown"
    scenario: Mapping[str, str] = field(default_factory=dict)
    evaluation: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    memory_size: int = 0

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what the model takes, in order."""
        observed = observed_by(self.state_names)
        names = tuple(name for part, name in ((STATE, INPUT), (RASTER, RASTER_INPUT)) if part in observed)
        return (*names, MEMORY) if self.memory_size else names

    def to_json(self) -> str:
        """Return the card as JSON text."""
        return json.dumps(asdict(self) | {"format": CARD_FORMAT}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, where: str) -> PolicyCard:
        """Read a card; `where` names its origin in messages.

        Raises:
            ConfigurationError: when it is no card of this format.
        """
        try:
            values = json.loads(text)
            version = values.pop("format")
            if version != CARD_FORMAT:
                raise ConfigurationError(
                    f"{where} has a card of format {version}; this version reads {CARD_FORMAT}"
                )
            values |= {name: tuple(values[name]) for name in ("state_names", "action_names")}
            return cls(**values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{where} has no readable card: {error}") from None


@dataclass(frozen=True)
class ExportedPolicy:
    """A policy that can be driven with.

    Attributes:
        path: where it was read from.
        card: what is known about it.
        act: raw observations to actions float32 [N, A] in [-1, 1]; policies with memory have `step` instead.
        step: raw observations, and what is remembered before them, float32 [N, H], to actions and what is after them.
    """

    path: Path
    card: PolicyCard
    act: Callable[[Observations], Floats]
    step: Callable[[Observations, Floats], tuple[Floats, Floats]] | None = None

    def check_layout(self, state_names: Sequence[str], action_names: Sequence[str] = ()) -> None:
        """Refuse a fleet whose columns are not those of the policy; empty `action_names` are not compared.

        Raises:
            ConfigurationError: showing the difference.
        """
        check_names(self.path, "observation", self.card.state_names, state_names)
        if action_names:
            check_names(self.path, "action", self.card.action_names, action_names)


def check_names(path: Path, what: str, expected: Sequence[str], found: Sequence[str]) -> None:
    """Refuse columns that are not the expected ones, in that order.

    Raises:
        ConfigurationError: showing the difference.
    """
    if tuple(expected) == tuple(found):
        return
    parts = []
    for title, names in (
        ("missing in the fleet:", [name for name in expected if name not in found]),
        ("unknown to the policy:", [name for name in found if name not in expected]),
    ):
        if names:
            parts.append(f"{title} {', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}")
    if not parts:
        index = next(i for i, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b)
        parts = [f"the order differs from column {index} on: {expected[index]} became {found[index]}"]
    raise ConfigurationError(
        f"policy '{path}' takes {len(expected)} {what} columns, the fleet has {len(found)}; {'; '.join(parts)}"
    )


def is_exported(path: Path) -> bool:
    """Tell whether a path names an exported policy."""
    return path.suffix in _LOADERS


def load_policy(path: Path, threads: int = 1) -> ExportedPolicy:
    """Load an exported policy; `threads` is how many it may use.

    Raises:
        ConfigurationError: when it is absent, of another kind, or damaged.
    """
    if path.suffix not in _LOADERS:
        raise ConfigurationError(f"policy '{path}' cannot be used; allowed: a file ending in .onnx or .ts")
    if not path.is_file():
        raise ConfigurationError(f"policy '{path}' does not exist")
    return _LOADERS[path.suffix](path, threads)


def _load_onnx(path: Path, threads: int) -> ExportedPolicy:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    # ONNX Runtime raises classes of its own for every kind of damage.
    except Exception as error:
        raise ConfigurationError(f"policy '{path}' cannot be loaded: {error}") from None
    metadata = session.get_modelmeta().custom_metadata_map
    card = PolicyCard.from_json(metadata.get(CARD_KEY, "null"), f"policy '{path}'")

    def run(inputs: Sequence[NDArray[Any]]) -> list[Floats]:
        feed = dict(zip(card.inputs, inputs, strict=True))
        outputs: list[Floats] = session.run([OUTPUT, MEMORY_OUTPUT] if card.memory_size else [OUTPUT], feed)
        return outputs

    return _policy(path, card, run)


def _load_torchscript(path: Path, threads: int) -> ExportedPolicy:
    import torch

    torch.set_num_threads(threads)
    files = {f"{CARD_KEY}.json": ""}
    try:
        module = torch.jit.load(str(path), map_location="cpu", _extra_files=files)  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:
        raise ConfigurationError(f"policy '{path}' cannot be loaded: {error}") from None
    text = files[f"{CARD_KEY}.json"]
    card = PolicyCard.from_json(
        text.decode() if isinstance(text, bytes) else text or "null", f"policy '{path}'"
    )
    module.eval()

    def run(inputs: Sequence[NDArray[Any]]) -> list[Floats]:
        with torch.no_grad():
            outputs = module(*(torch.from_numpy(values) for values in inputs))
        return [part.numpy() for part in (outputs if card.memory_size else (outputs,))]

    return _policy(path, card, run)


def _policy(
    path: Path, card: PolicyCard, run: Callable[[Sequence[NDArray[Any]]], list[Floats]]
) -> ExportedPolicy:
    def parts(observations: Observations) -> list[NDArray[Any]]:
        if not isinstance(observations, dict):
            return [observations]
        return [observations[name] for name in (STATE, RASTER) if name in observations]

    def act(observations: Observations) -> Floats:
        if card.memory_size:
            raise ConfigurationError(f"policy '{path}' has memory; it is driven step by step")
        return run(parts(observations))[0]

    def step(observations: Observations, memory: Floats) -> tuple[Floats, Floats]:
        actions, after = run([*parts(observations), memory])
        return actions, after

    return ExportedPolicy(path, card, act, step if card.memory_size else None)


_LOADERS: Final[Mapping[str, Callable[[Path, int], ExportedPolicy]]] = {
    ".onnx": _load_onnx,
    ".ts": _load_torchscript,
}
