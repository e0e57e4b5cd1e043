"""When ticks wait, and that they do not wait for ever."""

from __future__ import annotations

import socket

import pytest

from carla_drl_sim.stream_hub import StreamHub, Subscriber
from carla_drl_sim.tick_gate import (
    IDLE_TRAFFIC_MANAGER_LIMIT_S,
    MISSED_TICK_LIMIT_S,
    MISSED_TICK_S,
    RELOAD_SILENCE_S,
    SLOW_CONSUMER_LIMIT_S,
    SUBSCRIBE_LIMIT_S,
    TRAFFIC_MANAGER_GAP_S,
    TRAFFIC_MANAGER_LIMIT_S,
    TickGate,
)

NOW = 100.0


@pytest.fixture
def hub() -> StreamHub:
    return StreamHub(lambda *_: None)


def _subscriber() -> Subscriber:
    with socket.socket() as unused:
        return Subscriber(unused, "test")


def _wait(gate: TickGate, now: float, asked: float = NOW) -> float:
    """Seconds that a commanded tick still waits."""
    return max(0.0, gate.wait_until(now, asked, commanded=True) - now)


def test_nothing_to_wait_for(hub: StreamHub) -> None:
    assert _wait(TickGate(hub), NOW) == 0.0


def test_a_tick_waits_for_an_announced_subscription(hub: StreamHub) -> None:
    gate = TickGate(hub)
    stream = hub.open_stream()
    hub.expect(stream, NOW + SUBSCRIBE_LIMIT_S, "client")
    assert _wait(gate, NOW) == pytest.approx(SUBSCRIBE_LIMIT_S)
    hub.handshake(_subscriber(), stream.to_bytes(4, "little"))
    assert _wait(gate, NOW) == 0.0


def test_a_subscription_that_never_comes_is_given_up(hub: StreamHub) -> None:
    gate = TickGate(hub)
    hub.expect(hub.open_stream(), NOW + SUBSCRIBE_LIMIT_S, "client")
    assert _wait(gate, NOW + SUBSCRIBE_LIMIT_S) == 0.0


def test_a_client_that_leaves_is_not_waited_for(hub: StreamHub) -> None:
    gate = TickGate(hub)
    hub.expect(hub.open_stream(), NOW + SUBSCRIBE_LIMIT_S, "client")
    hub.forget_expected("client")
    assert _wait(gate, NOW) == 0.0


def test_a_tick_waits_for_the_cycle_of_a_traffic_manager(hub: StreamHub) -> None:
    gate = TickGate(hub)
    gate.traffic_managers[8000] = "127.0.0.1"
    gate.settings_read(NOW - 1.0)
    gate.ticked(NOW)
    assert _wait(gate, NOW) == pytest.approx(TRAFFIC_MANAGER_LIMIT_S)
    gate.settings_read(NOW + 0.001)
    assert _wait(gate, NOW + 0.001) == pytest.approx(TRAFFIC_MANAGER_GAP_S)
    assert _wait(gate, NOW + 0.001 + 2.0 * TRAFFIC_MANAGER_GAP_S) == 0.0


def test_a_silent_traffic_manager_is_given_up(hub: StreamHub) -> None:
    gate = TickGate(hub)
    gate.traffic_managers[8000] = "127.0.0.1"
    gate.settings_read(NOW - 1.0)
    gate.ticked(NOW)
    later = NOW + 1.01 * TRAFFIC_MANAGER_LIMIT_S
    assert _wait(gate, later) == 0.0
    gate.ticked(later)
    assert _wait(gate, later, asked=later) == pytest.approx(IDLE_TRAFFIC_MANAGER_LIMIT_S)
    gate.settings_read(later + 0.001)
    gate.ticked(later + 0.002)
    assert _wait(gate, later + 0.002, asked=later + 0.002) == pytest.approx(TRAFFIC_MANAGER_LIMIT_S)


def test_a_traffic_manager_that_misses_a_tick_is_told(hub: StreamHub) -> None:
    gate = TickGate(hub)
    gate.traffic_managers[8000] = "127.0.0.1"
    gate.settings_read(NOW - 0.001)
    gate.ticked(NOW)
    assert gate.sleeping_managers(NOW + 0.9 * MISSED_TICK_S) == []
    assert gate.sleeping_managers(NOW + MISSED_TICK_S) == [(8000, "127.0.0.1")]
    assert gate.sleeping_managers(NOW + MISSED_TICK_LIMIT_S) == []
    gate.settings_read(NOW + MISSED_TICK_S)
    assert gate.sleeping_managers(NOW + MISSED_TICK_S) == []


def test_a_traffic_manager_that_never_kept_up_misses_nothing(hub: StreamHub) -> None:
    gate = TickGate(hub)
    gate.traffic_managers[8000] = "127.0.0.1"
    gate.ticked(NOW)
    assert gate.sleeping_managers(NOW + MISSED_TICK_S) == []


def test_after_a_reload_all_is_silent_until_the_client_is_back(hub: StreamHub) -> None:
    gate = TickGate(hub)
    gate.silence(NOW + RELOAD_SILENCE_S)
    assert _wait(gate, NOW) == pytest.approx(RELOAD_SILENCE_S)
    assert gate.wait_until(NOW, NOW, commanded=False) > NOW
    hub.handshake(_subscriber(), (1).to_bytes(4, "little"))
    assert _wait(gate, NOW) == 0.0
    assert gate.wait_until(NOW, NOW, commanded=False) <= NOW


def test_a_slow_subscriber_delays_one_tick_and_then_no_more(hub: StreamHub) -> None:
    gate = TickGate(hub)
    hub.busy.add(_subscriber())
    assert _wait(gate, NOW) == pytest.approx(SLOW_CONSUMER_LIMIT_S)
    later = NOW + SLOW_CONSUMER_LIMIT_S
    assert _wait(gate, later) == 0.0
    assert _wait(gate, later, asked=later) == 0.0
    hub.busy.clear()
    assert _wait(gate, later, asked=later) == 0.0
    hub.busy.add(_subscriber())
    assert _wait(gate, later, asked=later) == pytest.approx(SLOW_CONSUMER_LIMIT_S)
