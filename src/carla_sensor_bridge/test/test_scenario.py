from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import carla
import pytest
import yaml

from carla_sensor_bridge import scenario as module
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.scenario import Limits, load_scenario

EXAMPLE = Path(__file__).parent / "town01_basic.yaml"


def write(tmp_path: Path, **changes: Any) -> Path:
    """The example with some fields changed; `fleet__color=...` reaches into `fleet`; ... deletes."""
    document = yaml.safe_load(EXAMPLE.read_text())
    for key, value in changes.items():
        target = document
        *parents, last = key.split("__")
        for parent in parents:
            target = target[parent]
        if value is ...:
            del target[last]
        else:
            target[last] = value
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_example_is_read() -> None:
    scenario = load_scenario(EXAMPLE)
    assert scenario.town == "Town01"
    assert scenario.routes.preview_m[0] == 2.5
    assert scenario.limits.episode_time_s(150.0) == pytest.approx(75.0)


def test_fixed_time_limit_does_not_depend_on_the_route() -> None:
    assert Limits(time_limit_s=30.0).episode_time_s(1e6) == 30.0


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"step_s": 0.5}, ["step_s", "0.5", "0.2"]),
        ({"step_s": "fast"}, ["step_s", "'fast'", "number"]),
        ({"step_s": float("nan")}, ["step_s", "nan"]),
        ({"weather": "Sunny"}, ["weather", "'Sunny'", "ClearNoon"]),
        ({"weather": {"presets": ["Sunny"]}}, ["weather.presets", "'Sunny'", "ClearNoon"]),
        ({"weather": {"parameters": {"rain": 3.0}}}, ["weather", "'rain'", "precipitation"]),
        ({"weather": {"random": {"wetness": [5.0, 1.0]}}}, ["weather", "random.wetness", "[5, 1]"]),
        (
            {"weather": {"change_every_s": 5.0, "transition_s": 6.0}},
            ["transition_s (6)", "change_every_s (5)"],
        ),
        ({"traffic": {"vehicles": -1}}, ["traffic.vehicles", "-1"]),
        ({"traffic": {"slower_percent": [40.0, 20.0]}}, ["traffic", "slower_percent is [40, 20]"]),
        ({"traffic": {"blueprints": "walker.*"}}, ["traffic.blueprints", "'walker.*'"]),
        ({"pedestrians": {"running_share": 2.0}}, ["pedestrians.running_share", "2.0"]),
        ({"wether": "ClearNoon"}, ["wether", "is not a field"]),
        ({"limits__speed": 3}, ["limits.speed", "is not a field"]),
        ({"town": ...}, ["town", "missing"]),
        ({"routes__preview_m": [5.0, 2.0]}, ["routes.preview_m", "increase"]),
        ({"routes__preview_m": []}, ["routes.preview_m", "at least 1"]),
        ({"routes__preview_m": [1.0, -2.0]}, ["routes.preview_m.1", "-2.0"]),
        ({"routes__max_length_m": 20.0}, ["routes", "max_length_m (20)", "min_length_m (120)"]),
        ({"limits__time_limit_s": 3.0}, ["limits", "exactly one", "min_mean_speed_mps"]),
        ({"limits__min_mean_speed_mps": ...}, ["limits", "exactly one", "time_limit_s"]),
        ({"fleet__color": "red"}, ["fleet.color", "'red'"]),
        ({"fleet__blueprint": "walker.pedestrian.0001"}, ["fleet.blueprint", "walker"]),
    ],
)
def test_one_line_per_problem(tmp_path: Path, changes: dict[str, Any], parts: list[str]) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(ConfigurationError) as caught:
        load_scenario(path)
    assert len(str(caught.value).splitlines()) == 1
    for part in [str(path), *parts]:
        assert part in str(caught.value)


def test_every_problem_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_scenario(write(tmp_path, step_s=9, weather="x", name="!"))
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"a: [", "not YAML"), (b"- 1", "list"), (b"", "NoneType"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_unusable_files(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=part):
        load_scenario(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml: cannot be read"):
        load_scenario(tmp_path / "nowhere.yaml")


def test_weather_presets_are_those_of_the_client() -> None:
    assert {name for name in dir(carla.WeatherParameters) if name[0].isupper()} == set(module.WEATHER_PRESETS)


def test_schema_describes_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    assert module.main(["--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(module.Scenario.model_fields)
    for model in ("Fleet", "Routes", "Limits"):
        for name, field in schema["$defs"][model]["properties"].items():
            assert field.get("description"), f"{model}.{name}"


def test_command_line_checks_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert module.main([str(EXAMPLE)]) == 0
    assert module.main([str(write(tmp_path, step_s=9))]) == 1
    assert "step_s" in capsys.readouterr().err
