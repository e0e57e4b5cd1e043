"""Another scenario for a running fleet: what stays the same world, what is refused, what episodes follow."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.scenario_change import (
    check_agents,
    check_exchange,
    parse_scenario,
    same_world,
    terms_of,
)
from carla_sensor_bridge.warm_up import straight_lane

BASE = {
    "name": "base",
    "town": "Town02",
    "routes": {"min_length_m": 20.0, "max_length_m": 30.0},
    "limits": {"time_limit_s": 10.0},
}


def scenario(**changes: object):
    return parse_scenario(yaml.safe_dump(BASE | changes))


def test_lengths_times_and_weather_need_no_new_world():
    base = scenario()
    assert same_world(base, scenario(name="other", weather="WetNoon"))
    assert same_world(base, scenario(routes={"min_length_m": 50.0, "max_length_m": 60.0}))
    assert same_world(base, scenario(limits={"min_mean_speed_mps": 2.0}))


@pytest.mark.parametrize(
    "changes",
    [
        {"town": "Town01"},
        {"traffic": {"vehicles": 3}},
        {"limits": {"time_limit_s": 10.0, "off_road": False}},
        {"fleet": {"blueprint": "vehicle.audi.tt"}},
    ],
)
def test_everything_else_does(changes: dict[str, object]):
    assert not same_world(scenario(), scenario(**changes))


def test_what_agents_observe_keeps_its_shape():
    with pytest.raises(ConfigurationError, match=r"step_s is 0.05; allowed in this run: 0.1"):
        check_exchange(scenario(), scenario(step_s=0.05))
    with pytest.raises(ConfigurationError, match=r"routes\.preview_m"):
        check_exchange(scenario(), scenario(routes={"preview_m": [1.0, 2.0]}))
    check_exchange(scenario(), scenario(town="Town01"))


def test_rows():
    assert check_agents([], 3) == (0, 1, 2)
    assert check_agents([2, 0], 3) == (2, 0)
    with pytest.raises(ConfigurationError, match=r"agents \[3\] do not exist; allowed: 0 to 2"):
        check_agents([1, 3], 3)


def test_bad_texts_are_explained():
    with pytest.raises(ConfigurationError, match="not YAML"):
        parse_scenario("a: [")
    with pytest.raises(ConfigurationError, match="scenario field town is"):
        parse_scenario(yaml.safe_dump(BASE | {"town": "a town"}))


def test_terms_are_those_of_the_scenario():
    terms = terms_of(scenario(limits={"min_mean_speed_mps": 2.0}), straight_lane(200.0), seed=1)
    assert terms.generator is not None
    route = terms.generator.draw(0, np.zeros((0, 2)))
    assert 20.0 <= route.length_m <= 30.0
    assert terms.limits.episode_time_s(route.length_m) == route.length_m / 2.0
    with pytest.raises(ConfigurationError, match=r"routes\.min_length_m"):
        terms_of(scenario(), straight_lane(10.0), seed=1)
