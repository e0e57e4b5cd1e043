"""Plays bags: publishes the recorded bytes when their time has come."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ros2cli.node.discovery import wait_for_discovery

from ._qos import qos_for_publisher
from ._reader import SequentialReader
from ._signals import StopFlag
from ._storage import StorageFilter, StorageOptions
from ._transport import PlayOptions

_NANOSECONDS = 1_000_000_000
_SLICE_S = 0.05
_DISCOVERY_S = 5.0


class PlayClock:
    """The bag's time, which runs at `rate` from `start_ns` on; it can be halted."""

    def __init__(self, start_ns: int, rate: float) -> None:
        self._bag_ns = start_ns
        self._rate = rate
        self._since = time.monotonic_ns()

    def now(self) -> int:
        """Return the time in nanoseconds."""
        return self._bag_ns + int((time.monotonic_ns() - self._since) * self._rate)

    def seconds_until(self, bag_ns: int) -> float:
        """Return how long it really takes until a time of the bag; negative if it has passed."""
        return (bag_ns - self.now()) / self._rate / _NANOSECONDS


class Player:
    """Plays until the end of the bag, SIGINT, SIGTERM or `cancel()`."""

    def __init__(self, log_level: str = "info") -> None:
        self._log_level = log_level
        self._flag = StopFlag()

    def cancel(self) -> None:
        """Stop from another thread."""
        self._flag.set()

    def play(self, storage_options: StorageOptions, play_options: PlayOptions) -> None:
        """Play; RuntimeError if the bag is absent or not readable."""
        import rclpy
        from rclpy.logging import LoggingSeverity
        from rclpy.parameter import Parameter
        from rclpy.signals import SignalHandlerOptions

        reader = SequentialReader()
        reader.open(storage_options)
        context = rclpy.Context()
        remaps = [word for rule in play_options.topic_remapping_options for word in ("-r", rule)]
        arguments = ["--ros-args", *remaps] if remaps else []
        with self._flag:
            rclpy.init(context=context, args=[], signal_handler_options=SignalHandlerOptions.NO)
            try:
                node = rclpy.create_node(
                    play_options.node_name,
                    context=context,
                    cli_args=arguments,
                    start_parameter_services=False,
                    parameter_overrides=[Parameter("start_type_description_service", value=False)],
                )
                node.get_logger().set_level(LoggingSeverity[self._log_level.upper()])
                _Playback(node, reader, storage_options, play_options).run(self._flag)
                node.destroy_node()
            finally:
                context.try_shutdown()
                reader.close()


class _Playback:
    """One run of a player."""

    def __init__(
        self, node: Any, reader: SequentialReader, storage_options: StorageOptions, options: PlayOptions
    ) -> None:
        self._node = node
        self._logger = node.get_logger()
        self._reader = reader
        self._uri = storage_options.uri
        self._options = options
        self._publishers = self._make_publishers()
        self._clock_publisher: Any = None
        wants_clock = options.clock_publish_frequency > 0 or options.clock_publish_on_topic_publish
        if wants_clock or options.clock_topics:
            from rosgraph_msgs.msg import Clock

            self._clock_publisher = node.create_publisher(Clock, "/clock", 10)
        metadata = reader.get_metadata()
        self._start = metadata.starting_time + int(options.start_offset * _NANOSECONDS)
        self._end = metadata.starting_time + metadata.duration
        if options.playback_duration >= 0:
            self._end = min(self._end, self._start + int(options.playback_duration * _NANOSECONDS))
        if options.playback_until_timestamp >= 0:
            self._end = min(self._end, options.playback_until_timestamp)

    def run(self, flag: StopFlag) -> None:
        """Play until the flag is set or the bag ends."""
        if not self._publishers:
            self._logger.warning(f"Bag '{self._uri}' has no topic that can be played")
            return
        start = time.monotonic()
        # Else subscriptions that are there already would miss the first messages.
        wait_for_discovery(self._node, _DISCOVERY_S, until=lambda _: flag.stopped)
        self._sleep(flag, start + self._options.delay)
        while not flag.stopped:
            self._play_once(flag)
            if not self._options.loop:
                break
        self._wait_for_readers()

    def _make_publishers(self) -> dict[str, Any]:
        from rosidl_runtime_py.utilities import get_message

        options = self._options
        selection = StorageFilter(
            topics=[_absolute(name) for name in options.topics_to_filter],
            regex=options.regex_to_filter,
            exclude_topics=[_absolute(name) for name in options.exclude_topics_to_filter],
            regex_to_exclude=options.exclude_regex_to_filter,
        )
        publishers = {}
        for topic in self._reader.get_all_topics_and_types():
            if not selection.accepts(topic.name):
                continue
            try:
                message_class = get_message(topic.type)
            except (AttributeError, ModuleNotFoundError, ValueError) as error:
                self._logger.warning(
                    f"Ignoring a topic '{topic.name}', reason: package of '{topic.type}' not found ({error})"
                )
                continue
            override = options.topic_qos_profile_overrides.get(topic.name)
            qos = override if override is not None else qos_for_publisher(topic.offered_qos_profiles)
            publishers[topic.name] = self._node.create_publisher(message_class, topic.name, qos)
        selection.topics = list(publishers)
        selection.regex = ""
        self._reader.set_filter(selection)
        return publishers

    def _play_once(self, flag: StopFlag) -> None:
        self._reader.seek(self._start)
        clock = PlayClock(self._start, self._options.rate)
        ticks = self._ticks()
        tick = next(ticks)
        while not flag.stopped and self._reader.has_next():
            topic, data, stamp = self._reader.read_next()
            if stamp > self._end:
                break
            while tick is not None and tick <= stamp:
                self._sleep_until(flag, clock, tick)
                self._publish_clock(tick)
                tick = next(ticks)
            self._sleep_until(flag, clock, stamp)
            if flag.stopped:
                break
            if self._options.clock_publish_on_topic_publish or topic in self._options.clock_topics:
                self._publish_clock(stamp)
            self._publishers[topic].publish(data)

    def _ticks(self) -> Iterator[int | None]:
        """Yield the bag's times at which `/clock` is published; it ticks at the given rate in real time."""
        frequency = self._options.clock_publish_frequency
        if frequency <= 0:
            while True:
                yield None
        count = 0
        while True:
            yield self._start + int(count * _NANOSECONDS * self._options.rate / frequency)
            count += 1

    def _publish_clock(self, stamp: int) -> None:
        from builtin_interfaces.msg import Time
        from rosgraph_msgs.msg import Clock

        seconds, nanoseconds = divmod(stamp, _NANOSECONDS)
        self._clock_publisher.publish(Clock(clock=Time(sec=seconds, nanosec=nanoseconds)))

    def _sleep_until(self, flag: StopFlag, clock: PlayClock, stamp: int) -> None:
        wait = clock.seconds_until(stamp)
        if wait > 0:
            self._sleep(flag, time.monotonic() + wait)

    @staticmethod
    def _sleep(flag: StopFlag, deadline: float) -> None:
        while not flag.stopped and (wait := deadline - time.monotonic()) > 0:
            time.sleep(min(wait, _SLICE_S))

    def _wait_for_readers(self) -> None:
        """Wait until reliable subscriptions have everything, as long as the options say (0: without limit)."""
        from rclpy.duration import Duration

        limit_ms = self._options.wait_acked_timeout
        if limit_ms < 0:
            return
        for topic, publisher in self._publishers.items():
            limit = Duration(nanoseconds=limit_ms * 1_000_000 if limit_ms else -1)
            if not publisher.wait_for_all_acked(limit):
                self._logger.warning(
                    f"Not every subscription of '{topic}' got all messages within {limit_ms} ms"
                )


def _absolute(name: str) -> str:
    return name if name.startswith("/") else "/" + name
