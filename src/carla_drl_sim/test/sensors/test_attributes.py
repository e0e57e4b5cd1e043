"""Values of attributes: read, or refused with what is allowed."""

from __future__ import annotations

import pytest

from carla_drl_sim.errors import RpcError
from carla_drl_sim.sensors.attributes import choice, flag, real, settings, whole
from carla_drl_sim.sensors.blueprints import ATTRIBUTES, REFUSED, check

EXAMPLE = (real("range", 10.0, 0.0, 100.0), whole("count", 3, 1), flag("on", True), choice("mode", "a", "ab"))


def test_defaults_stand_where_nothing_is_chosen() -> None:
    assert settings("sensor", EXAMPLE, {}) == {"range": 10.0, "count": 3, "on": True, "mode": "a"}
    chosen = {"range": "2.5e1", "count": "7", "on": "False", "mode": "b"}
    assert settings("sensor", EXAMPLE, chosen) == {"range": 25.0, "count": 7, "on": False, "mode": "b"}


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("range", "-1", "a number from 0 to 100"),
        ("range", "nan", "a number from 0 to 100"),
        ("range", "far", "a number from 0 to 100"),
        ("count", "0", "a whole number of at least 1"),
        ("count", "1.5", "a whole number of at least 1"),
        ("on", "maybe", "true and false"),
        ("mode", "c", "a, b"),
    ],
)
def test_a_bad_value_is_refused_with_all_that_helps(name: str, text: str, allowed: str) -> None:
    with pytest.raises(RpcError) as error:
        settings("sensor", EXAMPLE, {name: text})
    for part in ("'sensor'", f"'{name}'", f"'{text}'", allowed):
        assert part in str(error.value)


def test_an_unknown_attribute_is_refused() -> None:
    with pytest.raises(RpcError, match="'sensor' has no attribute 'colour'"):
        settings("sensor", EXAMPLE, {"colour": "red"})


@pytest.mark.parametrize("type_id", sorted(ATTRIBUTES))
def test_all_defaults_are_allowed(type_id: str) -> None:
    assert set(check(type_id, {})) == {attribute.name for attribute in ATTRIBUTES[type_id]}


@pytest.mark.parametrize("type_id", sorted(REFUSED))
def test_sensors_that_cannot_be_had_are_named(type_id: str) -> None:
    with pytest.raises(RpcError, match=f"'{type_id}' is not supported"):
        check(type_id, {})


def test_attributes_travel_with_type_default_and_recommended_values() -> None:
    assert real("range", 10.0).wire() == ["range", 3, "10.0", ["10.0"], True, False]
    assert choice("mode", "a", "ab").wire() == ["mode", 4, "a", ["a", "b"], True, True]
