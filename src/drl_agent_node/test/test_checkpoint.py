from pathlib import Path

import pytest
import torch

from drl_agent_node.checkpoint import Checkpoint, CheckpointFolder, check_fits, load
from drl_agent_node.errors import ConfigurationError


def checkpoint(steps: int, value: float = 0.0, score: tuple[float, float] | None = None) -> Checkpoint:
    return Checkpoint(
        algorithm="ppo",
        config={"algorithm": {"gamma": 0.98}},
        state_names=("speed_mps", "route_0_x_m"),
        counters={"steps": steps, "episodes": 3}
        | ({} if score is None else {"success_rate": score[0], "mean_return": score[1]}),
        state={
            "network": {"w": torch.full((300, 3), value)},
            "random": {"state": 2**120 + 1, "name": "PCG64"},
        },
    )


def test_what_was_saved_is_loaded(tmp_path: Path):
    path = CheckpointFolder(tmp_path).save(checkpoint(1000, 0.5))
    loaded = load(path)
    assert loaded.steps == 1000
    assert loaded.algorithm == "ppo"
    assert loaded.config == {"algorithm": {"gamma": 0.98}}
    assert loaded.state_names == ("speed_mps", "route_0_x_m")
    assert loaded.counters["episodes"] == 3
    assert torch.equal(loaded.state["network"]["w"], torch.full((300, 3), 0.5))
    assert loaded.state["random"]["state"] == 2**120 + 1


def test_the_newest_are_kept_and_linked(tmp_path: Path):
    folder = CheckpointFolder(tmp_path, keep=2)
    for steps in (100, 200, 1000):
        folder.save(checkpoint(steps))
    assert [path.name for path in folder.paths()] == [
        "checkpoint_000000001000.pt",
        "checkpoint_000000000200.pt",
    ]
    assert load(tmp_path / "latest.pt").steps == 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint_000000000200.pt",
        "checkpoint_000000001000.pt",
        "latest.pt",
    ]


def test_the_best_stays_and_is_linked(tmp_path: Path):
    folder = CheckpointFolder(tmp_path, keep=1)
    folder.save(checkpoint(100))
    assert not (tmp_path / "best.pt").exists()
    folder.save(checkpoint(200, score=(0.5, 10.0)))
    folder.save(checkpoint(300, score=(0.8, 20.0)))
    folder.save(checkpoint(400, score=(0.8, 10.0)))
    # Another process that goes on with the run knows the best from the disk.
    folder = CheckpointFolder(tmp_path, keep=1)
    folder.save(checkpoint(500, score=(0.7, 90.0)))
    assert load(tmp_path / "best.pt").steps == 300
    assert [path.name for path in folder.paths()] == [
        "checkpoint_000000000500.pt",
        "checkpoint_000000000300.pt",
    ]
    folder.save(checkpoint(600, score=(0.9, 0.0)))
    assert load(tmp_path / "best.pt").steps == load(tmp_path / "latest.pt").steps == 600
    assert [path.name for path in folder.paths()] == ["checkpoint_000000000600.pt"]


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(bytes(content))


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_truncate, damage_flip, damage_empty])
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage):
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(100))
    damage(folder.save(checkpoint(200, 1.0)))
    warnings: list[str] = []
    found = folder.load_latest(warnings.append)
    assert found is not None
    assert found[0].steps == 100
    assert len(warnings) == 1
    assert "checkpoint_000000000200.pt' is damaged" in warnings[0]


def test_only_damaged_checkpoints_are_an_error_not_a_fresh_start(tmp_path: Path):
    folder = CheckpointFolder(tmp_path)
    damage_empty(folder.save(checkpoint(100)))
    with pytest.raises(ConfigurationError, match="none of the 1 checkpoints"):
        folder.load_latest(lambda _: None)


def test_no_checkpoint_is_none(tmp_path: Path):
    assert CheckpointFolder(tmp_path / "absent").load_latest(lambda _: None) is None
    with pytest.raises(ConfigurationError, match="does not exist"):
        load(tmp_path / "absent.pt")


def test_a_failed_write_leaves_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = CheckpointFolder(tmp_path)
    folder.save(checkpoint(100))

    def full_disk(_content: object, file) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        folder.save(checkpoint(200))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint_000000000100.pt", "latest.pt"]
    assert load(tmp_path / "latest.pt").steps == 100


def test_foreign_files_are_refused(tmp_path: Path):
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.pt")
    with pytest.raises(ConfigurationError, match="not a checkpoint of this package"):
        load(tmp_path / "other.pt")


def test_other_observations_are_refused_with_the_difference(tmp_path: Path):
    stored, path = checkpoint(1), tmp_path / "x.pt"
    check_fits(stored, path, "ppo", ("speed_mps", "route_0_x_m"))
    with pytest.raises(ConfigurationError, match="no longer there: route_0_x_m; new: yaw_rad"):
        check_fits(stored, path, "ppo", ("speed_mps", "yaw_rad"))
    with pytest.raises(ConfigurationError, match="the order changed"):
        check_fits(stored, path, "ppo", ("route_0_x_m", "speed_mps"))
    with pytest.raises(ConfigurationError, match="written by ppo; parameter algorithm is sac"):
        check_fits(stored, path, "sac", stored.state_names)
