"""Walkers: control, bones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from carla_drl_sim.errors import ArgumentError, RpcError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector
from carla_drl_sim.protocol.structs import Pose

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_BONES = 512


class WalkerControl(NamedTuple):
    """Where a walker wants to go: direction in world axes, speed in m/s, whether it jumps."""

    direction: Vector
    speed: float
    jump: bool


def walker_control(value: Any) -> WalkerControl:
    """Accept direction, speed, jump. A negative speed counts as 0."""
    direction, speed, jump = arguments.array(value, 3, "a walker control")
    return WalkerControl(
        arguments.vector(direction), max(0.0, arguments.number(speed)), arguments.boolean(jump)
    )


def _bones(value: Any) -> list[tuple[str, Pose]]:
    (bones,) = arguments.array(value, 1, "a bone control")
    if type(bones) is not list or len(bones) > _MAX_BONES:
        raise ArgumentError(f"expected an array of at most {_MAX_BONES} bones")
    result = []
    for item in bones:
        name, pose = arguments.array(item, 2, "a bone")
        result.append((arguments.text(name), arguments.pose(pose)))
    return result


@rpc(arguments.unsigned, walker_control, void=True)
def apply_control_to_walker(simulator: Simulator, actor_id: int, control: WalkerControl) -> None:
    """Set the way and the speed of a walker."""
    episode = simulator.episode
    slot, walkers = episode.actors.walker(actor_id).walker_slot, episode.walkers.walkers
    walkers.direction[slot] = control.direction
    walkers.speed[slot] = control.speed
    walkers.jump[slot] = control.jump


@rpc(
    arguments.unsigned,
    arguments.pose,
    arguments.number,
    void=True,
    note="sent by the client's walker AI; z is where the feet are",
)
def set_walker_state(simulator: Simulator, actor_id: int, pose: Pose, speed: float) -> None:
    """Put a walker somewhere, walking forward with a speed."""
    episode = simulator.episode
    slot = episode.actors.walker(actor_id).walker_slot
    if not episode.walkers.walkers.alive[slot]:
        raise RpcError(f"walker {actor_id} is dead")
    episode.walkers.walkers.set_state(slot, pose.x, pose.y, pose.z, pose.yaw, max(0.0, speed))


@rpc(
    arguments.unsigned,
    state=PARTIAL,
    note="a standing body, or the pose that a client gave it; limbs do not swing",
)
def get_bones_transform(simulator: Simulator, actor_id: int) -> object:
    """Every bone of a walker in the world, in the body, and relative to its parent bone."""
    episode = simulator.episode
    return [episode.walkers.bones(episode.actors.walker(actor_id))]


@rpc(arguments.unsigned, _bones, void=True, state=PARTIAL, note="sensors see an upright body all the same")
def set_bones_transform(simulator: Simulator, actor_id: int, bones: list[tuple[str, Pose]]) -> None:
    """Pose bones of a walker, relative to their parents; `blend_pose` shows the pose."""
    episode = simulator.episode
    try:
        episode.walkers.skeleton(episode.actors.walker(actor_id)).pose(bones)
    except ValueError as error:
        raise RpcError(str(error)) from error


@rpc(arguments.unsigned, arguments.number, void=True, state=PARTIAL, note="as `set_bones_transform`")
def blend_pose(simulator: Simulator, actor_id: int, blend: float) -> None:
    """Show the client's pose to a degree from 0 to 1."""
    episode = simulator.episode
    episode.walkers.skeleton(episode.actors.walker(actor_id)).blend = min(1.0, max(0.0, blend))


@rpc(arguments.unsigned, void=True, state=PARTIAL, note="the animation is a standing body")
def get_pose_from_animation(simulator: Simulator, actor_id: int) -> None:
    """Take the current pose of the animation as the client's."""
    episode = simulator.episode
    episode.walkers.skeleton(episode.actors.walker(actor_id)).copy_standing()
