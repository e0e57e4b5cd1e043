# SPDX-License-Identifier: Apache-2.0
"""A DiagnosticStatus with methods to fill it."""

from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue


class DiagnosticStatusWrapper(DiagnosticStatus):  # type: ignore[misc]
    """A DiagnosticStatus with methods to fill it. Levels are of the message's type, bytes of length one."""

    def summary(self, *args: Any) -> None:
        """Replace level and message: `summary(level, message)` or `summary(status)`."""
        self.level, self.message = self._level_and_message(args)

    def mergeSummary(self, *args: Any) -> None:  # noqa: N802 (upstream's name)
        """Keep the worse level; messages of equal importance are joined by "; "."""
        level, message = self._level_and_message(args)
        trouble, trouble_before = level != DiagnosticStatus.OK, self.level != DiagnosticStatus.OK
        if trouble and not trouble_before:
            self.message = message
        elif trouble == trouble_before and message:
            self.message = f"{self.message}; {message}" if self.message else message
        self.level = max(self.level, level)

    def clearSummary(self) -> None:  # noqa: N802 (upstream's name)
        """Set level OK and no message."""
        self.summary(DiagnosticStatus.OK, "")

    def add(self, key: str, val: object) -> None:
        """Append a key and the text of a value."""
        self.values.append(KeyValue(key=key, value=str(val)))

    def clear(self) -> None:
        """Drop all keys and values."""
        self.values = []

    @staticmethod
    def _level_and_message(args: tuple[Any, ...]) -> tuple[bytes, str]:
        if len(args) == 1:
            return args[0].level, args[0].message
        level, message = args
        # The constants are bytes; plain numbers are common in hand-written code.
        return (bytes([level]) if isinstance(level, int) else level), str(message)
