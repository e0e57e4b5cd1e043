"""Learners that share the work learn what one learner learns from all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ranks
import torch


def test_two_ranks_with_halves_make_the_updates_of_one_with_the_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*command, ranks.__file__, str(tmp_path)],
        check=True,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    first, second = (torch.load(tmp_path / f"rank{rank}of2.pt", weights_only=True) for rank in (0, 1))
    for name in ("ppo", "ppo_lagrangian", "sac"):
        assert torch.equal(first[name]["parameters"], second[name]["parameters"]), name
    for make in (ranks.make_ppo, ranks.make_lagrangian):
        whole = make(ranks.ENVS)
        start = ranks.parameters(whole)
        scalars = ranks.learn(whole, slice(None), updates=3)
        shared = first[whole.name]
        moved = (ranks.parameters(whole) - start).abs().max()
        assert moved > 1e-3
        torch.testing.assert_close(shared["parameters"], ranks.parameters(whole), rtol=0.0, atol=2e-5)
        names = ["policy_loss", "value_loss", "approx_kl", "gradient_norm", "reward_scale"]
        if whole.name == "ppo_lagrangian":
            names = ["cost", "multiplier"]
        for name in names:
            assert shared["scalars"][name] == pytest.approx(scalars[name], rel=1e-2, abs=1e-5), name
