"""SAC through the whole loop: it learns from replay, survives deaths of its world, and goes on from its checkpoint."""

from pathlib import Path

import torch
from launched import Launched, domain
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

CONFIG = """
learning_starts: 400
buffer_capacity: 20000
batch_size: 32
hidden_sizes: [32, 32]
"""
PATIENCE_S = 60.0


def gradient_steps(folder: Path) -> list[float]:
    """Return what TensorBoard was told of the number of gradient steps, in order."""
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return [event.value for event in events.Scalars("losses/gradient_steps")]


def test_sac_learns_and_survives_the_deaths_of_its_world(tmp_path: Path) -> None:
    config = tmp_path / "sac_small.yaml"
    config.write_text(CONFIG)
    arguments = {"num_agents": 4, "run_name": "sac", "algorithm": config, "checkpoint_interval_steps": 1000}
    with Launched("train", tmp_path, domain(40), total_steps=10**9, **arguments) as run:
        run.wait_for(lambda _: run.steps() > 1500, "progress", PATIENCE_S)
        for victim in ("bridge_node", "carla_drl_sim", "agent_node"):
            deaths = run.output.count("process has died")
            run.kill(victim)
            run.wait_for(
                lambda text, deaths=deaths: text.count("process has died") > deaths, "notice of the death", 5
            )
            # The progress lines of before do not count.
            run.lines.append(f"-- killed {victim} --")
            at_death = run.steps()
            # A restarted learner goes on from its last checkpoint.
            run.wait_for(
                lambda _, at_death=at_death: run.steps() > at_death + 1000,
                f"progress after the death of {victim}",
                PATIENCE_S,
            )
        run.interrupt()
        run.wait(15)
    assert "going on from" in run.output
    assert "Traceback" not in run.output, run.output[-6000:]
    folder = tmp_path / "runs" / "sac"
    steps = gradient_steps(folder)
    assert steps == sorted(steps), "gradient steps were lost"
    assert steps[-1] > 100
    checkpoint = torch.load(folder / "checkpoints" / "latest.pt", weights_only=True)
    assert checkpoint["algorithm"] == "sac"
    assert checkpoint["state"]["steps"] >= steps[-1]
    # The buffer is a part of it: what was seen before the learner's death, too.
    assert checkpoint["state"]["replay"]["filled"] > 500
