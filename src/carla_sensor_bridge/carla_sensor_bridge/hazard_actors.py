"""Scripted hazards as actors of a CARLA server: spawned with their episode, moved in batches, removed with its end."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import hazard_kernel as kernel
from carla_sensor_bridge.client_session import ClientSession
from carla_sensor_bridge.conversion import pose_to_carla
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.fleet_world import OTHER_ROLES
from carla_sensor_bridge.hazards import Hazards, Size
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.stop_lines import StopLines
from carla_sensor_bridge.trigger_config import Jaywalker, RedLight

Array = npt.NDArray[np.float64]

_ROLE: Final = OTHER_ROLES[2]
_SPAWN_HEIGHT_M: Final = 0.3
_MEASURE_HEIGHT_M: Final = 200.0
_MEASURE_APART_M: Final = 20.0


class HazardActors:
    """The actors of all hazards, and the traffic lights that they switch.

    Vehicles and props are moved without physics, so that they are exactly where their script says.

    Attributes:
        hazards: what they do.
    """

    def __init__(
        self,
        session: ClientSession,
        scenario: Scenario,
        area: DrivableArea,
        stop_lines: StopLines,
        num_agents: int,
        seed: int,
        log: logging.Logger,
    ) -> None:
        """Measure the blueprints; advances the world by two ticks.

        Raises:
            ConfigurationError: when the simulator lacks a blueprint.
        """
        self._session = session
        self._client = session.client
        self._world = session.world
        self._log = log
        self._blueprints = self._find_blueprints(scenario)
        sizes = self._measure()
        self.hazards = Hazards(scenario.triggers, sizes, area, stop_lines, num_agents, seed, scenario.step_s)
        # An actor's origin is the middle of a walker, and the ground below a vehicle or prop.
        self._above = [
            0.5 * sizes[trigger.blueprint].height if isinstance(trigger, Jaywalker) else 0.0
            for trigger in scenario.triggers
        ]
        self._actors = [0] * len(self.hazards)
        self._switched: set[int] = set()
        lights = {
            light.get_opendrive_id(): light
            for light in self._world.get_actors().filter("traffic.traffic_light*")
        }
        self._lights = [lights.get(light) for light in stop_lines.light_ids]
        log.info("%d hazards may meet each of %d egos", len(scenario.triggers), num_agents)

    def _find_blueprints(self, scenario: Scenario) -> dict[str, Any]:
        library = self._world.get_blueprint_library()
        found = {}
        for number, trigger in enumerate(scenario.triggers):
            if isinstance(trigger, RedLight):
                continue
            matches = library.filter(trigger.blueprint)
            if len(matches) != 1:
                raise ConfigurationError(
                    f"scenario field triggers.{number}.blueprint is '{trigger.blueprint}'; allowed: a blueprint of "
                    "this simulator"
                )
            blueprint = matches[0]
            if blueprint.has_attribute("is_invincible"):
                blueprint.set_attribute("is_invincible", "false")
            found[trigger.blueprint] = blueprint
        return found

    def _measure(self) -> dict[str, Size]:
        """Return the size of every blueprint, from an actor high above the town that is there for a tick."""
        names = list(self._blueprints)
        batch = []
        for number, name in enumerate(names):
            place = carla.Transform(carla.Location(0.0, number * _MEASURE_APART_M, _MEASURE_HEIGHT_M))
            batch.append(carla.command.SpawnActor(self._blueprints[name], place))
        ids = []
        for name, response in zip(names, self._client.apply_batch_sync(batch, False), strict=True):
            if response.error:
                raise ConfigurationError(
                    f"the simulator cannot spawn {name} of the triggers: {response.error}"
                )
            ids.append(response.actor_id)
        self._session.tick()
        boxes = {actor.id: actor.bounding_box.extent for actor in self._world.get_actors(ids)}
        self._client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], False)
        self._session.tick()
        return {
            name: Size(2.0 * boxes[i].x, 2.0 * boxes[i].y, 2.0 * boxes[i].z)
            for name, i in zip(names, ids, strict=True)
        }

    def start(self, placed: Sequence[tuple[int, Route]]) -> None:
        """Remove the hazards of episodes that ended and spawn those of the ones that begin."""
        if not placed:
            return
        hazards = self.hazards
        for agent, route in placed:
            self._remove(hazards.of(agent))
            hazards.start_episode(agent, route)
        rows = [h for agent, _ in placed for h in hazards.of(agent) if hazards.there[h]]
        if not rows:
            return
        responses = self._client.apply_batch_sync([self._spawning(h) for h in rows], False)
        for h, response in zip(rows, responses, strict=True):
            if response.error:
                self._log.debug("a hazard finds no place: %s", response.error)
                hazards.refuse(h)
            else:
                self._actors[h] = response.actor_id
        # From the height that spawning needs down onto the road.
        self._move([h for h in rows if self._actors[h]])

    def _spawning(self, h: int) -> Any:
        trigger = self.hazards.triggers[h % len(self.hazards.triggers)]
        blueprint = self._blueprints[trigger.blueprint]  # type: ignore[union-attr]
        if blueprint.has_attribute("role_name"):
            blueprint.set_attribute("role_name", f"{_ROLE}{h}")
        command = carla.command.SpawnActor(blueprint, self._transform(h, _SPAWN_HEIGHT_M))
        if trigger.blueprint.startswith("vehicle."):  # type: ignore[union-attr]
            command = command.then(carla.command.SetSimulatePhysics(carla.command.FutureActor, False))
        return command

    def _transform(self, h: int, above: float = 0.0) -> Any:
        x, y, z, yaw = self.hazards.pose[h, :4].tolist()
        place = pose_to_carla(x, y, z + self._above[h % len(self._above)] + above, yaw, 0.0)
        return carla.Transform(carla.Location(*place[:3]), carla.Rotation(*place[3:]))

    def step(self, places: Array, ego: Array) -> None:
        """Move everything on by a frame: before the tick, with what the egos did in the frame before.

        Args:
            places: [N] where each ego is along its route, m.
            ego: [N, NUM_EGO] of that frame.
        """
        hazards = self.hazards
        speed = np.hypot(ego[:, col.EGO_VX], ego[:, col.EGO_VY])
        hazards.step(places, np.where(places > 0.0, speed, 0.0), ego[:, col.EGO_LENGTH])
        gone = np.flatnonzero(hazards.phase == kernel.GONE).tolist()
        if gone:
            self._remove(gone)
        self._switch_lights()
        self._move(np.flatnonzero(hazards.moved & hazards.there).tolist())

    def _move(self, rows: Sequence[int]) -> None:
        if rows:
            batch = [carla.command.ApplyTransform(self._actors[h], self._transform(h)) for h in rows]
            self._client.apply_batch(batch)

    def _switch_lights(self) -> None:
        hazards = self.hazards
        wanted = set(hazards.light[(hazards.phase == kernel.ACTING) & (hazards.light >= 0)].tolist())
        for index in wanted - self._switched:
            light = self._lights[index]
            if light is not None:
                light.set_state(carla.TrafficLightState.Red)
                light.freeze(True)
        self._thaw(self._switched - wanted)
        self._switched = wanted

    def _thaw(self, lights: Iterable[int]) -> None:
        for index in lights:
            light = self._lights[index]
            if light is not None:
                light.freeze(False)

    def _remove(self, rows: Iterable[int]) -> None:
        there = [h for h in rows if self._actors[h]]
        if there:
            self._client.apply_batch([carla.command.DestroyActor(self._actors[h]) for h in there])
        for h in there:
            self._actors[h] = 0
            self.hazards.refuse(h)

    def destroy(self) -> None:
        """Remove all hazards and let the traffic lights go on."""
        self._thaw(self._switched)
        self._switched = set()
        left = [actor for actor in self._actors if actor]
        self._actors = [0] * len(self._actors)
        if left:
            self._client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in left], False)
