# SPDX-License-Identifier: Apache-2.0
"""Watches topics: how often messages come, and how old their stamps are."""

from typing import Any

from ._diagnostic_updater import CompositeDiagnosticTask, Updater
from ._update_functions import FrequencyStatus, FrequencyStatusParam, TimeStampStatus, TimeStampStatusParam


class HeaderlessTopicDiagnostic(CompositeDiagnosticTask):
    """Watches how often a topic's messages come; call `tick` for each."""

    def __init__(self, name: str, diag: Updater, freq: FrequencyStatusParam) -> None:
        super().__init__(f"{name} topic status")
        self.diag = diag
        self.freq = FrequencyStatus(freq)
        self.addTask(self.freq)
        self.diag.add(self)

    def tick(self) -> None:
        """Note a message."""
        self.freq.tick()

    def clear_window(self) -> None:
        """Forget all messages."""
        self.freq.clear()


class TopicDiagnostic(HeaderlessTopicDiagnostic):
    """Watches how often a topic's messages come and how old their stamps are."""

    def __init__(
        self, name: str, diag: Updater, freq: FrequencyStatusParam, stamp: TimeStampStatusParam
    ) -> None:
        super().__init__(name, diag, freq)
        self.stamp = TimeStampStatus(stamp)
        self.addTask(self.stamp)

    def tick(self, stamp: Any) -> None:  # type: ignore[override]
        """Note a message by its stamp; see TimeStampStatus.tick."""
        self.stamp.tick(stamp)
        super().tick()


class DiagnosedPublisher(TopicDiagnostic):
    """Publishes messages that have a header, and watches them."""

    def __init__(
        self, pub: Any, diag: Updater, freq: FrequencyStatusParam, stamp: TimeStampStatusParam
    ) -> None:
        super().__init__(pub.topic_name, diag, freq, stamp)
        self.publisher = pub

    def publish(self, message: Any) -> None:
        """Publish a message."""
        self.tick(message.header.stamp)
        self.publisher.publish(message)
