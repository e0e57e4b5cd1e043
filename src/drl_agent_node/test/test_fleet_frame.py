import numpy as np
import pytest
from fake_gateway import layout_message, observation_message
from lane_world import STATE_NAMES, LaneWorld

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_frame import Arrival, FleetFrame, classify, parse_layout, parse_observation
from drl_agent_node.errors import FleetError

TOPIC = "/carla_drl/sim0/observation"


@pytest.fixture
def world() -> LaneWorld:
    return LaneWorld(3, seed=0)


def test_arrays_are_views_of_the_message(world: LaneWorld):
    for _ in range(15):
        world.step(np.full((3, 2), 0.3))
    message = observation_message(world, session=9)
    frame = parse_observation(message, TOPIC)
    assert (frame.session, frame.frame, frame.step_s) == (9, 15, pytest.approx(0.1))
    assert frame.stamp == pytest.approx(1.5)
    np.testing.assert_array_equal(frame.state, world.state)
    np.testing.assert_array_equal(frame.metrics, world.metrics)
    np.testing.assert_array_equal(frame.status, world.status)
    message.state[0] = 123.0
    assert frame.state[0, 0] == 123.0


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("num_agents", 0, "at least 1"),
        ("num_agents", 4, "4 agents with 36 state columns need 144, 92 and 4"),
        ("state_dim", 35, "need 105, 69 and 3"),
    ],
)
def test_wrong_sizes_are_refused(world: LaneWorld, field: str, value: int, text: str):
    message = observation_message(world, 1)
    setattr(message, field, value)
    with pytest.raises(FleetError, match=text) as error:
        parse_observation(message, TOPIC)
    assert TOPIC in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused_with_their_place(world: LaneWorld, value: float):
    message = observation_message(world, 1)
    message.state[36 + 5] = value
    with pytest.raises(FleetError, match="in state column 5 of agent 1"):
        parse_observation(message, TOPIC)
    message = observation_message(world, 1)
    message.metrics[2 * columns.NUM_METRICS + 4] = value
    with pytest.raises(FleetError, match="in metrics column 4 of agent 2"):
        parse_observation(message, TOPIC)


def test_layouts(world: LaneWorld):
    layout = parse_layout(layout_message(world, 3, "sim0"), TOPIC)
    assert (layout.simulator, layout.session, layout.num_agents) == ("sim0", 3, 3)
    assert layout.state_names == STATE_NAMES
    for field, value, text in (
        ("state_names", [], "state_names is empty"),
        ("num_agents", 0, "num_agents is 0"),
        ("metric_names", ["a"], "metric_names has 1 names; 23"),
        ("action_names", ["a"], "action_names has 1 names; 2"),
    ):
        message = layout_message(world, 3, "sim0")
        setattr(message, field, value)
        with pytest.raises(FleetError, match=text):
            parse_layout(message, TOPIC)


def frame(session: int, number: int, status: int = 0) -> FleetFrame:
    return FleetFrame(
        session,
        number,
        0.0,
        0.1,
        np.zeros((1, 2), np.float32),
        np.zeros((1, columns.NUM_METRICS), np.float32),
        np.array([status], np.uint8),
        np.zeros((1, 0, 0, 0), np.uint8),
    )


@pytest.mark.parametrize(
    ("new", "last", "expected"),
    [
        (frame(1, 0), None, Arrival.NEW_WORLD),
        (frame(1, 6), frame(1, 5), Arrival.NEXT),
        (frame(1, 5), frame(1, 5), Arrival.ANSWERED),
        (frame(1, 4), frame(1, 5), Arrival.STALE),
        (frame(2, 5), frame(1, 5), Arrival.NEW_WORLD),
        (frame(2, 0), frame(1, 5), Arrival.NEW_WORLD),
        (frame(1, 6, columns.RESET), frame(1, 5, columns.TERMINATED), Arrival.NEXT),
        (frame(1, 8), frame(1, 5), Arrival.NEXT),
        (frame(1, 8, columns.RESET), frame(1, 5), Arrival.NEW_WORLD),
        (frame(1, 8), frame(1, 5, columns.TRUNCATED), Arrival.NEW_WORLD),
    ],
)
def test_what_a_frame_means(new: FleetFrame, last: FleetFrame | None, expected: Arrival):
    assert classify(new, last) is expected
