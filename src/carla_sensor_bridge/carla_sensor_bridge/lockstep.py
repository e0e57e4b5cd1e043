"""The lock-step loop: control in, one tick, frame out."""

from __future__ import annotations

import gc
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.client_session import ClientSession, Endpoint, StoppedError
from carla_sensor_bridge.client_world import ClientWorld
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.episodes import FleetEpisodes
from carla_sensor_bridge.errors import ConfigurationError, SimulatorLostError
from carla_sensor_bridge.fleet import Fleet
from carla_sensor_bridge.frame_ring import FrameRingWriter
from carla_sensor_bridge.gateway_link import GatewayLink, LinkCounters
from carla_sensor_bridge.gateway_packets import ResetRequest
from carla_sensor_bridge.hazard_actors import HazardActors
from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph
from carla_sensor_bridge.pace import Pace
from carla_sensor_bridge.process_guard import ProcessGuard
from carla_sensor_bridge.road_users import RoadUsers
from carla_sensor_bridge.route_suite import listed_routes
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.scenario_change import (
    TermsChange,
    check_agents,
    check_exchange,
    same_world,
    terms_of,
)
from carla_sensor_bridge.sensor_manager import SensorManager
from carla_sensor_bridge.sensor_table import CAMERA_KINDS, KINDS, world_record
from carla_sensor_bridge.stage_timer import StageTimer
from carla_sensor_bridge.stop_lines import build_stop_lines
from carla_sensor_bridge.town_raster import TownRaster, build_town_raster
from carla_sensor_bridge.weather import WeatherSchedule, weather_parameters


@dataclass(frozen=True)
class BridgeSettings:
    """What a bridge is to do."""

    endpoint: Endpoint
    scenario: Scenario
    num_agents: int
    seed: int
    headless: bool
    sensor_timeout_s: float
    max_real_time_factor: float
    simulator: str
    raster: bool
    socket_name: str


OnWorld = Callable[[ClientSession, SensorManager, str], Callable[[float], None]]
"""Called with every new world, its sensors and the prefix of the egos' roles; what it returns is called on the tick
thread after every frame was handed over, with the simulated time (s)."""


class LockStep:
    """Owns simulator session, fleet, episodes, ring and link of one run.

    Attributes:
        timer: time per stage.
        counters: of the link.
        frame: the current frame; the first one is 1, 0 before.
        session: identifies this world; random, since it must differ from that of any former bridge.
        sensors: of the egos; None before the world is set up.
    """

    def __init__(
        self, settings: BridgeSettings, log: logging.Logger, on_world: OnWorld | None = None
    ) -> None:
        self.timer = StageTimer()
        self.frame = 0
        self.session = secrets.randbelow(2**32 - 1) + 1
        self._settings = settings
        self._log = log
        self._on_world = on_world
        self._after_frame: Callable[[float], None] | None = None
        self._client: ClientSession | None = None
        self._link: GatewayLink | None = None
        self._episodes: FleetEpisodes | None = None
        # Kept until the process ends: the client library complains about sensors that go out of scope undestroyed.
        self._fleet: Fleet | None = None
        self._world: ClientWorld | None = None
        self._others: RoadUsers | None = None
        self._hazards: HazardActors | None = None
        self.sensors: SensorManager | None = None
        self._town: TownRaster | None = None
        self._weather = WeatherSchedule(settings.scenario.weather, settings.seed)
        self._graph: LaneGraph | None = None
        self._changes: deque[TermsChange] = deque()
        self._next: Scenario | None = None

    @property
    def counters(self) -> LinkCounters:
        """Counters of the link; all zero before there is one."""
        return LinkCounters() if self._link is None else self._link.counters

    @property
    def connected(self) -> bool:
        """Whether a gateway is connected."""
        return self._link is not None and self._link.connected

    @property
    def lost_rows(self) -> int:
        """How often the simulator gave values that are not finite."""
        return 0 if self._episodes is None else self._episodes.metrics.lost_rows

    @property
    def missed_traffic_ticks(self) -> int:
        """How often the Traffic Manager slept through a tick and was woken."""
        return 0 if self._client is None else self._client.missed_traffic_ticks

    def queues(self) -> dict[str, int]:
        """Return how much waits to be taken over by the tick thread."""
        return {"collisions": 0 if self._world is None else self._world.waiting_collisions}

    def drops(self) -> dict[str, int]:
        """Return how often something was lost, came late or came twice, since the start."""
        counters = self.counters
        return {
            "late_controls": counters.late,
            "duplicate_controls": counters.duplicate,
            "protocol_errors": counters.protocol_errors,
            "lost_rows": self.lost_rows,
            "late_measurements": 0 if self.sensors is None else self.sensors.counters.late,
            "duplicate_measurements": 0 if self.sensors is None else self.sensors.counters.duplicate,
            "missing_measurements": 0 if self.sensors is None else self.sensors.counters.missing,
        }

    def say_bye(self) -> None:
        """Tell the gateway that this is a clean end. Any thread may call it."""
        if self._link is not None:
            self._link.close()

    def load(self, scenario: Scenario, agents: Sequence[int]) -> bool:
        """Give agents another scenario, all where none is named; see `LoadScenario`. Any thread may call it.

        Returns:
            Whether the world is made anew for it; else each agent's next episode follows it.

        Raises:
            ConfigurationError: when it cannot be driven in this run.
        """
        settings, graph = self._settings, self._graph
        if graph is None or self._next is not None:
            raise ConfigurationError("the world is being set up; ask again")
        rows = check_agents(agents, settings.num_agents)
        check_exchange(settings.scenario, scenario)
        if not same_world(settings.scenario, scenario):
            self._next = scenario
            return True
        terms = terms_of(scenario, graph, settings.seed)
        self._changes.append(TermsChange(terms, rows, None if agents else scenario))
        return False

    def run(self, guard: ProcessGuard) -> None:
        """Connect, set up, and step until `guard.stopping`; then give the simulator back.

        Raises:
            ConfigurationError: when the configuration cannot work with this simulator.
            NoSimulatorError: when no simulator answers.
            SimulatorLostError: when it does no longer.
        """
        try:
            session = self._client = ClientSession(self._settings.endpoint, guard.stopping, self._log)
        except StoppedError:
            return
        guard.watch(session.liveness)
        fleet = None
        try:
            while True:
                scenario, num_agents = self._settings.scenario, self._settings.num_agents
                cameras = any(KINDS.get(sensor.type) in CAMERA_KINDS for sensor in scenario.sensors)
                session.prepare_world(scenario, self._settings.headless and not cameras)
                world = self._world = ClientWorld(session, scenario.fleet, num_agents, self._log)
                self.sensors = SensorManager(
                    session, world, scenario, num_agents, self._settings.sensor_timeout_s, self._log
                )
                fleet = self._fleet = Fleet(world, num_agents, self._log)
                others = self._others = RoadUsers(session, scenario, self._settings.seed, self._log)
                self._set_up(session, fleet, others)
                self._step_until(guard.stopping, session, fleet, others)
                if self._next is None or guard.stopping.is_set():
                    break
                self.say_bye()
                self._clear(fleet, others)
                self._begin_anew(self._next)
        except RuntimeError as error:  # the client library's only kind of exception, and SimulatorLostError
            guard.lost.set()
            if isinstance(error, SimulatorLostError):
                raise
            raise SimulatorLostError(f"the simulator is lost: {error}") from error
        finally:
            if guard.lost.is_set():
                if self._link is not None:
                    self._link.drop()
            else:
                self.say_bye()
                self._restore(session, fleet, self._others)
        if guard.lost.is_set():
            raise SimulatorLostError("the simulator is lost: it closed the connection")

    def _begin_anew(self, scenario: Scenario) -> None:
        self._log.info("going on with scenario %s", scenario.name)
        self._settings = replace(self._settings, scenario=scenario)
        self._weather = WeatherSchedule(scenario.weather, self._settings.seed)
        self._graph = None
        self._changes.clear()
        self._next = None
        self.frame = 0
        self.session = secrets.randbelow(2**32 - 1) + 1

    def _apply_changes(self, episodes: FleetEpisodes) -> None:
        while self._changes:
            change = self._changes.popleft()
            episodes.change_terms(change.terms, change.agents)
            if change.scenario is not None and change.scenario.weather != self._settings.scenario.weather:
                self._settings = replace(self._settings, scenario=change.scenario)
                self._weather = WeatherSchedule(change.scenario.weather, self._settings.seed)

    def _set_up(self, session: ClientSession, fleet: Fleet, others: RoadUsers) -> None:
        settings = self._settings
        scenario = settings.scenario
        started = time.monotonic()
        carla_map = session.world.get_map()
        graph = build_lane_graph(carla_map)
        area = DrivableArea(graph)
        stop_lines = build_stop_lines(carla_map, graph)
        self._episodes = FleetEpisodes(
            scenario,
            graph,
            area,
            stop_lines,
            settings.num_agents,
            settings.seed,
            listed_routes(scenario, carla_map, graph),
        )
        self._graph = graph
        fleet.watch_lights(stop_lines.light_ids)
        if settings.raster:
            self._town = build_town_raster(carla_map, graph, area, stop_lines, self._log)
        routes = self._episodes.first_routes()
        self._change_weather(session, 0.0)
        fleet.spawn(routes, self._episodes.redraw, scenario.step_s)
        others.spawn(fleet.ego[:, [col.EGO_X, col.EGO_Y]])
        if scenario.triggers:
            self._hazards = HazardActors(
                session, scenario, area, stop_lines, settings.num_agents, settings.seed, self._log
            )
            self._hazards.start(list(enumerate(routes)))
            fleet.advance()
        assert self.sensors is not None
        self.sensors.spawn()  # last: frame 1 has the data of its last tick
        if self._on_world is not None:
            self._after_frame = self._on_world(session, self.sensors, scenario.fleet.role_prefix)
        if len(others) or self._hazards is not None or len(self.sensors):
            fleet.read()
        self._log.info(
            "%s with %d egos is ready after %.1f s (%d lane segments)",
            scenario.town,
            settings.num_agents,
            time.monotonic() - started,
            graph.num_segments,
        )

    def _change_weather(self, session: ClientSession, elapsed_s: float) -> None:
        assert self._episodes is not None
        weather = self._weather.due(elapsed_s, self._episodes.route_weather())
        if weather is not None:
            session.world.set_weather(weather_parameters(weather))

    def _on_reset(self, request: ResetRequest) -> int:
        assert self._episodes is not None
        self._episodes.request_reset(request)
        if self._hazards is not None and request.seed is not None:
            for agent in request.agents or range(self._settings.num_agents):
                self._hazards.hazards.reseed(agent, request.seed)
        return self.frame + 1

    def _step_until(self, stopping: Event, session: ClientSession, fleet: Fleet, others: RoadUsers) -> None:
        settings, episodes, hazards = self._settings, self._episodes, self._hazards
        assert episodes is not None
        sensors = self.sensors
        assert sensors is not None
        num_objects = len(others) + (0 if hazards is None else len(hazards.hazards))
        ring = self._make_ring(session, sensors, num_objects)
        town, after_frame = self._town, self._after_frame
        link = self._link = GatewayLink(
            settings.socket_name,
            ring.fd,
            self.session,
            settings.num_agents,
            stopping,
            self._log,
            self._on_reset,
        )
        # What exists now lives as long as the process; the collector need not look at it again.
        gc.collect()
        gc.freeze()
        clock = time.monotonic_ns
        ticked = read = clock()
        tick_ns = read_ns = 0
        start_s = fleet.sim_time_s
        pace = Pace(settings.max_real_time_factor)
        while True:
            self.frame += 1
            slot = ring.begin(self.frame)
            others.read(slot.objects[: len(others)])
            if hazards is not None:
                hazards.hazards.read(slot.objects[len(others) :])
            episodes.observe(fleet.ego, fleet.collision, fleet.light_state, slot)
            if town is not None:
                fleet.read_lights(town.lights, slot.light_states)
            measured = clock()
            if len(sensors):
                sensors.collect(self.frame, fleet.sim_time_s, slot.sensors)
            collected = clock()
            link.publish(self.frame, ring.commit(self.frame, fleet.sim_time_s))
            published = clock()
            if after_frame is not None:
                after_frame(fleet.sim_time_s)
            controls = link.wait_control()
            if controls is None or self._next is not None:
                break
            if self._changes:
                self._apply_changes(episodes)
            answered = clock()
            self.timer.add(
                tick_ns,
                read_ns,
                measured - read,
                collected - measured,
                published - collected,
                answered - published,
            )
            pace.wait(fleet.sim_time_s, stopping)
            begun = clock()
            taken = others.xy if hazards is None else np.concatenate((others.xy, hazards.hazards.xy))
            placed = episodes.restart_ended(fleet.ego, taken)
            self._change_weather(session, fleet.sim_time_s - start_s)
            fleet.apply(controls, placed)
            if hazards is not None:
                hazards.start(placed)
                hazards.step(episodes.metrics.places(), fleet.ego)
            fleet.advance()
            ticked = clock()
            fleet.read(episodes.metrics.next_light)
            read = clock()
            tick_ns, read_ns = ticked - begun, read - ticked
        ring.close()

    def _make_ring(self, session: ClientSession, sensors: SensorManager, num_objects: int) -> FrameRingWriter:
        scenario = self._settings.scenario
        world_map = session.world.get_map()
        static = {
            "world": world_record(scenario.town, scenario.fleet.role_prefix),
            "opendrive": np.frombuffer(world_map.to_opendrive().encode(), np.uint8),
        }
        if len(sensors):
            static["sensor_table"] = sensors.table.records(scenario.step_s)
        town = self._town
        if town is not None:
            static |= town.static_arrays()
        return FrameRingWriter(
            self._settings.num_agents,
            len(scenario.routes.preview_m),
            self.session,
            scenario.step_s,
            num_objects,
            sensor_bytes=sensors.table.sensor_bytes,
            raster_lights=None if town is None else town.num_lights,
            static=static,
        )

    def _clear(self, fleet: Fleet | None, others: RoadUsers | None) -> None:
        if self.sensors is not None:
            self.sensors.destroy()
        if self._hazards is not None:
            self._hazards.destroy()
            self._hazards = None
        if others is not None:
            others.destroy()
        if fleet is not None:
            fleet.destroy()

    def _restore(self, session: ClientSession, fleet: Fleet | None, others: RoadUsers | None) -> None:
        session.shorten_timeout()
        try:
            self._clear(fleet, others)
            session.restore()
        except RuntimeError as error:
            self._log.warning("cannot restore the simulator: %s", error)
