"""Tracking: a thread that outlives a dead server, runs in a database, and the model registry."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from test_export import checkpoint

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.policies import find_learned
from drl_agent_node.export import export_policy
from drl_agent_node.run_folder import RunFolder
from drl_agent_node.tracking.logs import RunLogs
from drl_agent_node.tracking.mailbox import Mailbox
from drl_agent_node.tracking.models import main as models_main
from drl_agent_node.tracking.tracker import Tracker, check_uri

DEADLINE_S = 200.0


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end, "condition was not met in time"
        time.sleep(0.01)


def test_jobs_are_done_in_order_and_none_is_lost():
    done: list[int] = []
    box = Mailbox("test", pytest.fail)
    for number in range(200):
        box.post(lambda number=number: done.append(number))
    box.close(DEADLINE_S)
    assert done == list(range(200))
    assert (box.done, box.dropped, box.waiting) == (200, 0, 0)


def test_a_dead_receiver_costs_the_oldest_jobs_and_posting_never_waits():
    said: list[str] = []
    done: list[int] = []
    alive = threading.Event()

    def deliver(number: int) -> None:
        if not alive.is_set():
            raise ConnectionError("nobody there")
        done.append(number)

    box = Mailbox("server", said.append, capacity=5)
    box.post(lambda: deliver(0))
    wait_until(lambda: box.failing != "")
    for number in range(1, 11):
        box.post(lambda number=number: deliver(number))
    assert box.failing == "ConnectionError: nobody there"
    assert len(said) == 1
    assert "trying again" in said[0]
    alive.set()
    box.post(lambda: deliver(11))
    wait_until(lambda: box.waiting == 0)
    box.close(DEADLINE_S)
    assert done == sorted(done)
    assert done[-1] == 11
    assert len(done) + box.dropped == 12
    assert box.dropped >= 5
    assert any("answers again" in text for text in said)


def test_closing_gives_up_on_a_dead_receiver_and_says_what_was_lost():
    said: list[str] = []
    box = Mailbox("server", said.append)

    def fail() -> None:
        raise TimeoutError("no answer")

    box.post(fail)
    wait_until(lambda: box.failing != "")
    box.post(fail)
    box.close(0.1)
    assert box.dropped == 2
    assert said[-1] == "server: 2 records were lost; last error: TimeoutError: no answer"


def test_only_tracking_servers_are_allowed():
    for good in ("auto", "off", "http://127.0.0.1:5000", "sqlite:////tmp/x.db"):
        check_uri(good)
    with pytest.raises(ConfigurationError, match="'file:///tmp' cannot be used; allowed: auto, off"):
        check_uri("file:///tmp")


def test_runs_and_models_are_kept_in_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tracker = Tracker(
        "auto", tmp_path, "first", {"algorithm": {"gamma": 0.9}}, {"code_revision": "abc"}, pytest.fail
    )
    tracker.metrics(10, {"env/return": 1.5, "env/success_rate": float("nan")})
    tracker.metrics(20, {"env/return": 2.5})
    config = tmp_path / "config.yaml"
    config.write_text("a: 1\n")
    tracker.file(config, "")
    wait_until(lambda: tracker.mailbox.waiting == 0)
    tracker.close(finished=True)
    assert tracker.mailbox.dropped == 0

    from drl_agent_node.tracking.mlflow_store import MlflowStore, default_uri

    store = MlflowStore(default_uri(tmp_path), tmp_path)
    client = store._client
    (run,) = client.search_runs([store._experiment])
    assert (run.info.run_name, run.info.status) == ("first", "FINISHED")
    assert run.data.params == {"algorithm.gamma": "0.9"}
    assert run.data.tags["code_revision"] == "abc"
    history = client.get_metric_history(run.info.run_id, "env/return")
    assert [(metric.step, metric.value) for metric in history] == [(10, 1.5), (20, 2.5)]
    assert "env/success_rate" not in run.data.metrics
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["config.yaml"]
    # The same name goes on with the same run; a changed parameter does not break it.
    assert store.start_run("first", {"algorithm": {"gamma": 0.8}}, {}) == run.info.run_id

    policy = tmp_path / "policy.onnx"
    results = tmp_path / "evaluation" / "quick_000000000700" / "results.json"
    results.parent.mkdir(parents=True)
    means = {key: {"value": 0.5} for key in ("driving_score", "success", "route_completion", "penalty")}
    results.write_text(
        json.dumps(
            {
                "format": 1,
                "suite": "quick",
                "about": {"created": "now"},
                "summary": {"episodes": 9, "means": means},
                "episodes": [],
            }
        )
    )
    export_policy(find_learned(str(checkpoint(tmp_path, "ppo"))), policy)
    first = store.register("driver", policy, run.info.run_id)
    assert (first.version, first.stage, first.card.steps) == (1, "candidate", 700)
    assert first.card.scenario["hash"] == "0123"
    assert first.card.evaluation == {"suite": "quick", "episodes": 9, "created": "now"} | means
    assert first.card.normalization["mean"]
    second = store.register("driver", policy, stage="production")
    assert store.find("driver", "production") == second
    store.set_stage("driver", 1, "production")
    assert store.find("driver", "production").version == 1
    assert [(one.version, one.stage) for one in store.versions("driver")] == [
        (2, "archived"),
        (1, "production"),
    ]
    fetched = store.fetch(store.find("driver", "production"), tmp_path / "fetched")
    assert fetched.read_bytes() == policy.read_bytes()
    for which, complaint in (("7", "no '7' of model 'driver'"), ("staging", "no 'staging' of model")):
        with pytest.raises(ConfigurationError, match=complaint):
            store.find("driver", which)
    with pytest.raises(ConfigurationError, match="stage 'best' cannot be used"):
        store.set_stage("driver", 1, "best")

    capsys.readouterr()

    def models(*arguments: str) -> tuple[int, str]:
        code = models_main(["--run-dir", str(tmp_path), *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    assert models("promote", "driver", "2", "staging") == (0, "driver version 2 is staging\n")
    code, listed = models("list")
    assert code == 0
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["driver", "2", "staging"],
        ["driver", "1", "production"],
    ]
    assert "driving score 50.0 on quick" in listed
    assert json.loads(models("show", "driver", "staging")[1])["state_names"]
    results.write_text(results.read_text().replace("0.5", "0.75"))
    assert models("evaluated", "driver", "2", str(results.parent))[0] == 0
    assert "driving score 75.0 on quick" in models("list", "driver")[1]
    assert models("fetch", "driver", "9")[0] == 78


def test_a_dead_tracking_server_ends_nothing(tmp_path: Path):
    said: list[str] = []
    tracker = Tracker("http://127.0.0.1:9", tmp_path, "run", {}, {}, said.append)
    for step in range(200):
        tracker.metrics(step, {"x": 1.0})
    wait_until(lambda: bool(said))
    tracker.close(finished=False, hurry=True)
    assert "does not answer" in said[0]
    assert "records were lost" in said[-1]
    assert tracker.diagnose()["tracking_dropped"] == "202"


def test_weights_and_biases_gets_the_scalars_without_a_network(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    warnings: list[str] = []
    logs = RunLogs(RunFolder(tmp_path / "run"), {"seed": 3}, {}, wandb="offline", warn=warnings.append)
    logs.write(100, {"env/return": 1.0625})
    logs.write(200, {"env/return": 2.9375})
    logs.close(finished=True)
    assert not warnings
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/*.wandb")
    # Records are not compressed: names and values stand in it as they are.
    content = file.read_bytes()
    for text in (b"env/return", b"1.0625", b"2.9375", b"seed"):
        assert text in content
