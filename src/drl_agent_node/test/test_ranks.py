"""Learners that share the work learn what one learner learns from all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ranks
import torch

from drl_agent_node.algorithms.ppo_lagrangian import PPOLagrangian, PPOLagrangianConfig
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.errors import ConfigurationError


def test_two_ranks_with_halves_make_the_updates_of_one_with_the_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*command, ranks.__file__, str(tmp_path)],
        check=True,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    first, second = (torch.load(tmp_path / f"rank{rank}of2.pt", weights_only=True) for rank in (0, 1))
    for name in ("ppo", "sac"):
        assert torch.equal(first[name]["parameters"], second[name]["parameters"]), name
    whole = ranks.make_ppo(ranks.ENVS)
    start = ranks.parameters(whole)
    scalars = ranks.learn(whole, slice(None), updates=3)
    moved = (ranks.parameters(whole) - start).abs().max()
    assert moved > 1e-3
    torch.testing.assert_close(first["ppo"]["parameters"], ranks.parameters(whole), rtol=0.0, atol=2e-5)
    for name in ("policy_loss", "value_loss", "approx_kl", "gradient_norm", "reward_scale"):
        assert first["ppo"]["scalars"][name] == pytest.approx(scalars[name], rel=1e-2, abs=1e-5), name


def test_what_cannot_be_shared_is_refused() -> None:
    algorithm = PPOLagrangian(PPOLagrangianConfig(), 2, 3, 2, 0)
    with pytest.raises(
        ConfigurationError, match="ppo_lagrangian learns in one process; allowed with several: ppo"
    ):
        algorithm.join(Ranks())
