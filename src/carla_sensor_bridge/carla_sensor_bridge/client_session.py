"""Connecting to a CARLA server and setting its world up for lock-step, and giving it back."""

from __future__ import annotations

import logging
import math
import re
import socket
import time
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import carla

from carla_sensor_bridge.errors import ConfigurationError, NoSimulatorError
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.tick_watch import TickWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

# One attempt may last this long, s: short enough that stopping is noticed while connecting.
_ATTEMPT_S: Final = 1.0
_RETRY_S: Final = 0.1
# Loading a town takes a CARLA server much longer than any other call, s.
_LOAD_TIMEOUT_S: Final = 60.0
# Restoring on exit must fit into the time that a clean end may take, s.
_RESTORE_TIMEOUT_S: Final = 0.5
# PhysX wants substeps of at most about 10 ms; CARLA allows up to 16 of them.
_SUBSTEP_S: Final = 0.01
_MAX_SUBSTEPS: Final = 16
_SUPPORTED_VERSION: Final = re.compile(r"0\.9\.\d+")
_OTHER_VERSION: Final = re.compile(r"\d+\.\d+|$")


@dataclass(frozen=True)
class Endpoint:
    """Where the CARLA server is, and how long to wait for it, s."""

    host: str
    port: int
    connect_timeout_s: float
    client_timeout_s: float


class StoppedError(Exception):
    """Stopping was asked for while connecting."""


def map_basename(name: str) -> str:
    """Return a map's name without its folder: Town01 of Carla/Maps/Town01."""
    return name.rpartition("/")[2]


def check_version(client_version: str, server_version: str, log: logging.Logger) -> None:
    """Compare the versions of client library and server.

    Versions of the 0.9 series mostly understand each other; others do not at all. A server that was built from source
    may name a commit, which tells nothing.

    Raises:
        ConfigurationError: when the server's is of another series.
    """
    if server_version == client_version:
        return
    if _SUPPORTED_VERSION.match(server_version) or not _OTHER_VERSION.match(server_version):
        log.warning(
            "the CARLA server is version %s, the client library %s: mostly compatible, but use the same for training",
            server_version,
            client_version,
        )
        return
    raise ConfigurationError(
        f"the CARLA server is version {server_version}; allowed: 0.9.x, best {client_version} as the client library"
    )


def substeps(step_s: float) -> tuple[int, float]:
    """Return number and length, s, of the physics substeps that cover a step."""
    count = min(max(math.ceil(step_s / _SUBSTEP_S - 1e-9), 1), _MAX_SUBSTEPS)
    return count, step_s / count


class ClientSession:
    """A connected client and its world in synchronous mode.

    Attributes:
        client: the client.
        world: its world, with the scenario's town.
        liveness: an idle TCP connection to the server: end of file tells at once that the server died, while a
            call of the client would wait for its whole time-out.
    """

    def __init__(self, endpoint: Endpoint, stopping: Event, log: logging.Logger) -> None:
        """Connect, trying again until `connect_timeout_s`.

        Raises:
            NoSimulatorError: when no server answers in time.
            ConfigurationError: when its version cannot work.
            StoppedError: when `stopping` was set meanwhile.
        """
        self._endpoint = endpoint
        self._stopping = stopping
        self._log = log
        self.liveness, self.client = self._connect()
        check_version(self.client.get_client_version(), self._server_version, log)
        self.client.set_timeout(endpoint.client_timeout_s)
        self.world: Any = None
        self._watch: TickWatch | None = None
        self._missed = 0

    def _attempts(self) -> Iterator[float]:
        deadline = time.monotonic() + self._endpoint.connect_timeout_s
        while (left := deadline - time.monotonic()) > 0.0:
            if self._stopping.is_set():
                raise StoppedError
            yield min(_ATTEMPT_S, left)
            self._stopping.wait(_RETRY_S)

    def _connect(self) -> tuple[socket.socket, carla.Client]:
        host, port = self._endpoint.host, self._endpoint.port
        reason = "no attempt was made"
        self._log.info("waiting for the CARLA server at %s:%d", host, port)
        for timeout in self._attempts():
            try:
                liveness = socket.create_connection((host, port), timeout)
            except OSError as error:
                reason = str(error.strerror or error).lower()
                continue
            client = carla.Client(host, port, worker_threads=1)
            client.set_timeout(timeout)
            try:
                self._server_version = client.get_server_version()
            except RuntimeError:
                liveness.close()
                reason = "something listens there, but does not answer as a CARLA server"
                continue
            liveness.setblocking(False)
            liveness.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return liveness, client
        raise NoSimulatorError(
            f"no CARLA server answers at {host}:{port} after {self._endpoint.connect_timeout_s:g} s: {reason}"
        )

    def prepare_world(self, scenario: Scenario, headless: bool) -> None:
        """Load the town if another one is there and set synchronous mode.

        Raises:
            ConfigurationError: when the server has no such town.
        """
        self.world = self.client.get_world()
        present = map_basename(self.world.get_map().name)
        if present != scenario.town:
            towns = sorted({map_basename(name) for name in self.client.get_available_maps()})
            if scenario.town not in towns:
                raise ConfigurationError(
                    f"scenario field town is '{scenario.town}'; allowed: {', '.join(towns)}"
                )
            self._log.info("loading %s in place of %s", scenario.town, present)
            self.client.set_timeout(max(self._endpoint.client_timeout_s, _LOAD_TIMEOUT_S))
            self.world = self.client.load_world(scenario.town)
            self.client.set_timeout(self._endpoint.client_timeout_s)
        settings = self.world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = scenario.step_s
        settings.no_rendering_mode = headless
        settings.substepping = True
        settings.max_substeps, settings.max_substep_delta_time = substeps(scenario.step_s)
        self.world.apply_settings(settings)

    def tick(self) -> None:
        """Simulate one step."""
        if self._watch is None:
            self.world.tick()
        else:
            self._watch.tick()

    def watch_traffic_manager(self, port: int | None) -> None:
        """Wake the Traffic Manager of this process when it misses a tick; None: there is none any more."""
        if self._watch is not None:
            self._watch.close()
            self._missed += self._watch.missed
        self._watch = None if port is None else TickWatch(self.world, port, self._log)

    @property
    def missed_traffic_ticks(self) -> int:
        """How often the Traffic Manager of this process had to be woken."""
        return self._missed + (0 if self._watch is None else self._watch.missed)

    def shorten_timeout(self) -> None:
        """From here on calls may take only as long as a clean end allows."""
        self.client.set_timeout(_RESTORE_TIMEOUT_S)

    def restore(self) -> None:
        """Give the world back: asynchronous, variable time step, rendering."""
        if self.world is None:
            return
        settings = self.world.get_settings()
        settings.synchronous_mode = False
        settings.fixed_delta_seconds = None
        settings.no_rendering_mode = False
        self.world.apply_settings(settings)
