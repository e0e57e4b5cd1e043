# SPDX-License-Identifier: Apache-2.0
"""The gateway as a process, between a bridge that this test plays and an agent on real topics."""

from __future__ import annotations

import itertools
import math
import struct
import time
from typing import Any

import numpy as np
import pytest
from carla_drl_msgs.msg import (
    FleetObservation,
    FrameLayout,
    FrameRecord,
    FrameRecordLayout,
    ObservationLayout,
    SafetyEvent,
)
from diagnostic_msgs.msg import DiagnosticStatus
from fake_bridge import CONTROL, REFUSED, RESET, FakeBridge
from gateway_harness import ADDRESS, LATCHED, SIMULATOR, Agent, Gateway


def is_error(status: DiagnosticStatus) -> bool:
    return bool(status.level == DiagnosticStatus.ERROR)


def test_frames_are_recorded_while_somebody_subscribes(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    prefix = f"/carla_drl/{SIMULATOR}/frame_record"
    layouts: list[FrameRecordLayout] = []
    records: list[FrameRecord] = []
    subscriptions = [
        agent.node.create_subscription(FrameRecordLayout, prefix + "_layout", layouts.append, LATCHED),
        agent.node.create_subscription(FrameRecord, prefix, records.append, 10),
    ]
    # The gateway's publisher has to find the subscription, and nothing here sees when it has: frames until one comes.
    frame = 0
    while not records:
        frame += 1
        assert frame < 500
        bridge.send_frame(frame, metrics=np.full((2, FleetObservation.NUM_METRICS), frame, np.float32))
        agent.observe(bridge.session, frame)
        agent.executor.spin_once(timeout_sec=0.05)
    record = records[0]
    assert record.session == bridge.session
    layout = agent.wait_until(
        lambda: next((one for one in layouts if one.session == bridge.session), None), "the record's layout"
    )
    ring = bridge.ring
    assert bytes(layout.data) == ring.map[: ring.header_bytes]
    assert len(record.data) == ring.slot_bytes
    assert struct.unpack_from("<Q", record.data, 8) == (record.frame,)
    metrics = struct.pack("<f", record.frame) * (2 * FleetObservation.NUM_METRICS)
    assert bytes(record.data).count(metrics) == 1
    for subscription in subscriptions:
        agent.node.destroy_subscription(subscription)


def test_observation_carries_the_frame(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    ego = np.zeros((2, FrameLayout.NUM_EGO), np.float32)
    ego[0, FrameLayout.EGO_YAW_RAD] = math.pi / 2
    ego[0, FrameLayout.EGO_VY_MPS] = 8.0
    ego[1, FrameLayout.EGO_Y_M] = 20.0
    ego[1, FrameLayout.EGO_LENGTH_M] = 4.5
    route = np.zeros((2, 3, FrameLayout.NUM_ROUTE), np.float32)
    route[0, 2, FrameLayout.ROUTE_Y_M] = 30.0
    metrics = np.arange(2 * FleetObservation.NUM_METRICS, dtype=np.float32).reshape(2, -1)
    status = np.array([FleetObservation.STATUS_RESET, FleetObservation.STATUS_TRUNCATED], np.uint8)
    bridge.send_frame(41, ego=ego, route=route, metrics=metrics, status=status)

    observation = agent.observe(bridge.session, 41)
    assert (observation.header.stamp.sec, observation.header.stamp.nanosec) == (2, 50_000_000)
    assert observation.header.frame_id == "map"
    assert observation.num_agents == 2
    assert observation.step_s == pytest.approx(0.05)
    assert np.array_equal(np.asarray(observation.metrics), metrics.ravel())
    assert list(observation.status) == list(status)

    layout = agent.layout(bridge.session)
    names = list(layout.state_names)
    assert len(names) == observation.state_dim == 14 + 3 * 3 + 4 * 8
    assert (layout.simulator, layout.num_agents) == (SIMULATOR, 2)
    assert list(layout.metric_names)[FleetObservation.METRIC_JERK_MPS3] == "jerk_mps3"
    assert list(layout.action_names) == ["acceleration", "steer"]
    state = np.asarray(observation.state).reshape(2, -1)
    assert state[0, names.index("speed_mps")] == pytest.approx(8.0, abs=1e-5)
    assert state[0, names.index("route_2_x_m")] == pytest.approx(30.0, abs=1e-4)
    assert state[0, names.index("neighbour_0_x_m")] == pytest.approx(20.0, abs=1e-4)
    assert state[0, names.index("neighbour_0_length_m")] == 4.5
    assert state[1, names.index("neighbour_0_x_m")] == pytest.approx(0.0, abs=1e-4)
    assert state[1, names.index("neighbour_1_present")] == 0.0


def test_action_goes_back_as_control(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    for frame in range(1, 20):
        bridge.send_frame(frame)
        agent.observe(bridge.session, frame)
        agent.act(bridge.session, frame, [[0.5, -0.25], [-0.75, 2.0]])
        control = bridge.receive()
        assert (control.type, control.frame) == (CONTROL, frame)
        assert struct.unpack_from("<II", control.payload) == (2, bridge.session)
        assert control.controls.tolist() == [[0.5, 0.0, -0.25], [0.0, 0.75, 1.0]]
    values = agent.diagnosis(lambda _, v: int(v["clamped_values"]) >= 19, "a report of clamped values")
    assert {"observation_us", "action_us", "round_trip_us", "frames_per_s", "reconnects"} <= values.keys()


def test_late_and_duplicate_actions_are_dropped(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    before = agent.diagnosis(lambda *_: True, "a report")
    bridge.send_frame(1)
    agent.observe(bridge.session, 1)
    agent.act(bridge.session, 0, [[0.1, 0.0]] * 2)
    agent.act(bridge.session + 1, 1, [[0.2, 0.0]] * 2)
    agent.act(bridge.session, 1, [[0.3, 0.0]] * 2)
    agent.act(bridge.session, 1, [[0.4, 0.0]] * 2)
    control = bridge.receive()
    assert control.controls[0, 0] == pytest.approx(0.3)
    agent.diagnosis(
        lambda _, v: (
            int(v["late_actions"]) == int(before["late_actions"]) + 2
            and int(v["duplicate_actions"]) == int(before["duplicate_actions"]) + 1
        ),
        "the counters",
    )
    bridge.send_frame(2)
    agent.observe(bridge.session, 2)
    agent.act(bridge.session, 2, [[0.5, 0.0]] * 2)
    assert bridge.receive().frame == 2


def test_values_that_are_not_finite_brake_their_agent(
    loop: tuple[FakeBridge, Agent], gateway: Gateway
) -> None:
    bridge, agent = loop
    bridge.send_frame(1)
    agent.observe(bridge.session, 1)
    agent.act(bridge.session, 1, [[0.5, 0.1], [0.5, math.nan]])
    assert bridge.receive().controls.tolist() == [[0.5, 0.0, pytest.approx(0.1)], [0.0, 1.0, 0.0]]
    values = agent.diagnosis(lambda s, _: is_error(s), "an error report")
    assert "agent 1, column 'steer' is nan" in values["message"]
    assert "agent 1, column 'steer' is nan" in gateway.text()


def test_interventions_are_published(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    for frame in (1, 2, 3):
        bridge.send_frame(frame)
        agent.observe(bridge.session, frame)
        agent.act(bridge.session, frame, [[0.5, 0.1], [0.5, math.nan if frame == 2 else 1.5]])
        assert bridge.receive().frame == frame
    braked = agent.safety_event(SafetyEvent.KIND_NON_FINITE, bridge.session)
    assert (braked.simulator, braked.first_frame, braked.count, list(braked.agents)) == (SIMULATOR, 2, 1, [1])

    def clamped() -> bool:
        events = [e for e in agent.safety_events if e.session == bridge.session]
        return sum(e.count for e in events if e.kind == SafetyEvent.KIND_CLAMPED) == 2

    agent.wait_until(clamped, "both clamped values")


def test_the_emergency_stop_brakes_everybody(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    agent.emergency_stop(True)
    bridge.send_frame(1)
    agent.observe(bridge.session, 1)
    agent.act(bridge.session, 1, [[0.5, 0.1]] * 2)
    assert bridge.receive().controls.tolist() == [[0.0, 1.0, 0.0]] * 2
    event = agent.safety_event(SafetyEvent.KIND_EMERGENCY_STOP, bridge.session)
    assert list(event.agents) == [0, 1]
    agent.diagnosis(
        lambda s, v: s.level == DiagnosticStatus.WARN and v["emergency_stop"] == "true", "the warning"
    )
    agent.emergency_stop(False)
    bridge.send_frame(2)
    agent.observe(bridge.session, 2)
    agent.act(bridge.session, 2, [[0.5, 0.25]] * 2)
    assert bridge.receive().controls.tolist() == [[0.5, 0.0, 0.25]] * 2


def test_actions_of_the_wrong_size_are_rejected(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    bridge.send_frame(1)
    agent.observe(bridge.session, 1)
    agent.act(bridge.session, 1, [[0.5, 0.1]] * 3)
    values = agent.diagnosis(lambda s, _: is_error(s), "an error report")
    assert "num_agents is 3, the fleet has 2" in values["message"]
    agent.act(bridge.session, 1, [[0.5, 0.1]] * 2)
    assert bridge.receive().frame == 1


def test_unusable_frames_are_answered_with_full_brake(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    ego = np.zeros((2, FrameLayout.NUM_EGO), np.float32)
    ego[1, FrameLayout.EGO_VX_MPS] = math.inf
    bridge.send_frame(1, ego=ego)
    control = bridge.receive()
    assert (control.type, control.frame) == (CONTROL, 1)
    assert control.controls.tolist() == [[0.0, 1.0, 0.0]] * 2
    values = agent.diagnosis(lambda s, _: is_error(s), "an error report")
    assert "agent 1, column 'vx_mps' is inf" in values["message"]
    bridge.ring_bell(5, 0)  # a slot that holds another frame
    assert bridge.receive().frame == 5
    bridge.send_frame(6)
    agent.observe(bridge.session, 6)
    assert not agent.observations


def test_a_frame_from_before_the_last_is_not_published(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    brake = np.array([[0.0, 1.0, 0.0]] * 2, np.float32)
    # A report tells the first fault of its time alone.
    agent.diagnosis(lambda status, _: "unusable" not in status.message, "a report without faults from before")
    bridge.send_frame(8)
    agent.observe(bridge.session, 8)
    agent.act(bridge.session, 8, [[0.5, 0.0]] * 2)
    bridge.receive()
    slot = bridge.ring.write(9, {})
    bridge.ring.heads[slot][2:3].view(np.float64)[0] = 0.05  # the simulator's clock jumped back
    bridge.ring_bell(9, slot)
    control = bridge.receive()
    assert (control.type, control.frame) == (CONTROL, 9)
    np.testing.assert_array_equal(control.controls, brake)
    told = "simulated time went back from 0.400000 to 0.050000 s"
    agent.diagnosis(lambda status, _: is_error(status) and told in status.message, "a report of the jump")
    # From there on time goes forward again.
    bridge.send_frame(10)
    agent.observe(bridge.session, 10)


def test_a_late_joiner_gets_the_latest_frame(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    for frame in (1, 2, 3):
        bridge.send_frame(frame)
        agent.observe(bridge.session, frame)
    seen: list[int] = []
    layouts: list[int] = []
    prefix = f"/carla_drl/{SIMULATOR}/"
    late = agent.node.create_subscription(
        FleetObservation, prefix + "observation", lambda m: seen.append(m.frame), LATCHED
    )
    late_layout = agent.node.create_subscription(
        ObservationLayout, prefix + "observation_layout", lambda m: layouts.append(m.session), LATCHED
    )
    agent.wait_until(lambda: seen and layouts, "the latched messages")
    agent.node.destroy_subscription(late)
    agent.node.destroy_subscription(late_layout)
    assert seen == [3]
    assert layouts == [bridge.session]
    agent.observations.clear()


def test_a_repeated_frame_is_published_and_answered_again(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    slot = bridge.ring.write(9, {})
    for _ in range(3):
        bridge.ring_bell(9, slot)
        agent.observe(bridge.session, 9)
        agent.act(bridge.session, 9, [[0.0, 0.0]] * 2)
        assert bridge.receive().frame == 9


def test_a_second_bridge_is_refused(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    with FakeBridge(ADDRESS, 99) as second:
        assert second.greeting.type == REFUSED
        assert second.greeting.payload == b"another bridge is connected"
        assert second.receive().type == 0
    bridge.send_frame(1)
    agent.observe(bridge.session, 1)


def test_a_malformed_packet_ends_the_connection_with_a_reason(gateway: Gateway, agent: Agent) -> None:
    with FakeBridge(ADDRESS, 501) as bridge:
        bridge.ring_bell(1, 77)
        refusal = bridge.receive()
        assert refusal.type == REFUSED
        assert b"slot is 77, 0 to 1 is allowed" in refusal.payload
        assert bridge.receive().type == 0
    agent.wait_until(lambda: "slot is 77" in gateway.text(), "the log")


def test_the_death_of_the_bridge_is_reported(gateway: Gateway, agent: Agent) -> None:
    agent.wait_for_gateway()
    with FakeBridge(ADDRESS, 601):
        agent.diagnosis(lambda _, v: v["bridge_connected"] == "true" and v["session"] == "601", "the bridge")
    agent.diagnosis(lambda s, v: is_error(s) and v["bridge_connected"] == "false", "the loss")
    lost = "the bridge is lost: the connection ended without BYE"
    agent.wait_until(lambda: lost in gateway.text(), "the log")
    assert gateway.text().count(lost) == 1
    with FakeBridge(ADDRESS, 602, num_agents=5) as bridge:
        bridge.send_frame(1)
        assert agent.observe(602, 1).num_agents == 5
        bridge.leave()
    agent.diagnosis(lambda s, v: s.level == DiagnosticStatus.WARN and v["session"] == "602", "the leave")


def test_reset_goes_to_the_bridge_and_back(loop: tuple[FakeBridge, Agent]) -> None:
    bridge, agent = loop
    future = agent.reset(agents=[1, 0, 1], set_seed=True, seed=42)
    packet = bridge.receive()
    assert packet.type == RESET
    request, seed, count, _ = struct.unpack_from("<QqII", packet.payload)
    assert (seed, count, struct.unpack_from("<2I", packet.payload, 24)) == (42, 2, (0, 1))
    bridge.send_reset_done(request, 17)
    agent.wait_until(future.done, "the answer")
    assert (future.result().success, future.result().message, future.result().frame) == (True, "", 17)

    future = agent.reset()
    request, seed, count, _ = struct.unpack_from("<QqII", bridge.receive().payload)
    assert (seed, count) == (-1, 0)
    # A pending reset must not keep actions back.
    bridge.send_frame(3)
    agent.observe(bridge.session, 3)
    agent.act(bridge.session, 3, [[0.0, 0.0]] * 2)
    assert bridge.receive().frame == 3
    bridge.send_reset_done(request, 4)
    agent.wait_until(future.done, "the answer")
    assert future.result().frame == 4


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"agents": [1, 2, 7]}, "agents 2, 7 do not exist, 0 to 1 are allowed"),
        ({"set_seed": True, "seed": -3}, "seed is -3, 0 or greater is allowed"),
    ],
)
def test_bad_resets_are_refused(loop: tuple[FakeBridge, Agent], fields: dict[str, Any], message: str) -> None:
    _, agent = loop
    future = agent.reset(**fields)
    agent.wait_until(future.done, "the answer")
    assert not future.result().success
    assert future.result().message == message


def test_resets_without_an_answer_fail(gateway: Gateway, agent: Agent) -> None:
    agent.wait_for_gateway()
    future = agent.reset()
    agent.wait_until(future.done, "the answer without a bridge")
    assert future.result().message == "no bridge is connected for simulator 'sim0'"

    with FakeBridge(ADDRESS, 701) as bridge:
        agent.layout(701)
        future = agent.reset()
        assert bridge.receive().type == RESET
    agent.wait_until(future.done, "the answer after the bridge died")
    assert not future.result().success
    assert "the bridge was lost" in future.result().message

    with FakeBridge(ADDRESS, 702) as bridge:
        agent.layout(702)
        future = agent.reset()
        assert bridge.receive().type == RESET
        agent.wait_until(future.done, "the answer of a bridge that keeps silent")
        assert future.result().message == "the bridge did not answer within 5 s"
        bridge.leave()


def test_heartbeat_counts_up(gateway: Gateway, agent: Agent) -> None:
    agent.heartbeats.clear()
    agent.wait_until(lambda: len(agent.heartbeats) >= 5, "heartbeats")
    beats = agent.heartbeats[:5]
    assert {beat.source for beat in beats} == {"/gateway"}
    assert all((b.sequence - a.sequence) % 65536 in (1, 2) for a, b in itertools.pairwise(beats))
    assert abs(beats[0].stamp.sec - time.time()) < 60
