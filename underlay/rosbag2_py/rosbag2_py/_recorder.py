"""Records topics.

One thread takes serialised messages from the middleware, as many as there are each time it wakes; another
writes them. What the cache between them cannot hold is dropped and counted. Numbers that publishers give
their messages show what was lost before it got here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter, deque
from typing import Any

from rclpy.impl.implementation_singleton import rclpy_implementation as implementation

from ._compression_options import CompressionOptions, compression_mode_from_string
from ._qos import qos_for_subscription
from ._selection import TopicSelection
from ._signals import StopFlag
from ._storage import ConverterOptions, StorageOptions, TopicMetadata
from ._transport import RecordOptions
from ._writer import SequentialCompressionWriter, SequentialWriter

_DEPTH = 1000
_TAKE_AT_MOST = 256
_FLUSH_PERIOD_S = 1.0  # what a crash may cost
_DEFAULT_CACHE = 100 * 1024 * 1024
# topic, data, receive time, publisher's number, publish time
_Message = tuple[str, bytes, int, int, int]


class BagThread:
    """Writes what it is given in a thread of its own; `error` is what ended it early."""

    def __init__(self, writer: SequentialWriter, cache_size: int) -> None:
        self._writer = writer
        self._limit = cache_size or _DEFAULT_CACHE
        self._queue: deque[_Message | TopicMetadata] = deque()
        self._size = 0
        self._wake = threading.Condition()
        self._closing = False
        self.dropped: Counter[str] = Counter()
        self.error: Exception | None = None
        self._flushed_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="bag_writer")
        self._thread.start()

    def create_topic(self, topic: TopicMetadata) -> None:
        """Enter a topic ahead of its first message."""
        with self._wake:
            self._queue.append(topic)
            self._wake.notify()

    def put(self, messages: list[_Message]) -> None:
        """Queue messages; those for which the cache has no room are dropped and counted."""
        with self._wake:
            for message in messages:
                size = len(message[1])
                if self._size + size > self._limit:
                    self.dropped[message[0]] += 1
                else:
                    self._size += size
                    self._queue.append(message)
            self._wake.notify()

    def close(self) -> None:
        """Write what is left and close the bag."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._write_batch():
                pass
        except Exception as error:
            self.error = error
        try:
            self._writer.close()
        except Exception as error:
            self.error = self.error or error

    def _write_batch(self) -> bool:
        with self._wake:
            if not self._queue and not self._closing:
                self._wake.wait(_FLUSH_PERIOD_S)
            batch, self._queue = self._queue, deque()
            size, closing = self._size, self._closing
        for item in batch:
            if isinstance(item, TopicMetadata):
                self._writer.create_topic(item)
            else:
                topic, data, received, number, published = item
                self._writer.write(topic, data, received, number, publish_time=published)
        with self._wake:
            self._size -= size
        if time.monotonic() - self._flushed_at >= _FLUSH_PERIOD_S:
            self._writer.flush()
            self._flushed_at = time.monotonic()
        return bool(batch) or not closing


class _Source:
    """One subscription."""

    def __init__(self, topic: str, subscription: Any) -> None:
        self.topic = topic
        self.subscription = subscription
        self._last: dict[bytes, int] = {}
        self.lost = 0

    def take(self, clock: Any) -> list[_Message]:
        """Return what has arrived, with times of `clock` if there is one."""
        handle, kind = self.subscription.handle, self.subscription.msg_type
        taken: list[_Message] = []
        while len(taken) < _TAKE_AT_MOST:
            message = handle.take_message(kind, True)
            if message is None:
                break
            data, info = message
            number = info["publication_sequence_number"] or 0
            publisher = info["publisher_gid"]["data"]
            last = self._last.get(publisher)
            if last is not None and number > last + 1:
                self.lost += number - last - 1
            self._last[publisher] = number
            received = info["received_timestamp"] if clock is None else clock.now().nanoseconds
            taken.append((self.topic, data, received, number, info["source_timestamp"]))
        return taken


class Recorder:
    """Records until SIGINT, SIGTERM or `cancel()`."""

    def __init__(self, log_level: str = "info") -> None:
        self._log_level = log_level
        self._flag = StopFlag()

    def cancel(self) -> None:
        """Stop from another thread."""
        self._flag.set()

    def record(
        self,
        storage_options: StorageOptions,
        record_options: RecordOptions,
        node_name: str = "rosbag2_recorder",
    ) -> None:
        """Record; RuntimeError if the bag cannot be made or could not be written to the end."""
        import rclpy
        from rclpy.logging import LoggingSeverity
        from rclpy.parameter import Parameter
        from rclpy.signals import SignalHandlerOptions

        try:
            selection = TopicSelection(record_options)
        except ValueError as error:
            raise RuntimeError(str(error)) from error
        writer = _make_writer(record_options)
        context = rclpy.Context()
        with self._flag:
            rclpy.init(context=context, args=[], signal_handler_options=SignalHandlerOptions.NO)
            try:
                node = rclpy.create_node(
                    node_name,
                    context=context,
                    start_parameter_services=False,
                    parameter_overrides=[Parameter("start_type_description_service", value=False)],
                )
                node.get_logger().set_level(LoggingSeverity[self._log_level.upper()])
                try:
                    writer.open(storage_options, ConverterOptions("cdr", "cdr"))
                except (OSError, ValueError) as error:
                    raise RuntimeError(f"Could not make bag '{storage_options.uri}': {error}") from error
                with _SimClock(context, record_options.use_sim_time) as clock:
                    bag = BagThread(writer, storage_options.max_cache_size)
                    _Recording(node, clock, bag, selection, record_options).run(
                        self._flag, storage_options.uri
                    )
                node.destroy_node()
            finally:
                context.try_shutdown()


def _make_writer(options: RecordOptions) -> SequentialWriter:
    mode = compression_mode_from_string(options.compression_mode)
    if not mode.value:
        return SequentialWriter()
    return SequentialCompressionWriter(
        CompressionOptions(
            options.compression_format or "zstd",
            mode,
            options.compression_queue_size,
            options.compression_threads,
        )
    )


class _Recording:
    """One run of a recorder."""

    def __init__(
        self,
        node: Any,
        clock: Any,
        bag: BagThread,
        selection: TopicSelection,
        options: RecordOptions,
    ) -> None:
        self._node = node
        self._logger = node.get_logger()
        self._options = options
        self._selection = selection
        self._sources: list[_Source] = []
        self._known: set[str] = set()
        self._bag = bag
        self._clock = clock
        self._wait_set: Any = None

    def run(self, flag: StopFlag, uri: str) -> None:
        """Record until the flag is set or the bag cannot grow."""
        self._logger.info("Listening for topics...")
        try:
            while self._clock is not None and not flag.stopped and self._clock.now().nanoseconds == 0:
                time.sleep(0.02)  # messages without a time cannot be placed
            self._look_for_topics()
            self._logger.info("Recording...")
            self._loop(flag)
        finally:
            self._bag.close()
            self._report()
        if self._bag.error is not None:
            raise RuntimeError(
                f"Recording of '{uri}' ended early, what was written until then is complete: "
                f"{self._bag.error}"
            ) from self._bag.error

    def _loop(self, flag: StopFlag) -> None:
        period = self._options.topic_polling_interval
        due = time.monotonic() + period
        while not flag.stopped and self._bag.error is None:
            self._wait(max(0.0, due - time.monotonic()))
            for source in self._sources:
                messages = source.take(self._clock)
                if messages:
                    self._bag.put(messages)
            if time.monotonic() >= due:
                if not self._options.is_discovery_disabled:
                    self._look_for_topics()
                due = time.monotonic() + period
        for source in self._sources:  # what arrived before the signal
            self._bag.put(source.take(self._clock))

    def _wait(self, timeout_s: float) -> None:
        if not self._sources:
            time.sleep(timeout_s)
            return
        self._wait_set.clear_entities()
        for source in self._sources:
            self._wait_set.add_subscription(source.subscription.handle)
        self._wait_set.wait(int(timeout_s * 1e9))

    def _look_for_topics(self) -> None:
        """Subscribe to topics that are new and wanted."""
        found = False
        for topic, types in self._node.get_topic_names_and_types():
            if topic in self._known or not types:
                continue
            infos = self._node.get_publishers_info_by_topic(topic)
            subscriptions = self._node.count_subscribers(topic) if self._options.ignore_leaf_topics else 0
            if not self._selection.accepts(topic, types[0], len(infos), subscriptions):
                continue
            self._known.add(topic)
            found |= self._subscribe(topic, types, infos)
        if found:
            self._wait_set = implementation.WaitSet(
                len(self._sources), 0, 0, 0, 0, 0, self._node.context.handle
            )

    def _subscribe(self, topic: str, types: list[str], infos: list[Any]) -> bool:
        from rosidl_runtime_py.utilities import get_message

        if len(types) > 1:
            self._logger.warning(
                f"Topic '{topic}' has more than one type ({', '.join(types)}); it is not recorded"
            )
            return False
        try:
            message_class = get_message(types[0])
        except (AttributeError, ModuleNotFoundError, ValueError) as error:
            self._logger.warning(
                f"Topic '{topic}' has unknown type '{types[0]}' associated. Only topics with known type are "
                f"supported. Reason: '{error}'"
            )
            return False
        offered = [info.qos_profile for info in infos]
        override = self._options.topic_qos_profile_overrides.get(topic)
        qos = override if override is not None else qos_for_subscription(offered, _DEPTH)
        subscription = self._node.create_subscription(message_class, topic, _never_called, qos, raw=True)
        self._sources.append(_Source(topic, subscription))
        type_hash = next((str(info.topic_type_hash) for info in infos), "")
        self._bag.create_topic(TopicMetadata(0, topic, types[0], "cdr", offered, type_hash))
        self._logger.info(f"Subscribed to topic '{topic}'")
        return True

    def _report(self) -> None:
        for topic in self._selection.missing(self._known):
            self._logger.warning(f"Topic '{topic}' was never published; nothing of it was recorded")
        lost = Counter({source.topic: source.lost for source in self._sources if source.lost})
        for what, counts in (
            ("Cache buffers lost messages per topic", self._bag.dropped),
            ("Messages lost before they reached the recorder per topic", lost),
        ):
            if counts:
                lines = "".join(f"\n\t{topic}: {count}" for topic, count in sorted(counts.items()))
                self._logger.warning(f"{what}: {lines}\nTotal lost: {sum(counts.values())}")
        self._logger.info("Recording stopped")


def _never_called(message: bytes) -> None:
    raise AssertionError("the recorder takes messages itself")


class _SimClock:
    """Context manager: a clock that follows `/clock`, on a node and thread of its own; None if not wanted."""

    def __init__(self, context: Any, wanted: bool) -> None:
        self._context = context
        self._wanted = wanted

    def __enter__(self) -> Any:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.parameter import Parameter

        if not self._wanted:
            return None
        self._node = rclpy.create_node(
            "_rosbag2_clock",
            context=self._context,
            start_parameter_services=False,
            parameter_overrides=[Parameter("use_sim_time", value=True)],
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="clock")
        self._thread.start()
        return self._node.get_clock()

    def _spin(self) -> None:
        from rclpy.executors import ExternalShutdownException

        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if self._wanted:
            self._executor.shutdown()
            self._thread.join()
            self._node.destroy_node()
