"""The shield against cases that can be worked out by hand. Axes: x forward, y left, origin at the ego's centre."""

from __future__ import annotations

import math

import numpy as np
import pytest

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.safety import kinematics
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.shield import Kind, Shield

PREVIEW_M = np.array([2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0])
CONFIG = SafetyConfig(
    curvature_per_steer=0.2,
    throttle_mps2=5.0,
    brake_mps2=5.0,
    reaction_s=0.2,
    length_m=4.0,
    width_m=2.0,
    gap_m=0.5,
    corridor_m=1.0,
    lane_horizon_s=1.0,
    overspeed=0.0,
    lateral_acceleration_mps2=5.0,
    bend_braking_mps2=3.0,
    speed_response_s=0.5,
    stop_line_margin_m=1.0,
)
NAMES = (
    "speed_mps",
    "lateral_speed_mps",
    "lane_offset_m",
    "speed_limit_mps",
    *(f"route_{k}_{axis}_m" for k in range(len(PREVIEW_M)) for axis in "xy"),
    *(
        f"neighbour_{k}_{name}"
        for k in range(2)
        for name in ("present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m")
    ),
)


def straight(offset_m: float = 0.0, heading_rad: float = 0.0) -> np.ndarray:
    """A straight road seen from a car that is `offset_m` left of its centre and points `heading_rad` to the left."""
    across = PREVIEW_M * 0.0 - offset_m
    c, s = math.cos(heading_rad), math.sin(heading_rad)
    return np.stack([c * PREVIEW_M + s * across, c * across - s * PREVIEW_M], axis=1)


def bend(radius_m: float, starts_m: float) -> np.ndarray:
    """A straight of `starts_m`, then a bend to the left."""
    angle = np.maximum(PREVIEW_M - starts_m, 0.0) / radius_m
    x = np.minimum(PREVIEW_M, starts_m) + radius_m * np.sin(angle)
    return np.stack([x, radius_m * (1.0 - np.cos(angle))], axis=1)


def state(
    speed: float = 0.0,
    *,
    limit: float = 20.0,
    route: np.ndarray | None = None,
    offset: float = 0.0,
    others: tuple[tuple[float, ...], ...] = (),
) -> np.ndarray:
    """One row; `others` are x, y, heading, absolute vx, vy, length."""
    row = dict.fromkeys(NAMES, 0.0) | {
        "speed_mps": speed,
        "lane_offset_m": offset,
        "speed_limit_mps": limit,
    }
    for k, (x, y) in enumerate(straight() if route is None else route):
        row[f"route_{k}_x_m"], row[f"route_{k}_y_m"] = x, y
    for k, (x, y, heading, vx, vy, length) in enumerate(others):
        values = (1.0, x, y, math.cos(heading), math.sin(heading), vx - speed, vy, length)
        names = ("present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m")
        row |= {f"neighbour_{k}_{name}": value for name, value in zip(names, values, strict=True)}
    return np.array([list(row.values())], np.float32)


@pytest.fixture(scope="module")
def shield() -> Shield:
    return Shield(NAMES, CONFIG)


NO_LINES = (-1.0, -1.0)


def assessed(shield: Shield, rows: np.ndarray, actions: np.ndarray, lines: tuple[float, float] = NO_LINES):
    return shield.assess(rows, np.full((len(rows), 2), lines, np.float32), actions)


def judged(
    shield: Shield,
    row: np.ndarray,
    acceleration: float,
    steer: float = 0.0,
    *,
    lines: tuple[float, float] = NO_LINES,
):
    verdict = assessed(shield, row, np.array([[acceleration, steer]], np.float32), lines)
    return Kind(int(verdict.kinds[0])), float(verdict.actions[0, 0]), float(verdict.actions[0, 1])


def test_stopping_distance():
    assert kinematics.stopping_distance(10.0, 0.0, 0.2, 5.0) == pytest.approx(2.0 + 10.0)
    # Speeds up to 11 m/s within 0.5 s over 5.25 m, then 121 / 10.
    assert kinematics.stopping_distance(10.0, 2.0, 0.5, 5.0) == pytest.approx(5.25 + 12.1)
    # Stands before the reaction time is over: 1 / (2 * 4).
    assert kinematics.stopping_distance(1.0, -4.0, 1.0, 5.0) == pytest.approx(0.125)
    assert kinematics.stopping_distance(0.0, 0.0, 1.0, 5.0) == 0.0


def test_time_to_collision_of_points_and_boxes():
    assert kinematics.time_to_collision(24.0, 0.0, -10.0, 0.0, 4.0, 2.0) == pytest.approx(2.0)
    assert kinematics.time_to_collision(24.0, 2.5, -10.0, 0.0, 4.0, 2.0) == math.inf
    assert kinematics.time_to_collision(24.0, 0.0, 1.0, 0.0, 4.0, 2.0) == math.inf
    # Crossing: in the box's x range from 2 to 2.8 s, in its y range from 1.6 to 2.4 s.
    assert kinematics.time_to_collision(24.0, -10.0, -10.0, 5.0, 4.0, 2.0) == pytest.approx(2.0)
    assert kinematics.time_to_collision(24.0, -10.0, -10.0, 2.0, 4.0, 2.0) == math.inf
    assert kinematics.time_to_collision(1.0, 1.0, 5.0, 5.0, 4.0, 2.0) == 0.0


def test_the_shield_tells_the_time_to_collision(shield: Shield):
    ahead = ((24.0, 0.0, 0.0, 2.0, 0.0, 4.0),)
    verdict = assessed(shield, state(12.0, others=ahead), np.zeros((1, 2), np.float32))
    # 20 m between bumpers at 10 m/s.
    assert verdict.time_to_collision_s[0] == pytest.approx(2.0)
    verdict = assessed(shield, state(12.0), np.zeros((1, 2), np.float32))
    assert verdict.time_to_collision_s[0] == math.inf


@pytest.mark.parametrize("heading", [0.1, -0.1])
def test_time_to_lane_crossing_on_a_straight_road(heading: float):
    side = math.copysign(1.0, heading)
    time_s = kinematics.time_to_lane_crossing(straight(0.2 * side, heading), 0.2 * side, 5.0, 0.0, 1.0)
    assert time_s == pytest.approx(0.8 / math.sin(0.1) / 5.0, rel=1e-4)
    assert kinematics.time_to_lane_crossing(straight(), 0.0, 5.0, 0.0, 1.0) == math.inf
    assert kinematics.time_to_lane_crossing(straight(0.2, heading), 0.2, 0.0, 0.0, 1.0) == math.inf
    assert kinematics.time_to_lane_crossing(straight(1.2), 1.2, 5.0, 0.0, 1.0) == 0.0


def test_time_to_lane_crossing_on_an_arc():
    # 1 m aside where r (1 - cos(s / r)) = 1; between preview points the deviation is taken to be linear.
    s = 50.0 * math.acos(1.0 - 1.0 / 50.0)
    assert kinematics.time_to_lane_crossing(straight(), 0.0, 1.0, 1 / 50, 1.0) == pytest.approx(s, abs=0.1)
    # The arc of the road itself never leaves it.
    assert kinematics.time_to_lane_crossing(bend(50.0, 0.0), 0.0, 1.0, 1 / 50, 1.0) == math.inf


def test_bend_speed():
    # 10 m/s in a bend of 20 m at 5 m/s^2, and 2 * 3 * s more before it.
    fastest = kinematics.bend_speed(bend(20.0, 10.0), 5.0, 3.0)
    assert fastest == pytest.approx(math.sqrt(100.0 + 2.0 * 3.0 * 10.0), rel=0.05)
    assert kinematics.bend_speed(straight(), 5.0, 3.0) == math.inf


def test_boxes():
    # Behind one another, crosswise, at an angle of 45 degrees with the corner ahead, and one inside the other.
    assert kinematics.box_separation(7.0, 0.0, 0.0, 2.0, 1.0, 2.0, 1.0) == pytest.approx(3.0)
    assert kinematics.box_separation(0.0, 5.0, math.pi / 2, 2.0, 1.0, 2.0, 1.0) == pytest.approx(2.0)
    corner = 2.0 + math.sqrt(2.0)
    assert kinematics.box_separation(corner + 0.5, 0.0, math.pi / 4, 2.0, 1.0, 1.0, 1.0) == pytest.approx(0.5)
    assert kinematics.box_separation(0.5, 0.0, 0.0, 2.0, 1.0, 0.5, 0.5) < 0.0


def test_free_driving_is_left_alone(shield: Shield):
    for acceleration, steer in ((1.0, 0.0), (-1.0, 0.0), (0.3, 0.02)):
        kind, *action = judged(shield, state(8.0), acceleration, steer)
        assert not kind
        assert action == pytest.approx([acceleration, steer])
    # On the next lane, 3.5 m aside, overtaking or oncoming.
    for vx in (0.0, 15.0, -10.0):
        assert not judged(shield, state(8.0, others=((12.0, 3.5, 0.0, vx, 0.0, 4.0),)), 1.0)[0]


def test_braking_starts_when_it_must(shield: Shield):
    """10 m/s, full throttle for 0.2 s to 11 m/s, then 5 m/s^2: 2.1 + 12.1 m, 4 m of cars, 0.5 m of gap."""
    needed = 2.1 + 12.1 + 4.0 + 0.5
    assert not judged(shield, state(10.0, others=((needed + 0.4, 0.0, 0.0, 0.0, 0.0, 4.0),)), 1.0)[0]
    kind, action, _ = judged(shield, state(10.0, others=((needed - 0.4, 0.0, 0.0, 0.0, 0.0, 4.0),)), 1.0)
    assert kind == Kind.COLLISION
    # 0.4 m less, and twice the gap from then on: (20 + u) / 10 + (10 + u)^2 / 10 = 14.2 - 0.9 for u = 0.6.
    assert action == pytest.approx(0.6, abs=0.1)
    kind, action, _ = judged(shield, state(10.0, others=((14.0, 0.0, 0.0, 0.0, 0.0, 4.0),)), 1.0)
    assert action == pytest.approx(-1.0, abs=0.02)


def test_a_car_ahead_may_brake_as_hard_as_the_ego(shield: Shield):
    """At equal speeds the reaction time's way is all that is needed: 2 m, cars of 4 m, 0.5 m of gap."""
    assert not judged(shield, state(10.0, others=((6.5 + 0.3, 0.0, 0.0, 10.0, 0.0, 4.0),)), 0.0)[0]
    # Full throttle closes in: its way to standstill is 2.2 m longer.
    assert judged(shield, state(10.0, others=((6.5, 0.0, 0.0, 10.0, 0.0, 4.0),)), 1.0)[0] == Kind.COLLISION


def test_crossing_walkers_are_let_pass(shield: Shield):
    # In the ego's way after 2 s, when it would be there.
    walker = (16.0, -2.0, math.pi / 2, 0.0, 1.0, 0.5)
    assert judged(shield, state(10.0, others=(walker,)), 1.0)[0] == Kind.COLLISION
    assert not judged(shield, state(10.0, others=((16.0, -8.0, math.pi / 2, 0.0, 1.0, 0.5),)), 1.0)[0]


def test_what_is_behind_or_parting_is_no_reason(shield: Shield):
    assert not judged(shield, state(5.0, others=((-6.0, 0.0, 0.0, 15.0, 0.0, 4.0),)), -1.0)[0]
    # Stands 0.2 m before another: may not close in, may stand.
    near = ((4.2, 0.0, 0.0, 0.0, 0.0, 4.0),)
    kind, action, _ = judged(shield, state(0.0, others=near), 0.5)
    assert kind == Kind.COLLISION
    assert action < 0.12
    assert not judged(shield, state(0.0, others=((4.2, 0.0, 0.0, 8.0, 0.0, 4.0),)), 0.5)[0]


def test_steering_is_kept_in_the_corridor(shield: Shield):
    """At 10 m/s the ego must be within 1 m of the centre after 10 m: curvature 2 * 1 / (100 + 1), steer 5 times that."""
    most = 2.0 / 101.0 / 0.2
    assert judged(shield, state(10.0), 0.0, 0.98 * most)[0] == Kind(0)
    kind, _, steer = judged(shield, state(10.0), 0.0, 0.5)
    assert kind == Kind.LANE
    assert steer == pytest.approx(most, rel=1e-4)
    assert judged(shield, state(10.0), 0.0, -0.5)[2] == pytest.approx(-most, rel=1e-4)
    # Too far left already: steering must lead back, whatever is proposed.
    kind, _, steer = judged(shield, state(10.0, route=straight(1.5), offset=1.5), 0.0, 0.0)
    assert kind == Kind.LANE
    # The first preview point, 2.5 m along and 1.5 m aside, counts as 2.92 m along.
    along = 10.0 - (math.hypot(2.5, 1.5) - 2.5)
    assert steer == pytest.approx(-2.0 * 0.5 / (along**2 + 0.25) / 0.2, rel=1e-4)


def test_speed_is_kept_at_the_limit(shield: Shield):
    kind, action, _ = judged(shield, state(9.5, limit=10.0), 1.0)
    assert kind == Kind.SPEED
    assert action == pytest.approx(0.5 / 0.5 / 5.0)
    assert judged(shield, state(12.0, limit=10.0), 1.0)[1] == pytest.approx(-4.0 / 5.0)
    assert not judged(shield, state(5.0, limit=10.0), 1.0)[0]
    assert judged(shield, state(15.0, route=bend(10.0, 5.0)), 0.0, 0.0)[0] & Kind.SPEED


@pytest.mark.parametrize("kind", [Kind.RED_LIGHT, Kind.STOP_SIGN])
def test_red_lights_and_stop_signs_are_stopped_at(shield: Shield, kind: Kind):
    """10 m/s: 2 m and 10 m, and 1 m of margin."""

    def judge(line: float):
        lines = (line, -1.0) if kind == Kind.RED_LIGHT else (-1.0, line)
        return judged(shield, state(10.0), 0.0, lines=lines)

    assert not judge(13.1)[0]
    assert judge(12.9)[:2] == (kind, -1.0)
    assert not judge(3.0)[0]
    assert not judge(-1.0)[0]


def test_agents_are_judged_alone_and_inputs_stay(shield: Shield):
    rows = np.concatenate(
        [state(8.0), state(9.5, limit=10.0), state(10.0, others=((14.0, 0.0, 0.0, 0.0, 0.0, 4.0),))]
    )
    actions = np.full((3, 2), (1.0, 0.0), np.float32)
    verdict = assessed(shield, rows, actions)
    assert verdict.kinds.tolist() == [0, Kind.SPEED, Kind.COLLISION]
    assert (actions == (1.0, 0.0)).all()
    for row in range(3):
        alone = assessed(shield, rows[row : row + 1], actions[row : row + 1])
        np.testing.assert_array_equal(alone.actions[0], verdict.actions[row])


def test_a_layout_without_the_columns_is_refused():
    with pytest.raises(ConfigurationError, match="needs the state column lane_offset_m"):
        Shield([name for name in NAMES if name != "lane_offset_m"], CONFIG)
