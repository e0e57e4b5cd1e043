"""Worlds to evaluate in: in this process where that can be, else the processes of the loop."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from gymnasium.vector import VectorEnv

from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.env.observations import IMAGES, RASTER, STATE, parse_observed
from drl_agent_node.errors import ConfigurationError, FleetError
from drl_agent_node.evaluation.suite import Case

Env = VectorEnv[Any, Any, Any]

SIMULATOR_START_S: Final = 300.0
WORLD_START_S: Final = 120.0
STOP_S: Final = 5.0
_PORT: Final = re.compile(r"RPC port (\d+)")


class Worlds(Protocol):
    """Makes the world of a case."""

    def open(self, case: Case, num_agents: int) -> AbstractContextManager[Env]:
        """Return the environment of a case, closed at the end of the `with` block.

        Raises:
            ConfigurationError: when the case cannot be driven here.
            FleetError: when the world does not come up.
        """

    def close(self) -> None:
        """Release what the worlds share."""


class InProcessWorlds:
    """Worlds of the embedded simulator in this process: no traffic, no walkers, quickest."""

    def __init__(
        self, options: Mapping[str, Any] | None = None, gateway: GatewaySettings | None = None
    ) -> None:
        """`options` are keyword arguments of the environment: reward and safety layer; see `GatewaySettings`."""
        self._options = options or {}
        self._gateway = gateway

    @contextmanager
    def open(self, case: Case, num_agents: int) -> Iterator[Env]:
        """Return the environment of a case."""
        assert case.scenario is not None
        env = InProcessVectorEnv(
            case.scenario, num_agents, seed=case.seed, gateway=self._gateway, **self._options
        )
        try:
            yield env
        finally:
            env.close()

    def close(self) -> None:
        """Do nothing: every world is closed with its environment."""


class LoopWorlds:
    """A gateway and a bridge per case, as child processes, on a CARLA server or one embedded simulator for all.

    Children die with this process, by `setpriv --pdeathsig` where there is that command.
    """

    def __init__(
        self,
        make_node: Callable[[], Any],
        *,
        server: str = "",
        options: Mapping[str, Any] | None = None,
        gateway: GatewaySettings | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        on_waiting: Callable[[str], None] = lambda _message: None,
        folder: Path | None = None,
    ) -> None:
        """Set up; nothing is started yet.

        Args:
            make_node: makes a ROS node that nothing spins; it is destroyed after its case.
            server: `host:port` of a CARLA server; empty: an embedded simulator is started.
            options: keyword arguments of the environments: reward, safety layer, observation.
            gateway: parameters of the gateway that are not at their defaults.
            should_stop, on_waiting: as of `FleetVectorEnv`.
            folder: where the processes' logs and scenarios are kept; None: in a temporary one until `close`.
        """
        self._make_node = make_node
        self._server = server
        self._options = options or {}
        given = asdict(gateway or GatewaySettings())
        self._gateway = {name: value for name, value in given.items() if value is not None}
        self._should_stop = should_stop
        self._on_waiting = on_waiting
        self._keeps_logs = folder is not None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="carla_drl_evaluation_"))
        self._folder.mkdir(parents=True, exist_ok=True)
        self._simulator: subprocess.Popen[bytes] | None = None
        self._opened = 0

    @contextmanager
    def open(self, case: Case, num_agents: int) -> Iterator[Env]:
        """Return the environment of a case."""
        assert case.scenario is not None
        host, port = self._address()
        self._opened += 1
        group = f"eval{os.getpid()}_{self._opened}"
        scenario = self._folder / f"{group}.yaml"
        scenario.write_text(yaml.safe_dump(case.scenario.model_dump(mode="json")), encoding="utf-8")
        observed = parse_observed(self._options.get("observation", STATE))
        images = {name: name in observed for name in IMAGES}
        gateway = self._start(
            group, "carla_gateway", "gateway_node", {"simulator": group, **images, **self._gateway}
        )
        bridge = self._start(
            group,
            "carla_sensor_bridge",
            "bridge_node",
            {
                "simulator": group,
                "host": host,
                "port": port,
                "scenario": scenario,
                "num_agents": num_agents,
                "seed": case.seed,
                RASTER: images[RASTER],
            },
        )
        node = self._make_node()
        env = FleetVectorEnv(
            FleetLink(node, [group], expected_agents=num_agents),
            observation_timeout_s=WORLD_START_S,
            should_stop=lambda: self._should_stop() or self._check(group, gateway, bridge),
            on_waiting=self._on_waiting,
            **self._options,
        )
        try:
            yield env
        finally:
            env.close()
            node.destroy_node()
            # The bridge first: it tidies up the simulator.
            _stop(bridge)
            _stop(gateway)

    def close(self) -> None:
        """End the simulator and remove temporary files."""
        if self._simulator is not None:
            _stop(self._simulator)
            self._simulator = None
        if not self._keeps_logs:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self) -> tuple[str, int]:
        if self._server:
            host, _, port = self._server.rpartition(":")
            if not host or not port.isdecimal():
                raise ConfigurationError(f"simulator '{self._server}' cannot be used; allowed: <host>:<port>")
            return host, int(port)
        log = self._folder / f"simulator{os.getpid()}.log"
        if self._simulator is None:
            self._simulator = self._spawn(log, "carla_drl_sim", "server", ["--port", "0", "--synchronous"])
        end = time.monotonic() + SIMULATOR_START_S
        while not (found := _PORT.search(log.read_text(errors="replace"))):
            if self._simulator.poll() is not None or time.monotonic() > end:
                raise FleetError(f"the embedded simulator did not start: {_tail(log)}")
            time.sleep(0.05)
        return "127.0.0.1", int(found[1])

    def _start(
        self, group: str, package: str, executable: str, parameters: dict[str, object]
    ) -> subprocess.Popen[bytes]:
        settings = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
        return self._spawn(self._log(group), package, executable, ["--ros-args", *settings])

    def _log(self, group: str) -> Path:
        return self._folder / f"{group}.log"

    def _spawn(
        self, log: Path, package: str, executable: str, arguments: list[str]
    ) -> subprocess.Popen[bytes]:
        try:
            path = Path(get_package_prefix(package)) / "lib" / package / executable
        except PackageNotFoundError:
            raise ConfigurationError(f"package {package} is not built") from None
        guard = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with log.open("ab") as file:
            return subprocess.Popen([*guard, str(path), *arguments], stdout=file, stderr=subprocess.STDOUT)

    def _check(self, group: str, *processes: subprocess.Popen[bytes]) -> bool:
        if any(process.poll() is not None for process in processes):
            raise FleetError(f"a process of the world has ended: {_tail(self._log(group))}")
        return False


class AnyWorlds:
    """In this process where the case allows it, else as processes."""

    def __init__(self, in_process: InProcessWorlds, loop: LoopWorlds) -> None:
        self._in_process = in_process
        self._loop = loop

    @contextmanager
    def open(self, case: Case, num_agents: int) -> Iterator[Env]:
        """Return the environment of a case."""
        with contextlib.ExitStack() as stack:
            try:
                env = stack.enter_context(self._in_process.open(case, num_agents))
            except ConfigurationError:
                # What this process has no world for, such as traffic; the bridge says so where it has none, either.
                env = stack.enter_context(self._loop.open(case, num_agents))
            yield env

    def close(self) -> None:
        """End the processes."""
        self._loop.close()


class GivenWorld:
    """One environment that is there already; it stays its owner's to close."""

    def __init__(self, env: Env) -> None:
        self._env = env

    @contextmanager
    def open(self, case: Case, num_agents: int) -> Iterator[Env]:
        """Return the environment."""
        yield self._env

    def close(self) -> None:
        """Do nothing."""


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
    if process.poll() is None:
        process.kill()
    process.wait()


def _tail(log: Path, characters: int = 1500) -> str:
    return log.read_text(errors="replace")[-characters:].strip() or "it printed nothing"
