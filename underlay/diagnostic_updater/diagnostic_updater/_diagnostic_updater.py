# SPDX-License-Identifier: Apache-2.0
"""Tasks and the updater that runs them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from ._diagnostic_status_wrapper import DiagnosticStatusWrapper

TaskFunction = Callable[[DiagnosticStatusWrapper], DiagnosticStatusWrapper]


class DiagnosticTask(ABC):
    """Something that fills a status each time it is asked."""

    def __init__(self, name: str) -> None:
        self.name = name

    def getName(self) -> str:  # noqa: N802 (upstream's name)
        """Name under which the status is reported."""
        return self.name

    @abstractmethod
    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Fill the status and return it."""


class FunctionDiagnosticTask(DiagnosticTask):
    """A task that is a function."""

    def __init__(self, name: str, fn: TaskFunction) -> None:
        super().__init__(name)
        self.fn = fn

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Let the function fill the status."""
        return self.fn(stat)


class CompositeDiagnosticTask(DiagnosticTask):
    """Several tasks in one status: worst level, messages and values of all."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.tasks: list[DiagnosticTask] = []

    def addTask(self, task: DiagnosticTask) -> None:  # noqa: N802 (upstream's name)
        """Append a task."""
        self.tasks.append(task)

    def run(self, stat: DiagnosticStatusWrapper) -> DiagnosticStatusWrapper:
        """Run all tasks and combine what they say."""
        combined = DiagnosticStatusWrapper()
        for task in self.tasks:
            part = DiagnosticStatusWrapper(name=stat.name, hardware_id=stat.hardware_id)
            part.summary(DiagnosticStatus.ERROR, "No message was set")
            part = task.run(part)
            combined.mergeSummary(part)
            combined.values = [*combined.values, *part.values]
        stat.summary(combined)
        stat.values = [*stat.values, *combined.values]
        return stat


class DiagnosticTaskVector:
    """A list of tasks; adding and removing may happen in any thread."""

    def __init__(self) -> None:
        self.tasks: list[DiagnosticTask] = []
        self.lock = threading.RLock()

    def addedTaskCallback(self, task: DiagnosticTask) -> None:  # noqa: N802 (upstream's name)
        """Told of each task that is added; does nothing here."""

    def add(self, *args: Any) -> None:
        """Append a task: `add(task)` or `add(name, function)`.

        Raises:
            ValueError: for other arguments.
        """
        if len(args) == 1 and isinstance(args[0], DiagnosticTask):
            task = args[0]
        elif len(args) == 2 and callable(args[1]):
            task = FunctionDiagnosticTask(args[0], args[1])
        else:
            raise ValueError(f"add() takes a DiagnosticTask, or a name and a function; got {args!r}")
        with self.lock:
            self.tasks.append(task)
            self.addedTaskCallback(task)

    def removeByName(self, name: str) -> bool:  # noqa: N802 (upstream's name)
        """Remove the first task of that name; return whether there was one."""
        with self.lock:
            for task in self.tasks:
                if task.name == name:
                    self.tasks.remove(task)
                    return True
        return False


class Updater(DiagnosticTaskVector):
    """Runs its tasks once per period and publishes what they say on /diagnostics.

    Parameters of the node: `diagnostic_updater.period` (seconds, default 1) and `diagnostic_updater.use_fqn`
    (names with namespace).

    Raises:
        ValueError: if the period is not positive.
    """

    def __init__(self, node: Node, period: float = 1.0) -> None:
        super().__init__()
        self.node = node
        self.publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 1)
        self.clock = node.get_clock()
        self.hwid = ""
        self.verbose = False
        self.use_fqn = bool(
            self._declare_once("diagnostic_updater.use_fqn", False, "Report under the name with namespace.")
        )
        self.__period = self._checked(
            float(self._declare_once("diagnostic_updater.period", period, "Seconds between two reports."))
        )
        self.timer = node.create_timer(self.__period, self.update)

    def _declare_once(self, name: str, value: Any, description: str) -> Any:
        if not self.node.has_parameter(name):  # else: a second updater of the node
            self.node.declare_parameter(name, value, ParameterDescriptor(description=description))
        return self.node.get_parameter(name).value

    @staticmethod
    def _checked(period: float) -> float:
        if not period > 0:
            raise ValueError(f"diagnostic_updater.period is {period}; allowed: above 0 (seconds)")
        return period

    @property
    def period(self) -> float:
        """Seconds between two reports; setting it takes effect at once."""
        return self.__period

    @period.setter
    def period(self, period: float) -> None:
        self.__period = self._checked(float(period))
        self.node.destroy_timer(self.timer)
        self.timer = self.node.create_timer(self.__period, self.update)

    def update(self) -> None:
        """Run all tasks and report; the timer calls it once per period."""
        with self.lock:
            statuses = [self._run(task) for task in self.tasks]
        self.publish(statuses)

    def force_update(self) -> None:
        """Report now, whatever the period."""
        self.update()

    def _run(self, task: DiagnosticTask) -> DiagnosticStatusWrapper:
        status = DiagnosticStatusWrapper(name=task.name, hardware_id=self.hwid)
        status.summary(DiagnosticStatus.ERROR, "No message was set")
        try:
            status = task.run(status)
        except Exception as error:  # a broken task must not silence the others
            status.summary(DiagnosticStatus.ERROR, f"Uncaught exception: {error}")
        if self.verbose and status.level != DiagnosticStatus.OK:
            self.node.get_logger().warning(
                f"Non-zero diagnostic status. Name: '{status.name}', "
                f"status {ord(status.level)}: '{status.message}'"
            )
        return status

    def broadcast(self, lvl: bytes, msg: str) -> None:
        """Report one level and message for all tasks, without running them."""
        with self.lock:
            statuses = [DiagnosticStatusWrapper(name=task.name, hardware_id=self.hwid) for task in self.tasks]
        for status in statuses:
            status.summary(lvl, msg)
        self.publish(statuses)

    def setHardwareID(self, hwid: str) -> None:  # noqa: N802 (upstream's name)
        """Name the hardware that the reports are about."""
        self.hwid = hwid

    def publish(self, msg: DiagnosticStatus | list[Any]) -> None:
        """Publish one status or several, the node's name in front of theirs."""
        name = self.node.get_fully_qualified_name() if self.use_fqn else self.node.get_name()
        array = DiagnosticArray()
        array.header.stamp = self.clock.now().to_msg()
        for status in msg if isinstance(msg, list) else [msg]:
            array.status.append(
                DiagnosticStatus(
                    level=status.level,
                    name=f"{name}: {status.name}",
                    message=status.message,
                    hardware_id=status.hardware_id,
                    values=status.values,
                )
            )
        self.publisher.publish(array)

    def addedTaskCallback(self, task: DiagnosticTask) -> None:  # noqa: N802 (upstream's name)
        """Announce a new task before its first report."""
        status = DiagnosticStatusWrapper(name=task.name, hardware_id=self.hwid)
        status.summary(DiagnosticStatus.OK, "Node starting up")
        self.publish(status)
