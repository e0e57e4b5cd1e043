"""Spring arms: attachments that swing behind their parent instead of turning with it.

As CARLA sets up Unreal's spring arm, the arm takes over the parent's heading with a lag and neither its pitch nor its
roll; its foot moves with the parent without a lag. The heading closes in on the parent's by a rate of 8 per second
(exponentially, so that the length of a tick hardly matters). A ``SpringArm`` is shortened at once to where a small
sphere that is moved along it touches something other than its parent, and long again when the way is free; a
``SpringArmGhost`` goes through everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from carla_drl_sim.attachment import compose
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol.structs import Pose

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor, ActorRegistry
    from carla_drl_sim.attachment import FloatArray

LAG_RATE = 8.0
"""How fast the heading follows, 1/s; ``CameraRotationLagSpeed`` of CARLA's arms."""


class Attachment(IntEnum):
    """How an actor is attached, numbered as ``carla.AttachmentType``."""

    RIGID = 0
    SPRING_ARM = 1
    SPRING_ARM_GHOST = 2


FOOT_M = 0.5
"""How far above its parent's origin an arm begins to look for obstacles: that of a vehicle lies on the road."""


class Probe(Protocol):
    """What an arm asks for obstacles: ``sensors.arm_probe``."""

    def look(self) -> None:
        """Take over where everything is now."""

    def free_share(self, foot: FloatArray, end: FloatArray, carrier_id: int) -> float:
        """Which share of the way from ``foot`` to ``end`` [3] is free."""


class SpringArms:
    """All spring arms of an episode, by the actor at the arm's end: headings in degrees, and how much of each is free."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._yaw: dict[int, float] = {}
        self._share: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._yaw)

    def add(self, actor: Actor, parent_yaw: float) -> None:
        """Take over an actor that has just been attached; the arm starts along the parent's heading."""
        self._yaw[actor.id] = parent_yaw

    def step(self, step_s: float, actors: ActorRegistry, world_pose: Callable[[Actor], Pose]) -> None:
        """Let all arms swing for one tick, after their parents have moved; forget those that are gone."""
        share = 1.0 - math.exp(-LAG_RATE * step_s)
        for actor_id in list(self._yaw):
            actor = actors.find(actor_id)
            parent = None if actor is None else actors.find(actor.parent_id)
            if parent is None:
                del self._yaw[actor_id]
                self._share.pop(actor_id, None)
                continue
            behind = (world_pose(parent).yaw - self._yaw[actor_id] + 180.0) % 360.0 - 180.0
            self._yaw[actor_id] += share * behind
        solid = [actor for actor in map(actors.get, self._yaw) if actor.attachment == Attachment.SPRING_ARM]
        if solid:
            self._probe.look()
        for actor in solid:
            self.shorten(actor, actors, world_pose)

    def shorten(self, actor: Actor, actors: ActorRegistry, world_pose: Callable[[Actor], Pose]) -> None:
        """Look for obstacles in the way of an arm."""
        carrier = actors.get(actor.parent_id)
        pose = world_pose(carrier)
        while carrier.parent_id:
            carrier = actors.get(carrier.parent_id)
        foot, end = _foot(pose), np.array(self._whole(actor, pose)[:3])
        self._share[actor.id] = self._probe.free_share(foot, end, carrier.id)

    def world_pose(self, actor: Actor, parent: Pose) -> Pose:
        """Where the end of an arm is."""
        end = self._whole(actor, parent)
        share = self._share.get(actor.id, 1.0)
        if share == 1.0:
            return end
        foot = _foot(parent)
        x, y, z = (foot + share * (np.array(end[:3]) - foot)).tolist()
        return end._replace(x=x, y=y, z=z)

    def _whole(self, actor: Actor, parent: Pose) -> Pose:
        """Where the end of an arm is that has its full length."""
        yaw = self._yaw.get(actor.id, parent.yaw)
        return compose(Pose(parent.x, parent.y, parent.z, 0.0, yaw, 0.0), actor.pose)


def _foot(parent: Pose) -> FloatArray:
    return np.array([parent.x, parent.y, parent.z + FOOT_M])


def attachment(value: Any) -> Attachment:
    """Accept CARLA's number of an attachment type. Raises ArgumentError for any other value."""
    if type(value) is not int or value not in set(Attachment):
        raise ArgumentError(
            f"attachment type {value!r}: allowed are 0 (rigid), 1 (spring arm), 2 (spring arm ghost)"
        )
    return Attachment(value)
