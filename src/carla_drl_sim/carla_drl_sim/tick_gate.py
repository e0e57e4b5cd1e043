"""When the next tick may run: the waits that keep a real client safe from a server faster than itself.

A client announces streams before it connects to them, wakes its Traffic Manager without a lock, and re-enters its own
start-up when messages arrive while it changes the world. A tick that comes too early loses sensor data, stalls the
Traffic Manager for ever, or ends the client's process; so ticks wait here, each time with a bound.
"""

from __future__ import annotations

from carla_drl_sim.stream_hub import StreamHub

SUBSCRIBE_LIMIT_S = 0.5
"""Longest wait for a stream whose token was fetched."""

TRAFFIC_MANAGER_GAP_S = 0.0003
"""How old a Traffic Manager's cycle must be."""

TRAFFIC_MANAGER_LIMIT_S = 1.0
"""Longest wait for the next cycle of a Traffic Manager that has kept up so far; its thread may be out of luck on a
busy machine."""

IDLE_TRAFFIC_MANAGER_LIMIT_S = 0.005
"""Longest wait for a cycle after one did not come: nothing seems to run in that client."""

MISSED_TICK_S = 1.0
"""A Traffic Manager that has kept up so far, and starts no cycle for so long after a tick, sleeps through it."""

MISSED_TICK_LIMIT_S = 5.0
"""After so long nothing can be done for it any more: its process is stopped, or does not tick with it."""

SLOW_CONSUMER_LIMIT_S = 1.0
"""Longest wait of a synchronous tick for a subscriber that does not read."""

RELOAD_DELAY_S = 0.25
"""Between the last message of the old episode and the answer that it has ended."""

RELOAD_SILENCE_S = 0.3
"""Longest silence after that answer; the client's new subscription to the world ends it."""

SNAPSHOT_TAKEN_S = 0.02
"""From the sending of a snapshot until clients have surely taken it, mostly."""


class TickGate:
    """Says whether a tick may run now; all times are of one monotonic clock, in seconds."""

    def __init__(self, streams: StreamHub) -> None:
        self.traffic_managers: dict[int, str] = {}
        self._streams = streams
        self._cycle_seen_s = 0.0
        self._managers_cycle = False
        self._last_tick_s = 0.0
        self._silent_until_s = 0.0
        self._subscriptions_before = 0
        self._given_up: set[object] = set()

    def settings_read(self, now_s: float) -> None:
        """Note a read of the episode settings, which every cycle of a Traffic Manager starts with."""
        self._cycle_seen_s = now_s
        self._managers_cycle = True

    def ticked(self, now_s: float) -> None:
        """Note that a tick has run."""
        self._last_tick_s = now_s

    def sleeping_managers(self, now_s: float) -> list[tuple[int, str]]:
        """Ports and hosts of the Traffic Managers, when one that has kept up so far has missed the last tick.

        May be called by any thread.
        """
        if not self._managers_cycle or self._cycle_seen_s > self._last_tick_s:
            return []
        if not MISSED_TICK_S <= now_s - self._last_tick_s < MISSED_TICK_LIMIT_S:
            return []
        return list(self.traffic_managers.items())

    def silence(self, until_s: float) -> None:
        """Hold all ticks until then, or until a client subscribes to the world again."""
        self._silent_until_s = until_s
        self._subscriptions_before = self._streams.world_subscriptions

    def silent_until(self, now_s: float) -> float:
        """End of the silence after a reload; ``now_s`` or earlier when there is none."""
        if self._streams.world_subscriptions != self._subscriptions_before:
            self._silent_until_s = 0.0
        return self._silent_until_s

    @property
    def is_open(self) -> bool:
        """Whether a tick that a client asks for may run, as far as can be told at a glance."""
        streams = self._streams
        return not (
            self._silent_until_s
            or streams.expected
            or streams.busy
            or self._given_up
            or self.traffic_managers
        )

    def wait_until(self, now_s: float, asked_s: float, *, commanded: bool) -> float:
        """When to look again; ``now_s`` or earlier means that the tick may run.

        Args:
            now_s: the present.
            asked_s: when the tick was asked for.
            commanded: whether a client asked for it (synchronous), else it is the server's own pace.
        """
        until = self.silent_until(now_s)
        if until > now_s:
            return until
        self._silent_until_s = 0.0
        if not commanded:
            return now_s
        streams = self._streams
        if streams.expected:
            until = max(deadline for deadline, _ in streams.expected.values())
            if until > now_s:
                return until
            streams.expected.clear()
        if streams.busy:
            waiting = streams.busy - self._given_up
            if waiting and asked_s + SLOW_CONSUMER_LIMIT_S > now_s:
                return asked_s + SLOW_CONSUMER_LIMIT_S
            self._given_up |= waiting
        self._given_up &= streams.busy
        if self.traffic_managers:
            if self._cycle_seen_s > self._last_tick_s:
                return self._cycle_seen_s + TRAFFIC_MANAGER_GAP_S
            limit = TRAFFIC_MANAGER_LIMIT_S if self._managers_cycle else IDLE_TRAFFIC_MANAGER_LIMIT_S
            if asked_s + limit <= now_s:
                self._managers_cycle = False
            return asked_s + limit
        return now_s
