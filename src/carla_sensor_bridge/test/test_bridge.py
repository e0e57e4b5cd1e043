"""The bridge as a process, on the real client library, against the embedded simulator; the test is the gateway."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import carla
import numpy as np
import pytest
from gateway_peer import GatewayPeer, follow_route, wait_until
from processes import START_TIMEOUT_S, STOP_S, Bridge, Simulator, free_port, gateway, scenario, start

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.errors import (
    EXIT_NO_SIMULATOR,
    EXIT_SIMULATOR_LOST,
)
from carla_sensor_bridge.frame_ring import Frame

ENDED = col.STATUS_TERMINATED | col.STATUS_TRUNCATED


def stand(frame: Frame) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    controls = np.zeros((len(frame.ego), 3), dtype=np.float32)
    controls[:, 1] = 1.0
    return controls


def test_lock_step_run_finishes_routes(
    shared_simulator: Simulator, peer: GatewayPeer, tmp_path: Path
) -> None:
    path = scenario(tmp_path, routes={"min_length_m": 30.0, "max_length_m": 60.0})
    agents = 4
    with Bridge(shared_simulator.port, path, num_agents=agents, seed=1) as bridge:
        start(peer, bridge)
        assert peer.ring is not None
        assert (peer.ring.num_agents, peer.ring.step_s) == (agents, 0.1)
        frames = peer.run(400, follow_route)
        bridge.signal(signal.SIGTERM)
        while peer.next_frame() is not None:
            pass
        assert peer.said_bye
        assert bridge.wait(STOP_S) == 0

    assert [frame.frame for frame in frames] == list(range(1, 401))
    assert (frames[0].status == col.STATUS_RESET).all()
    times = np.array([frame.sim_time_s for frame in frames])
    np.testing.assert_allclose(np.diff(times), 0.1, atol=1e-6)
    status = np.array([frame.status for frame in frames])
    metrics = np.array([frame.metrics for frame in frames])
    ego = np.array([frame.ego for frame in frames])
    for array in (metrics, ego, np.array([frame.route for frame in frames])):
        assert np.isfinite(array).all()
    reasons = metrics[:, :, col.END_REASON]
    assert (reasons == col.END_ROUTE_DONE).sum() >= 4
    assert set(np.unique(reasons)) <= {col.END_NONE, col.END_ROUTE_DONE, col.END_COLLISION}

    ended = (status & ENDED) != 0
    assert (ended == (reasons != col.END_NONE)).all()
    # Next-step autoreset: the frame after an end, and no other but the first, starts an episode.
    fresh = (status & col.STATUS_RESET) != 0
    assert (fresh[1:] == ended[:-1]).all()
    assert not (fresh & ended).any()
    done = reasons == col.END_ROUTE_DONE
    assert (metrics[done][:, col.ROUTE_COMPLETION] == 1.0).all()
    assert (status[done] == col.STATUS_TERMINATED).all()

    first = metrics[fresh]
    for column in (col.PROGRESS, col.EPISODE_TIME, col.STOPPED_TIME, col.COLLISION, col.JERK):
        assert (first[:, column] == 0.0).all()
    # The settled start pose: on the lane, along it, at rest, 2.5 m behind the first preview point.
    assert np.abs(first[:, col.LANE_OFFSET]).max() < 0.1
    assert np.abs(first[:, col.HEADING_ERROR]).max() < 0.05
    assert np.abs(first[:, col.SPEED]).max() < 0.05
    assert (first[:, col.OFF_ROAD] == 0.0).all()
    # Progress adds up to the distance along the route.
    for agent in range(agents):
        ends = np.flatnonzero(done[:, agent])
        if not len(ends):
            continue
        begin = np.flatnonzero(fresh[: ends[0], agent])[-1]
        total = metrics[begin : ends[0] + 1, agent, col.PROGRESS].sum()
        assert total == pytest.approx(metrics[ends[0], agent, col.ROUTE_LENGTH], abs=0.2)


def test_controls_reach_their_vehicle(shared_simulator: Simulator, peer: GatewayPeer) -> None:
    with Bridge(shared_simulator.port, num_agents=3, seed=2) as bridge:
        start(peer, bridge)
        controls = np.array([[0.5, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype=np.float32)
        frames = peer.run(12, lambda _: controls)
        last = frames[-1]
        np.testing.assert_allclose(last.ego[:, col.EGO_THROTTLE : col.EGO_STEER + 1], controls)
        assert last.metrics[0, col.SPEED] > 1.0
        assert last.metrics[1, col.SPEED] == pytest.approx(0.0, abs=0.05)
        assert abs(last.ego[0, col.EGO_YAW_RATE]) < 0.01
        assert last.ego[2, col.EGO_YAW_RATE] > 0.05  # steering left turns counter-clockwise
        assert (last.ego[:, col.EGO_LENGTH] > 3.0).all()
        assert (last.ego[:, col.EGO_WIDTH] > 1.0).all()


def test_collision_ends_the_episode(shared_simulator: Simulator, peer: GatewayPeer, tmp_path: Path) -> None:
    path = scenario(
        tmp_path,
        limits={
            "off_road": False,
            "max_lane_offset_m": 100.0,
            "blocked_s": 3600.0,
            "min_mean_speed_mps": 0.1,
        },
    )
    with Bridge(shared_simulator.port, path, num_agents=64, seed=3) as bridge:
        start(peer, bridge)
        full = np.tile(np.array([1.0, 0.0, 0.0], dtype=np.float32), (64, 1))
        for _ in range(300):
            frame = peer.next_frame()
            assert frame is not None
            hit = np.flatnonzero(frame.metrics[:, col.END_REASON] == col.END_COLLISION)
            peer.answer(frame.frame, full)
            if len(hit):
                break
        assert len(hit)
        assert (frame.metrics[hit, col.COLLISION] > 0.0).all()
        assert (frame.status[hit] == col.STATUS_TERMINATED).all()
        after = peer.next_frame()
        assert after is not None
        assert (after.status[hit] == col.STATUS_RESET).all()
        assert (after.metrics[hit, col.COLLISION] == 0.0).all()


def test_same_seed_same_run(peer: GatewayPeer) -> None:
    def run() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        with Simulator() as simulator, Bridge(simulator.port, num_agents=2, seed=11) as bridge:
            start(peer, bridge)
            frames = peer.run(150, lambda frame: follow_route(frame, cruise_mps=12.0))
            bridge.signal(signal.SIGTERM)
            while peer.next_frame() is not None:
                pass
            assert bridge.wait(STOP_S) == 0
            return np.array([np.hstack([frame.ego, frame.metrics]) for frame in frames])

    np.testing.assert_array_equal(run(), run())


def test_gateway_dies_and_returns(shared_simulator: Simulator) -> None:
    peer = gateway()
    with Bridge(shared_simulator.port, num_agents=2) as bridge:
        start(peer, bridge)
        session = peer.session
        peer.run(30, follow_route)
        last = peer.next_frame()
        assert last is not None
        peer.die()
        peer = gateway()
        start(peer, bridge)
        assert peer.session == session
        again = peer.next_frame()
        assert again is not None
        assert again.frame == last.frame
        np.testing.assert_array_equal(again.ego, last.ego)
        np.testing.assert_array_equal(again.metrics, last.metrics)
        peer.answer(again.frame, follow_route(again))
        frames = peer.run(30, follow_route)
        assert frames[0].frame == last.frame + 1
        peer.die()


def test_reset_request(shared_simulator: Simulator, peer: GatewayPeer) -> None:
    with Bridge(shared_simulator.port, num_agents=3) as bridge:
        start(peer, bridge)
        peer.run(5, follow_route)
        frame = peer.next_frame()
        assert frame is not None
        peer.reset(42, (1,), seed=8)
        peer.answer(frame.frame, stand(frame))
        cut, fresh = peer.run(2, stand)
        assert peer.reset_done == [(frame.frame + 1, 42)]
        assert cut.frame == frame.frame + 1
        assert cut.status.tolist() == [0, col.STATUS_TRUNCATED, 0]
        assert cut.metrics[1, col.END_REASON] == col.END_EXTERNAL
        assert fresh.status.tolist() == [0, col.STATUS_RESET, 0]
        assert fresh.metrics[1, col.EPISODE_TIME] == 0.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_waiting_restores_the_simulator(
    shared_simulator: Simulator, peer: GatewayPeer, number: signal.Signals
) -> None:
    with Bridge(shared_simulator.port, num_agents=2) as bridge:
        start(peer, bridge)
        assert peer.next_frame() is not None
        bridge.signal(number)
        assert bridge.wait(STOP_S) == 0
        assert peer.next_frame() is None
        assert peer.said_bye
    client = carla.Client("127.0.0.1", shared_simulator.port, worker_threads=1)
    client.set_timeout(10.0)
    world = client.get_world()
    settings = world.get_settings()
    assert not settings.synchronous_mode
    assert not settings.no_rendering_mode
    assert not settings.fixed_delta_seconds
    world.wait_for_tick()
    assert not [a for a in world.get_actors() if a.type_id.startswith(("vehicle.", "sensor."))]


def test_signal_while_no_gateway_listens(shared_simulator: Simulator) -> None:
    with Bridge(shared_simulator.port, simulator="nobody") as bridge:
        assert bridge.says("is ready after")
        bridge.signal(signal.SIGTERM)
        assert bridge.wait(STOP_S) == 0


def test_signal_while_the_simulator_hangs(shared_simulator: Simulator, peer: GatewayPeer) -> None:
    with Bridge(shared_simulator.port) as bridge:
        start(peer, bridge)
        frame = peer.next_frame()
        assert frame is not None
        shared_simulator.signal(signal.SIGSTOP)
        try:
            peer.answer(frame.frame, stand(frame))
            bridge.signal(signal.SIGTERM)
            assert bridge.wait(STOP_S) == 0
            assert peer.next_frame() is None
            assert peer.said_bye
        finally:
            shared_simulator.signal(signal.SIGCONT)


def test_signal_while_connecting() -> None:
    with Bridge(free_port(), connect_timeout_s=60.0) as bridge:
        assert bridge.says("waiting for the CARLA server")
        bridge.signal(signal.SIGTERM)
        assert bridge.wait(STOP_S) == 0


@pytest.mark.parametrize("busy", [False, True])
def test_simulator_dies(simulator: Simulator, peer: GatewayPeer, busy: bool) -> None:
    with Bridge(simulator.port) as bridge:
        start(peer, bridge)
        peer.run(10, follow_route)
        frame = peer.next_frame()
        assert frame is not None
        simulator.signal(signal.SIGKILL)
        if busy:
            peer.answer(frame.frame, stand(frame))
        assert bridge.wait(5.0) == EXIT_SIMULATOR_LOST
        assert bridge.output().count("the simulator is lost") == 1
        assert peer.next_frame() is None
        assert not peer.said_bye


def test_takes_over_from_a_killed_bridge(simulator: Simulator) -> None:
    peer = gateway()
    with Bridge(simulator.port, num_agents=3) as bridge:
        start(peer, bridge)
        peer.run(3, stand)
        first = peer.session
        bridge.signal(signal.SIGKILL)
        assert bridge.wait(STOP_S) == -signal.SIGKILL
    with Bridge(simulator.port, num_agents=3) as bridge:
        start(peer, bridge)
        assert peer.session != first
        peer.run(3, stand)
        assert "removing 6 actors that a former run left behind" in bridge.output()
        client = carla.Client("127.0.0.1", simulator.port, worker_threads=1)
        client.set_timeout(10.0)
        world = client.get_world()
        peer.run(2, stand)
        assert wait_until(lambda: len(world.get_actors().filter("vehicle.*")) == 3)
    peer.die()


def test_no_simulator_listens() -> None:
    port = free_port()
    with Bridge(port, connect_timeout_s=0.5) as bridge:
        assert bridge.wait(START_TIMEOUT_S) == EXIT_NO_SIMULATOR
        assert (
            f"no CARLA server answers at 127.0.0.1:{port} after 0.5 s: connection refused" in bridge.output()
        )


def test_something_else_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        port = listener.getsockname()[1]
        with Bridge(port, connect_timeout_s=1.5) as bridge:
            assert bridge.wait(START_TIMEOUT_S) == EXIT_NO_SIMULATOR
            assert "does not answer as a CARLA server" in bridge.output()


def test_heartbeat_and_diagnostics(shared_simulator: Simulator, peer: GatewayPeer) -> None:
    from ros_listener import RosListener

    limit = 20.0
    settings = {"num_agents": 2, "max_real_time_factor": limit}
    with RosListener() as listener, Bridge(shared_simulator.port, **settings) as bridge:
        start(peer, bridge)
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and not (
            listener.complete()
            and len(listener.beats) >= 15
            and any(report.ticks_per_s > 0.0 for report in listener.reports)
        ):
            peer.run(5, follow_route)
            listener.spin()
        assert len(listener.beats) >= 15
        sequences = [beat.sequence for beat in listener.beats]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert {beat.source for beat in listener.beats} == {"/carla_sensor_bridge"}
        values = listener.values
        for name in ("tick_us", "read_us", "metrics_us", "ring_us", "wait_us", "ticks_per_s", "frames"):
            assert float(values[name]) > 0.0, values
        for name in (
            "late",
            "duplicate",
            "reconnects",
            "resets",
            "protocol_errors",
            "lost_rows",
            "missed_traffic_ticks",
        ):
            assert float(values[name]) == 0.0, values
        report = next(report for report in listener.reports if report.ticks_per_s > 0.0)
        assert (report.simulator, report.session) == ("sim0", peer.session)
        assert report.real_time_factor == pytest.approx(0.1 * report.ticks_per_s, rel=1e-5)
        assert report.real_time_factor <= 1.05 * limit
        assert list(report.stage_names) == ["tick", "read", "metrics", "sensors", "ring", "wait"]
        assert all(0.0 <= a <= b for a, b in zip(report.stage_mean_us, report.stage_max_us, strict=True))
        assert dict(zip(report.queue_names, report.queue_lengths, strict=True)) == {"collisions": 0}
        assert "late_controls" in report.drop_names
        assert not any(report.drops)
        assert 20e6 < report.rss_bytes < 4e9
