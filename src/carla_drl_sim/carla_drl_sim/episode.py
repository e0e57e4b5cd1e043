"""The world between two map loads: town, actors, clock, and what happens in a step."""

from __future__ import annotations

import weakref

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.blueprints import BlueprintLibrary
from carla_drl_sim.crashes import CollisionEvent, Crashes
from carla_drl_sim.debug_shapes import DebugShapes
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.streams import MAP_CHANGE, PENDING_LIGHT_UPDATE
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.scenery_state import ALL_LAYERS, SceneryState
from carla_drl_sim.sensors import blueprints as sensor_blueprints
from carla_drl_sim.sensors.arm_probe import ArmProbe
from carla_drl_sim.sensors.imu import GRAVITY_MPS2
from carla_drl_sim.sensors.suite import SensorSuite
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.settings import EpisodeSettings
from carla_drl_sim.snapshot import Snapshot
from carla_drl_sim.spring_arm import Attachment, SpringArms
from carla_drl_sim.stream_hub import StreamHub
from carla_drl_sim.street_lights import StreetLights
from carla_drl_sim.traffic_actors import TrafficActors
from carla_drl_sim.walker_actors import WalkerActors
from carla_drl_sim.world.collision import vehicle_box
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.motion import Motion
from carla_drl_sim.world.props import PROPS
from carla_drl_sim.world.road_friction import road_friction
from carla_drl_sim.world.town import Town
from carla_drl_sim.world.walkers import Walkers

__all__ = ["CLEAR_NOON", "MAX_ACTORS", "CollisionEvent", "Episode"]

CLEAR_NOON = [5.0, 0.0, 0.0, 10.0, -1.0, 45.0, 2.0, 0.75, 0.1, 0.0, 1.0, 0.03, 0.0331, 0.0]
"""Weather at the start, in the order of ``carla.WeatherParameters``."""

_RAIN, _PUDDLES, _SUN_ALTITUDE, _WETNESS = 1, 2, 5, 9
_SPECTATOR_POSE = Pose(0.0, 0.0, 50.0, -30.0, 0.0, 0.0)
MAX_ACTORS = 4096


class Episode:
    """One episode. Actor ids and the frame number go on from the episode before it."""

    def __init__(
        self,
        episode_id: int,
        town: Town,
        blueprints: BlueprintLibrary,
        actors: ActorRegistry,
        streams: StreamHub,
        *,
        settings: EpisodeSettings,
        default_step_s: float,
        workers: Workers,
        frame: int = 0,
        map_name: str = "",
        layers: int = ALL_LAYERS,
    ) -> None:
        self.id = episode_id
        self.town = town
        self.map_name = map_name or f"Carla/Maps/{town.name}"
        self.scenery = SceneryState(lambda: town.scenery, layers)
        self.street_lights = StreetLights(self.scenery.street_lights)
        self.blueprints = blueprints
        self.actors = actors
        self.settings = settings
        self.gravity_mps2 = GRAVITY_MPS2
        """Gravity that inertial sensors feel."""
        self.debug_shapes = DebugShapes()
        self.frame = frame
        self.elapsed_s = 0.0
        self.dynamics = VehicleDynamics(heights=town.heights)
        self.simulation_state = MAP_CHANGE if episode_id > 1 else 0
        self.weather = list(CLEAR_NOON)
        self._streams = streams
        self._default_step_s = default_step_s
        self._momentary: list[int] = []
        self.spectator = Actor(actors.next_id(), Description(0, "spectator", []), _SPECTATOR_POSE)
        actors.add(self.spectator)
        self.traffic = TrafficActors(town.signals, actors, lambda: town.speed_limits)
        self.walkers = WalkerActors(Walkers(town.heights, self.scenery.parts), actors)
        self._motion = Motion(self.traffic.lights, self.dynamics, self.scenery.parts)
        self._crashes = Crashes(actors, self.dynamics, self.walkers, self._motion)
        # Weakly, so that an episode goes at once when the next one is there, and not when the collector comes.
        self.arms = SpringArms(ArmProbe(weakref.proxy(self)))
        self.snapshot = Snapshot(actors, self.dynamics, self.walkers, self.traffic, self.arms)
        self.sensors = SensorSuite(streams, workers)

    @property
    def weather(self) -> list[float]:
        """The weather, in the order of ``carla.WeatherParameters``; setting it changes the road's friction."""
        return self._weather

    @weather.setter
    def weather(self, weather: list[float]) -> None:
        self._weather = weather
        if self.street_lights.sun(weather[_SUN_ALTITUDE]):
            self.lights_changed()
        self.dynamics.road_friction = road_friction(weather[_WETNESS], weather[_RAIN], weather[_PUDDLES])

    def lights_changed(self) -> None:
        """Let clients ask for the street lights again after the next snapshot."""
        self.simulation_state |= PENDING_LIGHT_UPDATE

    @property
    def step_s(self) -> float:
        """Simulated time of a tick."""
        return self.settings.fixed_delta_seconds or self._default_step_s

    def step(self) -> list[CollisionEvent]:
        """Advance the world by one tick and return what the collision sensors saw."""
        step_s = self.step_s
        self.frame += 1
        self.elapsed_s += step_s
        between, solid = self._motion.step(step_s)
        events: list[CollisionEvent] = []
        walkers = self.walkers
        if walkers.walkers.count:
            walkers.walkers.step(step_s)
        if between or solid or walkers.walkers.count:
            events = self._crashes.step(between, solid, self.elapsed_s)
            for walker in walkers.expired(self.elapsed_s):
                self.destroy(walker)
        if len(self.arms):
            self.arms.step(step_s, self.actors, self.snapshot.world_pose)
        return events

    def snapshot_message(self) -> memoryview:
        """The world snapshot as last refreshed. Controls that do not stick end with it."""
        message = self.snapshot.stamp(self.id, self.frame, self.elapsed_s, self.step_s, self.simulation_state)
        self.simulation_state = 0
        for slot in self._momentary:
            self.dynamics.control[slot] = 0.0
        return message

    def spawn(
        self,
        description: Description,
        pose: Pose,
        parent_id: int = 0,
        attachment: Attachment = Attachment.RIGID,
    ) -> Actor:
        """Make an actor. Raises RpcError when the blueprint is unknown or there is no room."""
        actor = self._spawn(description, pose, parent_id, attachment)
        actor.first_frame = self.frame + 1
        return actor

    def _spawn(self, description: Description, pose: Pose, parent_id: int, attachment: Attachment) -> Actor:
        if len(self.actors) >= MAX_ACTORS:
            raise RpcError(f"there are {MAX_ACTORS} actors already, no more are possible")
        self.blueprints.check(description)
        if description.type_id.startswith("vehicle."):
            return self._spawn_vehicle(description, pose, parent_id)
        if description.type_id.startswith("walker."):
            if parent_id:
                raise RpcError(
                    "unable to attach actor: a walker cannot have a parent in carla_drl_sim, only sensors and props can"
                )
            return self.walkers.spawn(description, pose, self.dynamics)
        if description.type_id in PROPS:
            return self._spawn_prop(description, pose, parent_id, attachment)
        settings = sensor_blueprints.check(description.type_id, description.attributes)
        actor = self._attached(description, pose, parent_id, attachment)
        if sensor_blueprints.is_served(description.type_id):
            actor.stream_id = self._streams.open_stream()
            actor.token = self._streams.token(actor.stream_id)
            self.sensors.add(actor, settings, self)
        self._add_attached(actor)
        if actor.stream_id:
            self.sensors.prepare(actor, settings, self)
        return actor

    def _attached(
        self, description: Description, pose: Pose, parent_id: int, attachment: Attachment
    ) -> Actor:
        """An actor that hangs on a parent, or a free one where that is 0; raises RpcError when there is no such parent."""
        if parent_id and parent_id not in self.actors:
            raise RpcError(f"unable to attach actor: there is no parent actor with id {parent_id}")
        actor = Actor(self.actors.next_id(), description, pose, parent_id)
        if parent_id and attachment != Attachment.RIGID:
            actor.attachment = attachment
            self.arms.add(actor, self.snapshot.world_pose(self.actors.get(parent_id)).yaw)
        return actor

    def _add_attached(self, actor: Actor) -> None:
        self.actors.add(actor)
        if actor.attachment == Attachment.SPRING_ARM:
            self.arms.shorten(actor, self.actors, self.snapshot.world_pose)

    def _spawn_vehicle(self, description: Description, pose: Pose, parent_id: int) -> Actor:
        if parent_id:
            raise RpcError(
                "unable to attach actor: a vehicle cannot have a parent in carla_drl_sim, only sensors and props can"
            )
        model = self.blueprints.models[description.type_id]
        box = vehicle_box(model, pose.x, pose.y, pose.z, pose.yaw)
        if self._crashes.is_occupied(box):
            raise RpcError("Spawn failed because of collision at spawn position")
        actor = Actor(self.actors.next_id(), description, pose)
        actor.model = model
        actor.slot = self.dynamics.add(model, pose.x, pose.y, pose.z, pose.yaw)
        if not actor.sticky_control:
            self._momentary.append(actor.slot)
        self.actors.add(actor)
        return actor

    def _spawn_prop(
        self, description: Description, pose: Pose, parent_id: int, attachment: Attachment
    ) -> Actor:
        prop = PROPS[description.type_id]
        actor = self._attached(description, pose, parent_id, attachment)
        actor.bounds = (0.0, 0.0, prop.extent[2]), prop.extent
        actor.label = prop.label
        self._add_attached(actor)
        self._put(actor)
        return actor

    def _put(self, actor: Actor) -> None:
        """Let a prop that no parent carries stand in the town, or move it there."""
        if not actor.parent_id:
            self.scenery.put(actor.id, PROPS[actor.type_id], actor.pose, solid=actor.collisions)

    def destroy(self, actor: Actor) -> None:
        """Remove an actor. As in CARLA, what was attached to it stays where it is, without a parent."""
        if actor is self.spectator:
            raise RpcError("unable to destroy actor: the spectator cannot be destroyed")
        if actor.signal is not None:
            raise RpcError(f"unable to destroy actor: {actor.type_id} {actor.id} belongs to the town")
        for child in self.actors.children(actor.id):
            self.actors.detach(child, self.snapshot.world_pose(child))
            if child.type_id in PROPS:
                self._put(child)
        self.actors.remove(actor)
        if actor.is_vehicle:
            self.dynamics.remove(actor.slot)
            if not actor.sticky_control:
                self._momentary.remove(actor.slot)
        if actor.is_walker:
            self.walkers.remove(actor)
        if actor.type_id in PROPS:
            self.scenery.take(actor.id)
        if actor.stream_id:
            self.sensors.remove(actor)
            self._streams.close_stream(actor.stream_id)

    def close(self) -> None:
        """End the episode: stop all sensor streams and forget all actors."""
        for actor in self.actors:
            if actor.stream_id:
                self._streams.close_stream(actor.stream_id)
        self.sensors.clear()
        self.actors.clear()

    def set_pose(self, actor: Actor, pose: Pose) -> None:
        """Move an actor; for an attached one the pose is relative to its parent."""
        if actor.is_vehicle:
            self.dynamics.set_transform(actor.slot, *pose)
            return
        if actor.is_walker:
            self.walkers.walkers.set_transform(actor.walker_slot, *pose)
            return
        actor.pose = pose
        if actor.type_id in PROPS:
            self._put(actor)
        if actor.parent_id or self.actors.children(actor.id):
            self.actors.version += 1
        else:
            self.snapshot.place(actor)
