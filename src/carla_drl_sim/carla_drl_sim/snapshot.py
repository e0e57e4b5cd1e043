"""The world snapshot of a tick, written from the dynamics' arrays without a loop over actors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.attachment import axes, compose
from carla_drl_sim.protocol.streams import SnapshotBuffer
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.snapshot_kernel import fill_records
from carla_drl_sim.spring_arm import Attachment
from carla_drl_sim.world.array_table import array_table
from carla_drl_sim.world.traffic_lights import NO_LIGHT

if TYPE_CHECKING:
    from carla_drl_sim.spring_arm import SpringArms
    from carla_drl_sim.traffic_actors import TrafficActors
    from carla_drl_sim.walker_actors import WalkerActors
    from carla_drl_sim.world.dynamics import VehicleDynamics
    from carla_drl_sim.world.walkers import Walkers

_SPEED_LIMIT_KMH = 50.0
"""Of a vehicle that has not been where a limit is known."""

Array = npt.NDArray[Any]
_Follower = tuple[Actor, int, Pose]
"""What is attached to a vehicle or a walker, the slot of that, and the pose relative to it."""


class Snapshot:
    """Keeps one record per actor: vehicles, walkers, followers of both, traffic lights, then all that stands still.

    The layout is made anew when the registry's version has changed, which spawning does whenever it replaces the
    bodies' arrays; a tick only refreshes the numbers.
    """

    def __init__(
        self,
        actors: ActorRegistry,
        dynamics: VehicleDynamics,
        walkers: WalkerActors,
        traffic: TrafficActors,
        arms: SpringArms,
    ) -> None:
        self._actors = actors
        self._dynamics = dynamics
        self._walkers = walkers
        self._traffic = traffic
        self._arms = arms
        self._fixed = (traffic.lights.table, traffic.zones.table)
        self._version = -1
        self._rows: dict[int, int] = {}

    @property
    def records(self) -> npt.NDArray[np.void]:
        """All actors as ``ACTOR_RECORD`` [N], as of the last ``refresh``."""
        return self._buffer.records

    def row_of(self, actor: Actor) -> int:
        """Row of an actor in ``records``."""
        return self._rows[actor.id]

    def refresh(self) -> None:
        """Take over where all actors are now."""
        if self._version != self._actors.version:
            self._lay_out()
        fill_records(self._layout, self._dynamics.table, self._walkers.walkers.table, *self._fixed)
        for actor in self._swinging:
            row, pose = self._rows[actor.id], self.world_pose(actor)
            self._buffer.records["location"][row] = pose[:3]
            self._buffer.records["rotation"][row] = pose[3:]

    def stamp(
        self, episode: int, frame: int, timestamp_s: float, delta_s: float, simulation_state: int
    ) -> memoryview:
        """Return the complete message of the last ``refresh``; it is valid until the next one."""
        self._buffer.stamp(episode, frame, timestamp_s, delta_s, simulation_state)
        return self._buffer.message

    def place(self, actor: Actor) -> None:
        """Take over the new pose of a free actor that is no vehicle or walker and has no children."""
        row = self._rows.get(actor.id)
        if row is not None and self._version == self._actors.version:
            self._buffer.records["location"][row] = actor.pose[:3]
            self._buffer.records["rotation"][row] = actor.pose[3:]

    def world_pose(self, actor: Actor) -> Pose:
        """Where an actor is now."""
        if actor.is_vehicle or actor.is_walker:
            bodies, slot = self._body(actor)
            return Pose(*bodies.position[slot].tolist(), *bodies.rotation[slot].tolist())
        if not actor.parent_id:
            return actor.pose
        parent = self.world_pose(self._actors.get(actor.parent_id))
        if actor.attachment != Attachment.RIGID:
            return self._arms.world_pose(actor, parent)
        return compose(parent, actor.pose)

    def _body(self, actor: Actor) -> tuple[VehicleDynamics | Walkers, int]:
        return (
            (self._dynamics, actor.slot) if actor.is_vehicle else (self._walkers.walkers, actor.walker_slot)
        )

    def _swings(self, actor: Actor) -> bool:
        """Whether an actor hangs on a spring arm, by itself or by one of its parents."""
        while actor.parent_id:
            if actor.attachment != Attachment.RIGID:
                return True
            actor = self._actors.get(actor.parent_id)
        return False

    def _root(self, actor: Actor) -> tuple[Actor, Pose]:
        """The free actor at the end of the chain of parents, and the pose relative to it."""
        relative = actor.pose
        parent = self._actors.get(actor.parent_id)
        while parent.parent_id:
            relative = compose(parent.pose, relative)
            parent = self._actors.get(parent.parent_id)
        return parent, relative

    def _lay_out(self) -> None:
        vehicles: list[Actor] = []
        walkers: list[Actor] = []
        vehicle_followers: list[_Follower] = []
        walker_followers: list[_Follower] = []
        swinging: list[Actor] = []
        still: list[Actor] = []
        for actor in self._actors:
            if actor.is_vehicle:
                vehicles.append(actor)
                continue
            if actor.is_walker:
                walkers.append(actor)
                continue
            if len(self._arms) and self._swings(actor):
                swinging.append(actor)
                continue
            if actor.parent_id:
                root, relative = self._root(actor)
                if root.is_vehicle:
                    vehicle_followers.append((actor, root.slot, relative))
                    continue
                if root.is_walker:
                    walker_followers.append((actor, root.walker_slot, relative))
                    continue
            if self._traffic.light_row(actor) is None:
                still.append(actor)

        lights = self._traffic.light_actors
        followers = [actor for actor, _, _ in (*vehicle_followers, *walker_followers)]
        ordered = [*vehicles, *walkers, *followers, *lights, *still, *swinging]
        self._buffer = SnapshotBuffer(len(ordered))
        self._rows = {actor.id: row for row, actor in enumerate(ordered)}
        records = self._buffer.records
        records["id"] = [actor.id for actor in ordered]

        count, bodies = len(vehicles), len(vehicles) + len(walkers)
        end = bodies + len(followers)
        self._arrays = (
            self._buffer.record_bytes,
            np.array([count, bodies, bodies + len(vehicle_followers), end], dtype=np.int64),
            np.array([actor.slot for actor in vehicles], dtype=np.int64),
            np.array([actor.walker_slot for actor in walkers], dtype=np.int64),
            np.full(count, NO_LIGHT, dtype=np.int64),
            np.full(count, _SPEED_LIMIT_KMH, dtype=np.float32),
            self._traffic.light_ids,
            *self._speed_limits(count),
            *_follow(vehicle_followers),
            *_follow(walker_followers),
        )
        self._layout = array_table(self._arrays)
        for row, actor in enumerate((*lights, *still), start=end):
            pose = self.world_pose(actor)
            records["location"][row] = pose[:3]
            records["rotation"][row] = pose[3:]
            if actor.signal is not None:
                records["light"]["sign_id"][row] = actor.signal.id.encode()
        self._swinging = swinging
        records["light"]["pole"][end : end + len(lights)] = self._traffic.lights.pole
        self._version = self._actors.version

    def _speed_limits(self, num_vehicles: int) -> tuple[Array, Array]:
        """Origin and cell, and picture of the speed limits; they are made when there is a vehicle."""
        if not num_vehicles:
            return np.ones(3), np.zeros((1, 1), dtype=np.uint8)
        limits = self._traffic.limits
        return np.array((*limits.origin, limits.cell)), limits.kmh


def _follow(followers: list[_Follower]) -> tuple[Array, Array, Array, Array]:
    """Arrays of the kernel that writes the poses of what is attached to vehicles or walkers."""
    poses = np.array([pose for _, _, pose in followers], dtype=np.float64).reshape(-1, 6)
    return (
        np.array([slot for _, slot, _ in followers], dtype=np.int64),
        np.array([not any(pose) for _, _, pose in followers], dtype=np.bool_),
        np.ascontiguousarray(poses[:, :3]),
        np.ascontiguousarray(axes(poses[:, 3:])),
    )
