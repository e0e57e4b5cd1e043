"""``apply_batch``: many commands in one call.

A command is ``[[kind, fields]]``. Kinds are CARLA's numbers; each runs as the RPC function of the same meaning. A
failing command is answered in its place and does not stop the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim.errors import ArgumentError, RpcError
from carla_drl_sim.handlers.content import unseen_s
from carla_drl_sim.handlers.refused import refusal
from carla_drl_sim.handlers.registry import PARTIAL, RPCS, AfterDelay, AfterTick, rpc
from carla_drl_sim.protocol import arguments, rpc_framing
from carla_drl_sim.spring_arm import Attachment, attachment

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.simulator import Simulator

_SPAWN = 0
_DESTROY = 1
_CONTROL = 2
_VEHICLE_LIGHT = 18

_FUNCTIONS = {
    1: "destroy_actor",
    2: "apply_control_to_vehicle",
    3: "apply_ackermann_control_to_vehicle",
    4: "apply_control_to_walker",
    5: "apply_physics_control",
    6: "set_actor_transform",
    7: "set_walker_state",
    8: "set_actor_target_velocity",
    9: "set_actor_target_angular_velocity",
    10: "add_actor_impulse",
    11: "add_actor_force",
    12: "add_actor_angular_impulse",
    13: "add_actor_torque",
    14: "set_actor_simulate_physics",
    15: "set_actor_enable_gravity",
    16: "set_actor_autopilot",
    17: "show_vehicle_debug_telemetry",
    18: "set_vehicle_light_state",
    19: "set_actor_location",
    20: "console_command",
    21: "set_traffic_light_state",
}

_optional_parent = arguments.optional(arguments.unsigned)
_control = arguments.vehicle_control


@rpc(
    arguments.any_value,
    arguments.boolean,
    bare=True,
    state=PARTIAL,
    note="commands whose function is refused are answered with that error",
)
def apply_batch(simulator: Simulator, commands: Any, do_tick: bool) -> object:
    """Run commands in order; each is answered in its place."""
    if type(commands) is not list:
        raise ArgumentError("expected an array of commands")
    episode = simulator.episode
    find, control = episode.actors.find, episode.dynamics.control
    answers: list[object] = []
    spawned: list[Actor] = []
    for command in commands:
        try:
            ((kind, fields),) = command
            if kind == _CONTROL:  # nearly all commands of a running fleet
                actor_id, sent = fields
                actor = find(actor_id) if type(actor_id) is int else None
                if actor is not None and actor.is_vehicle:
                    control[actor.slot] = _control(sent)
                    answers.append([[1, actor_id]])
                    continue
        except ArgumentError as error:
            answers.append(rpc_framing.value_error(f"apply_control_to_vehicle: {error}"))
            continue
        except (TypeError, ValueError):
            answers.append(rpc_framing.value_error("malformed command"))
            continue
        answers.append(_run(simulator, kind, fields, spawned))
        control = episode.dynamics.control  # spawning may have replaced the array by a larger one
    if do_tick:
        return AfterTick(answers)
    delay_s = unseen_s(simulator, spawned)
    return AfterDelay(delay_s, answers) if delay_s else answers


def _run(simulator: Simulator, kind: Any, fields: Any, spawned: list[Actor]) -> object:
    """Run one command and return its answer, a wrapped actor id or error; a new actor is appended to ``spawned``."""
    if type(kind) is not int or type(fields) is not list:
        return rpc_framing.value_error("malformed command")
    if kind == _SPAWN:
        try:
            spawned.append(_spawn(simulator, fields))
            return [[1, spawned[-1].id]]
        except RpcError as error:
            return rpc_framing.value_error(str(error))
    name = _FUNCTIONS.get(kind)
    if name is None:
        return rpc_framing.value_error(f"there is no command of kind {kind}")
    if not fields or type(fields[0]) is not int:
        return rpc_framing.value_error(f"{name}: the command starts with no actor id")
    function = RPCS.get(name)
    if function is None:
        return rpc_framing.value_error(refusal(name))
    if kind == _VEHICLE_LIGHT and len(fields) == 2:
        fields = [fields[0], [fields[1]]]
    result: Any = function.call(simulator, fields)
    if function.is_void:
        return [[1, fields[0]]] if result[0][0] is False else rpc_framing.value_error(result[0][1][0])
    return [[1, fields[0]]] if result[0][0] == 1 else result


def _spawn(simulator: Simulator, fields: list[Any]) -> Actor:
    """Spawn an actor, then run the commands that wait for its id (0 stands for it)."""
    raw_description, raw_pose, raw_parent, raw_attachment, _, following = arguments.array(
        fields, 6, "a spawn command"
    )
    description, pose = arguments.description(raw_description), arguments.pose(raw_pose)
    parent = _optional_parent(raw_parent) or 0
    if type(following) is not list:
        raise ArgumentError("expected an array of commands after the spawn")
    try:
        how = attachment(raw_attachment)
    except ArgumentError:
        how = Attachment.RIGID  # the client leaves it uninitialised where a command does not name it
    actor = simulator.episode.spawn(description, pose, parent, how)
    for command in following:
        try:
            ((kind, values),) = command
            if kind != _SPAWN and values[0] == 0:
                values = [actor.id, *values[1:]]
        except (TypeError, ValueError, IndexError):
            continue
        if kind != _SPAWN:
            _run(simulator, kind, values, [])
    return actor
