"""Spring arms: attachments that swing behind their parent instead of turning with it.

As CARLA sets up Unreal's spring arm, the arm takes over the parent's heading with a lag and neither its pitch nor its
roll; its foot moves with the parent without a lag. The heading closes in on the parent's by a rate of 8 per second
(exponentially, so that the length of a tick hardly matters). Unlike ``SpringArm`` in CARLA, which pulls a camera in
front of walls, neither kind looks for obstacles: here ``SpringArm`` and ``SpringArmGhost`` are the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from carla_drl_sim.attachment import compose
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol.structs import Pose

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor, ActorRegistry

LAG_RATE = 8.0
"""How fast the heading follows, 1/s; ``CameraRotationLagSpeed`` of CARLA's arms."""


class Attachment(IntEnum):
    """How an actor is attached, numbered as ``carla.AttachmentType``."""

    RIGID = 0
    SPRING_ARM = 1
    SPRING_ARM_GHOST = 2


class SpringArms:
    """Headings of all spring arms of an episode, in degrees, by the actor at the arm's end."""

    def __init__(self) -> None:
        self._yaw: dict[int, float] = {}

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
                continue
            behind = (world_pose(parent).yaw - self._yaw[actor_id] + 180.0) % 360.0 - 180.0
            self._yaw[actor_id] += share * behind

    def world_pose(self, actor: Actor, parent: Pose) -> Pose:
        """Where the end of an arm is."""
        yaw = self._yaw.get(actor.id, parent.yaw)
        return compose(Pose(parent.x, parent.y, parent.z, 0.0, yaw, 0.0), actor.pose)


def attachment(value: Any) -> Attachment:
    """Accept CARLA's number of an attachment type. Raises ArgumentError for any other value."""
    if type(value) is not int or value not in set(Attachment):
        raise ArgumentError(
            f"attachment type {value!r}: allowed are 0 (rigid), 1 (spring arm), 2 (spring arm ghost)"
        )
    return Attachment(value)
