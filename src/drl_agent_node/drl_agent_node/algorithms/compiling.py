"""Networks that `torch.compile` works on: where that is asked for, and whether it can be."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from drl_agent_node.errors import ConfigurationError


def compile_networks(networks: Iterable[nn.Module], algorithm: str) -> None:
    """Compile networks in place, when they are called next; their parameters keep their names.

    Raises:
        ConfigurationError: when there is no compiler that works, naming `algorithm`.
    """
    probe = torch.compile(torch.sin)
    try:
        probe(torch.zeros(2))
    except (RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigurationError(
            f"{algorithm}: compile is true, but torch.compile cannot work here ({reason}); it needs a C++ compiler, g++ or "
            "what CXX names; allowed without one: false"
        ) from None
    for network in networks:
        network.compile()
