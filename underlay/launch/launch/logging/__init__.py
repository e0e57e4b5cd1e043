"""Logging of a launch: a screen handler, a log folder per run, and handlers per process.

Environment: ROS_LOG_DIR, ROS_HOME (where log folders are made), OVERRIDE_LAUNCH_SCREEN_FORMAT,
OVERRIDE_LAUNCH_LOG_FORMAT and OVERRIDE_LAUNCH_PROCESS_OUTPUT.
"""

from __future__ import annotations

import datetime
import logging
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from typing import Any

CRITICAL, DEBUG, ERROR = logging.CRITICAL, logging.DEBUG, logging.ERROR
FATAL, INFO, NOTSET = logging.FATAL, logging.INFO, logging.NOTSET
WARN, WARNING = logging.WARNING, logging.WARNING

_SCREEN_FORMATS = {
    "default": "[{levelname}] [{name}]: {message}",
    "default_with_timestamp": "{created:.7f} [{levelname}] [{name}]: {message}",
}
OutputSetting = str | Mapping[str, Any]


def _default_log_root() -> str:
    if os.environ.get("ROS_LOG_DIR"):
        return os.path.expanduser(os.environ["ROS_LOG_DIR"])
    home = os.environ.get("ROS_HOME") or os.path.join("~", ".ros")
    return os.path.join(os.path.expanduser(home), "log")


class _ScreenHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to whatever `sys.stdout` is now, so that redirection while running works."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        error = sys.exc_info()[1]
        if isinstance(error, BrokenPipeError):  # the reader of a pipe went away: nobody to tell
            return
        super().handleError(record)


class LaunchConfig:
    """Where and how a launch logs."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Go back to the defaults and close log files."""
        for handler in getattr(self, "_file_handlers", {}).values():
            handler.close()
        self._log_dir: str | None = None
        self._level = logging.INFO
        self._screen: logging.Handler | None = None
        self._file_handlers: dict[str, logging.Handler] = {}
        self._announced = False
        self.set_screen_format("default")
        self.set_log_format("default_with_timestamp")

    @property
    def level(self) -> int:
        """Least level that is logged."""
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        self._level = value
        logging.getLogger("launch").setLevel(value)

    @property
    def log_dir(self) -> str:
        """Folder of this run's log files; made on first use."""
        if self._log_dir is None:
            now = datetime.datetime.now().strftime("%Y-%m-%d-%H-%M-%S-%f")
            name = f"{now}-{socket.gethostname()}-{os.getpid()}"
            self._log_dir = os.path.join(_default_log_root(), name)
        os.makedirs(self._log_dir, exist_ok=True)
        return self._log_dir

    @log_dir.setter
    def log_dir(self, value: str) -> None:
        self._log_dir = os.path.expanduser(value)

    def set_screen_format(
        self, screen_format: str, *, screen_style: str | None = None, date_format: str | None = None
    ) -> None:
        """Set the format of lines on the screen: a name or a format string."""
        text = os.environ.get("OVERRIDE_LAUNCH_SCREEN_FORMAT", "") or screen_format
        self.screen_formatter = self._formatter(text, screen_style or "{", date_format)
        if self._screen is not None:
            self._screen.setFormatter(self.screen_formatter)

    def set_log_format(
        self, log_format: str, *, log_style: str | None = None, date_format: str | None = None
    ) -> None:
        """Set the format of lines in log files: a name or a format string."""
        text = os.environ.get("OVERRIDE_LAUNCH_LOG_FORMAT", "") or log_format
        self.file_formatter = self._formatter(text, log_style or "{", date_format)
        for handler in self._file_handlers.values():
            handler.setFormatter(self.file_formatter)

    @staticmethod
    def _formatter(text: str, style: Any, date_format: str | None) -> logging.Formatter:
        text = _SCREEN_FORMATS.get(text, text).replace("{msg}", "{message}")
        return logging.Formatter(text, date_format, style=style)

    def get_screen_handler(self) -> logging.Handler:
        """Return the handler that writes to the standard output."""
        if self._screen is None:
            self._screen = _ScreenHandler()
            self._screen.setFormatter(self.screen_formatter)
        return self._screen

    def get_log_file_path(self, file_name: str = "launch.log") -> str:
        """Return the path of a file in the log folder."""
        return os.path.join(self.log_dir, file_name)

    def get_log_file_handler(self, file_name: str = "launch.log") -> logging.Handler:
        """Return the handler that writes to a file in the log folder."""
        if file_name not in self._file_handlers:
            path = self.get_log_file_path(file_name)
            handler = logging.FileHandler(path, encoding="utf-8", delay=True)
            handler.setFormatter(self.file_formatter)
            self._file_handlers[file_name] = handler
        return self._file_handlers[file_name]

    def announce(self) -> None:
        """Say once per run where the log files are."""
        if self._announced:
            return
        self._announced = True
        logger = get_logger("launch")
        logger.info(f"All log files can be found below {self.log_dir}")
        logger.info(f"Default logging verbosity is set to {logging.getLevelName(self.level)}")


launch_config = LaunchConfig()


def reset() -> None:
    """Forget all settings and handlers."""
    manager = logging.Logger.manager.loggerDict
    for name, logger in list(manager.items()):
        if isinstance(logger, logging.Logger) and (
            name == "launch" or getattr(logger, "_launch_process", False)
        ):
            logger.handlers.clear()
            logger.propagate = True
    launch_config.reset()


def get_logger(name: str | None = None) -> logging.Logger:
    """Return a logger that writes to the screen and to the run's `launch.log`.

    `launch` (also for None) is the parent; any other name is shown as it is.
    """
    parent = logging.getLogger("launch")
    if launch_config.get_screen_handler() not in parent.handlers:
        parent.propagate = False
        parent.setLevel(launch_config.level)
        parent.addHandler(launch_config.get_screen_handler())
        try:
            parent.addHandler(launch_config.get_log_file_handler())
        except OSError as error:
            parent.warning(f"no log file: {error}")
    if name is None or name == "launch" or name.startswith("launch."):
        return logging.getLogger(name or "launch")
    logger = logging.getLogger(name)
    logger.parent = parent
    return logger


_OUTPUT_PRESETS: dict[str, dict[str, set[str]]] = {
    "screen": {"both": {"screen"}},
    "log": {"both": {"log"}, "stderr": {"screen"}},
    "both": {"both": {"screen", "log"}},
    "own_log": {"both": {"own_log"}},
    "full": {"both": {"screen", "log", "own_log"}},
}
_SINKS = ("screen", "log", "own_log")


def _as_sinks(value: Any, source: str) -> set[str]:
    sinks = {value} if isinstance(value, str) else set(value)
    if "both" in sinks:
        sinks = (sinks - {"both"}) | {"screen", "log"}
    unknown = sorted(sinks - set(_SINKS))
    if unknown:
        raise ValueError(f"output of '{source}' goes to {unknown}; allowed: {', '.join(_SINKS)}")
    return sinks


def normalize_output_configuration(config: OutputSetting) -> dict[str, set[str]]:
    """Return for `stdout` and `stderr` the sinks (`screen`, `log`, `own_log`).

    Raises ValueError for unknown presets, sources and sinks.
    """
    if isinstance(config, str):
        if config not in _OUTPUT_PRESETS:
            allowed = ", ".join(sorted(_OUTPUT_PRESETS))
            raise ValueError(f"parameter 'output' is '{config}'; allowed: {allowed}, or a dictionary")
        config = _OUTPUT_PRESETS[config]
    sinks: dict[str, set[str]] = {"stdout": set(), "stderr": set()}
    for source, value in config.items():
        if source not in ("stdout", "stderr", "both"):
            raise ValueError(f"parameter 'output' has the key '{source}'; allowed: stdout, stderr, both")
        for stream in ("stdout", "stderr") if source == "both" else (source,):
            sinks[stream] |= _as_sinks(value, source)
    return sinks


def get_output_loggers(
    process_name: str, output_config: OutputSetting, main_log_file_name: str = "launch.log"
) -> tuple[logging.Logger, logging.Logger]:
    """Return the loggers of a process's stdout and stderr, which write bare lines to their sinks."""
    override = os.environ.get("OVERRIDE_LAUNCH_PROCESS_OUTPUT")
    sinks = normalize_output_configuration(override or output_config)
    loggers = []
    for stream in ("stdout", "stderr"):
        logger = logging.getLogger(f"{process_name}-{stream}")
        logger.__dict__["_launch_process"] = True
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.handlers.clear()
        for handler in _stream_handlers(process_name, stream, sinks[stream], main_log_file_name):
            logger.addHandler(handler)
        loggers.append(logger)
    return loggers[0], loggers[1]


class _BareHandler(logging.Handler):
    """Passes records on to another handler's stream without the screen or file format."""

    def __init__(self, target: logging.Handler, formatter: logging.Formatter) -> None:
        super().__init__()
        self._target = target
        self._line_formatter = formatter

    def emit(self, record: logging.LogRecord) -> None:
        target = self._target
        with target.lock or _NoLock():
            previous = target.formatter
            target.setFormatter(self._line_formatter)
            try:
                target.emit(record)
            finally:
                target.setFormatter(previous)


class _NoLock:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *details: object) -> None:
        return None


_BARE = logging.Formatter("{message}", style="{")
_STAMPED = logging.Formatter("{created:.7f} {message}", style="{")


def _stream_handlers(
    process_name: str, stream: str, sinks: Iterable[str], main_log_file_name: str
) -> list[logging.Handler]:
    handlers: list[logging.Handler] = []
    if "screen" in sinks:
        handlers.append(_BareHandler(launch_config.get_screen_handler(), _BARE))
    if "log" in sinks:
        handlers.append(_BareHandler(launch_config.get_log_file_handler(main_log_file_name), _STAMPED))
    if "own_log" in sinks:
        for name in (f"{process_name}-{stream}.log", f"{process_name}.log"):
            handlers.append(_BareHandler(launch_config.get_log_file_handler(name), _BARE))
    return handlers
