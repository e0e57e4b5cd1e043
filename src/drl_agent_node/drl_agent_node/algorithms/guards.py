"""Stops learning, with a diagnosis, before numbers that are not finite reach a parameter."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from drl_agent_node.errors import DivergenceError

ADVICE = (
    "A smaller learning_rate or max_gradient_norm usually helps; training can resume from the last checkpoint"
)


def require_finite(
    where: str, losses: Mapping[str, float], networks: Mapping[str, nn.Module], learning_rate: float
) -> None:
    """Refuse losses or gradients that are not finite; call it before the optimiser's step.

    Args:
        where: the step, as messages name it.
        losses: what was computed, the gradients' norm among it: it is finite only if all gradients are.
        networks: all that took part, by name.
        learning_rate: for the message.

    Raises:
        DivergenceError: naming the losses, and the parameters that are or would become bad.
    """
    bad = [name for name, value in losses.items() if not math.isfinite(value)]
    if not bad:
        return
    parameters = [
        (f"{network}.{name}", parameter)
        for network, module in networks.items()
        for name, parameter in module.named_parameters()
    ]
    broken = _names_of_bad([(name, parameter.detach()) for name, parameter in parameters])
    gradients = _names_of_bad([(name, each.grad) for name, each in parameters if each.grad is not None])
    values = ", ".join(f"{name} {value:g}" for name, value in losses.items())
    raise DivergenceError(
        f"{where}: not finite: {', '.join(bad)} ({values}); parameters that are not finite: {broken}; gradients "
        f"that are not: {gradients}; learning rate {learning_rate:g}. {ADVICE}"
    )


def _names_of_bad(tensors: list[tuple[str, Tensor]]) -> str:
    names = [name for name, tensor in tensors if not torch.isfinite(tensor).all()]
    return (
        ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "") if names else "none"
    )
