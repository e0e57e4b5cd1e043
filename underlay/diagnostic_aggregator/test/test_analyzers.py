"""Analyzers without ROS."""

from __future__ import annotations

from typing import Any

import pytest
from diagnostic_aggregator.aggregator import Aggregator
from diagnostic_aggregator.status import ERROR, OK, STALE, WARN, Status, roll_up

GENERIC = "diagnostic_aggregator/GenericAnalyzer"
GROUP = "diagnostic_aggregator/AnalyzerGroup"


def report(aggregator: Aggregator, now_s: float = 0.0) -> tuple[dict[str, tuple[int, str]], int]:
    reports, level = aggregator.report(now_s)
    return {status.name: (status.level, status.message) for status in reports}, level


def arms(**settings: Any) -> Aggregator:
    return Aggregator(
        {"path": "Robot", "arms": {"type": GENERIC, "path": "Arms", "startswith": ["/arms"], **settings}}
    )


def test_statuses_go_below_their_analyzer_and_others_to_other() -> None:
    aggregator = arms()
    aggregator.add(Status("/arms/left/motor", WARN, "hot"), 0.0)
    aggregator.add(Status("/legs/left", OK, "fine"), 0.0)
    found, level = report(aggregator)
    assert found == {
        "/Robot": (WARN, "Warning"),
        "/Robot/Arms": (WARN, "Warning"),
        "/Robot/Arms/arms left motor": (WARN, "hot"),
        "/Robot/Other": (OK, "OK"),
        "/Robot/Other/legs left": (OK, "fine"),
    }
    assert level == WARN
    assert aggregator.report(0.0)[0][1].values == [("/arms/left/motor", "hot")]


def test_stale_statuses() -> None:
    aggregator = arms(timeout=2.0)
    aggregator.add(Status("/arms/a", OK, "fine"), 0.0)
    aggregator.add(Status("/arms/b", OK, "fine"), 3.0)
    found, level = report(aggregator, 3.0)
    assert found["/Robot/Arms/arms a"] == (STALE, "fine")
    assert found["/Robot/Arms"] == (ERROR, "Error")  # some are, not all
    assert level == ERROR
    found, level = report(aggregator, 9.0)
    assert found["/Robot/Arms"] == (STALE, "Stale")
    assert level == STALE


def test_stale_statuses_can_be_forgotten_and_never() -> None:
    aggregator = arms(timeout=2.0, discard_stale=True)
    aggregator.add(Status("/arms/a"), 0.0)
    assert report(aggregator, 9.0)[0] == {"/Robot": (OK, "OK"), "/Robot/Arms": (OK, "OK")}
    aggregator = arms(timeout=0.0)
    aggregator.add(Status("/arms/a"), 0.0)
    assert report(aggregator, 1e6)[1] == OK


def test_expected_statuses_and_numbers() -> None:
    aggregator = arms(expected=["camera"], num_items=2)
    found, level = report(aggregator)
    assert found["/Robot/Arms/camera"] == (STALE, "Missing")
    assert found["/Robot/Arms"] == (STALE, "Expected 2, found 1")
    aggregator.add(Status("camera", OK, "here"), 0.0)
    aggregator.add(Status("/arms/a", OK, "fine"), 0.0)
    found, level = report(aggregator)
    assert found["/Robot/Arms"] == (OK, "OK")
    assert level == OK


def test_ways_to_match() -> None:
    for key, texts, yes, no in (
        ("contains", ["/left"], "/arms/left/motor", "/arms/right"),
        ("name", ["a b"], "a b", "a b c"),
        ("regex", [".*motor[0-9]"], "the motor1", "motor"),
        ("find_and_remove_prefix", ["/arms"], "/arms/x", "/legs"),
    ):
        aggregator = Aggregator({"x": {"type": GENERIC, "path": "X", key: texts}})
        aggregator.add(Status(yes), 0.0)
        aggregator.add(Status(no), 0.0)
        found, _ = report(aggregator)
        assert len([name for name in found if name.startswith("/X/")]) == 1
        assert len([name for name in found if name.startswith("/Other/")]) == 1
        if key == "find_and_remove_prefix":
            assert "/X/x" in found


def test_groups_discarded_and_ignored_statuses() -> None:
    aggregator = Aggregator(
        {
            "topology": {
                "type": GROUP,
                "path": "Topology",
                "analyzers": {
                    "left": {"type": GENERIC, "path": "Left", "contains": ["/left"]},
                    "right": {"type": GENERIC, "path": "Right", "contains": ["/right"]},
                },
            },
            "noise": {"type": "diagnostic_aggregator/DiscardAnalyzer", "path": "N", "startswith": ["noise"]},
            "off": {"type": "diagnostic_aggregator/IgnoreAnalyzer", "startswith": ["off"]},
        }
    )
    for name, level in (("/left", OK), ("/right", ERROR), ("noise 1", ERROR), ("off 1", OK)):
        aggregator.add(Status(name, level), 0.0)
    found, level = report(aggregator)
    assert found["/Topology"] == (ERROR, "Error")
    assert found["/Topology/Left"] == (OK, "OK")
    assert found["/Topology/Right"] == (ERROR, "Error")
    assert "/Other/off 1" in found
    assert not [name for name in found if "noise" in name]
    assert level == ERROR


def test_others_as_errors() -> None:
    aggregator = Aggregator({"other_as_errors": True})
    aggregator.add(Status("a"), 0.0)
    assert report(aggregator)[0]["/Other"] == (ERROR, 'Unanalyzed items found in "Other"')


def test_roll_up() -> None:
    assert [roll_up(levels) for levels in ([], [OK, WARN], [STALE, STALE], [STALE, OK])] == [
        OK,
        WARN,
        STALE,
        ERROR,
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"a": {"path": "A"}}, "parameter 'a.type' is ''; allowed: diagnostic_aggregator/GenericAnalyzer"),
        ({"a": {"type": GENERIC}}, "parameter 'a.path' is missing"),
        ({"a": {"type": GENERIC, "path": "A"}}, "analyzer 'a' matches nothing"),
        (
            {"a": {"type": GENERIC, "path": "A", "regex": ["("]}},
            "parameter 'a.regex' is no regular expression",
        ),
        ({"a": {"type": GENERIC, "path": "A", "name": ["a"], "timeout": "x"}}, "parameter 'a.timeout' is x"),
        ({"g": {"type": GROUP, "path": "G"}}, "analyzer group 'g' has no analyzers"),
        ({"g": {"type": GROUP, "path": "G", "analyzers": {"a": {}}}}, "parameter 'g.analyzers.a.type'"),
    ],
)
def test_settings_that_are_not_valid(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Aggregator(settings)
    assert message in str(caught.value)
