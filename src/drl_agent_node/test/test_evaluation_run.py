"""Suites, whole evaluations on a small world, and what they leave on disk."""

import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lane_world import LaneWorldEnv

from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.compare import main as compare_main
from drl_agent_node.evaluation.driving import quotas
from drl_agent_node.evaluation.plan import plan_of, plan_of_loop
from drl_agent_node.evaluation.policies import find_policy, untrained
from drl_agent_node.evaluation.results import headline, read_results, to_document, write_results
from drl_agent_node.evaluation.run import Plan, Progress, Results, drive_plan
from drl_agent_node.evaluation.suite import SuiteConfig, cases, unknown_case
from drl_agent_node.evaluation.worlds import GivenWorld, InProcessWorlds
from drl_agent_node.networks.state_layout import count_neighbours

SCENARIO = """
name: small
town: Town01
limits: {time_limit_s: 60.0}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO)
    return path


def drive(**options: object) -> Results:
    plan = Plan("lanes", [unknown_case(1), unknown_case(2)], 6, 0)
    policy = untrained("ppo", PPOConfig(initial_mean=(0.8, 0.0)), Path(), 0)
    return drive_plan(plan, policy, GivenWorld(LaneWorldEnv(4, seed=5)), {"code_revision": "abc"}, **options)


@pytest.fixture(scope="module")
def results() -> Results:
    return drive()


@pytest.fixture(scope="module")
def written(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "out"
    write_results(results, folder)
    return folder


def test_a_suite_is_scenarios_times_weather_times_seeds(scenario: Path):
    suite = SuiteConfig(scenarios=(str(scenario),), weather=("ClearNoon", "WetNoon"), seeds=(1, 2))
    made = cases(suite)
    assert [case.name for case in made] == [
        "small/ClearNoon/seed1", "small/ClearNoon/seed2", "small/WetNoon/seed1", "small/WetNoon/seed2",
    ]  # fmt: skip
    assert made[2].scenario is not None
    assert made[2].scenario.weather.presets == ("WetNoon",)
    assert made[0].scenario_hash == made[1].scenario_hash != made[2].scenario_hash
    assert cases(SuiteConfig(scenarios=(str(scenario),)))[0].weather == "scenario"


def test_bad_suites_are_refused_by_field(scenario: Path, tmp_path: Path):
    path = tmp_path / "suite.yaml"
    for text, complaint in (
        ("scenarios: []", "scenarios"),
        ("scenarios: [a]\nweather: [Hail]", "'Hail' is none of"),
        ("scenarios: [a]\nseeds: [1, 1]", "stands twice"),
        ("scenarios: [a]\nroutes: 3", "unknown field 'routes'"),
        (f"scenarios: [{tmp_path / 'absent.yaml'}]", "cannot be read"),
    ):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=complaint):
            plan_of(str(path))
    path.write_text(f"scenarios: [{scenario}]\nepisodes: 5\n")
    plan = plan_of(str(path), num_agents=3)
    assert (plan.suite, len(plan.cases), plan.episodes, plan.num_agents) == ("suite", 3, 5, 3)
    assert plan_of_loop(str(scenario), 7, 4).cases[0].name == "small/seed7"


def test_each_environment_drives_its_share(results: Results):
    assert quotas(10, 4).tolist() == [3, 3, 2, 2]
    assert quotas(2, 4).tolist() == [1, 1, 0, 0]
    assert results.complete
    for case in ("loop/seed1", "loop/seed2"):
        mine = [(record.agent, record.ordinal) for record in results.records if record.case == case]
        assert sorted(mine) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0)]


def test_results_are_written_as_json_csv_and_a_page_that_needs_nothing_else(results: Results, written: Path):
    document = read_results(written)
    assert document == json.loads(json.dumps(to_document(results)))
    assert document["summary"]["episodes"] == 12
    assert document["policy_latency_us"]["p99"] >= document["policy_latency_us"]["p50"] > 0
    assert headline(document).startswith("12 episodes: driving score ")
    with (written / "episodes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["end_reason"] for row in rows] == [record.end_reason for record in results.records]
    assert {row["off_road"] for row in rows} <= {"0", "1"}

    class Page(HTMLParser):
        graphics = 0
        links: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.graphics += tag == "svg"
            self.links += [value or "" for name, value in attributes if name in {"href", "src", "xlink:href"}]

    page = Page()
    text = (written / "report.html").read_text()
    page.feed(text)
    assert page.graphics == 4
    assert all(link.startswith("#") for link in page.links)
    assert "Failures from above" in text
    assert "code_revision" in text


def test_a_stopped_evaluation_keeps_what_was_driven():
    told: list[Progress] = []
    results = drive(on_progress=told.append, should_stop=lambda: bool(told) and told[-1].episodes >= 3)
    assert (told[0].episodes, told[-1].total_episodes, told[-1].case_index) == (0, 12, 0)
    assert not results.complete
    assert 3 <= len(results.records) < 6
    assert not to_document(results)["complete"]


def test_results_are_compared_from_the_command_line(written: Path, capsys: pytest.CaptureFixture[str]):
    assert compare_main([str(written), str(written / "results.json"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["pairs"], shown["differences"][0]["figure"]) == (12, "driving score")
    assert compare_main([str(written), str(written / "nowhere")]) == 78
    assert "cannot read" in capsys.readouterr().err


def test_policies_that_cannot_be_used_are_refused(tmp_path: Path):
    (tmp_path / "run").mkdir()
    with pytest.raises(ConfigurationError, match=r"run 'run' in .* has no checkpoint"):
        find_policy(str(tmp_path / "run"))
    with pytest.raises(ConfigurationError, match="does not exist"):
        find_policy(str(tmp_path / "absent.pt"))


def test_worlds_show_as_many_neighbours_as_asked_for(scenario: Path):
    (case,) = cases(SuiteConfig(scenarios=(str(scenario),), seeds=(1,)))
    for settings, expected in ((GatewaySettings(neighbour_count=7), 7), (GatewaySettings(), 4), (None, 4)):
        with InProcessWorlds(gateway=settings).open(case, 2) as env:
            assert count_neighbours(env.observation_names) == expected
