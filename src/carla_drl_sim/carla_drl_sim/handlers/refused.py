"""Functions of the protocol that this simulator does not have: each answers with a clear error in its reply form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import REFUSED, RPCS, Rpc
from carla_drl_sim.protocol import arguments

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_ARGUMENTS = 8

_VALUE = """
request_file get_navigation_mesh
project_point cast_ray
get_actor_component_names get_actor_bone_names get_actor_socket_names
get_actor_bone_world_transforms get_actor_bone_relative_transforms
get_actor_socket_world_transforms get_actor_socket_relative_transforms get_vehicle_bone_world_transforms
get_actor_component_world_transform get_actor_component_relative_transform
get_bones_transform
is_sensor_enabled_for_ros get_gbuffer_token are_gbuffers_enabled
"""

_VOID = """
load_map_layer unload_map_layer copy_opendrive_to_file
apply_color_texture_to_objects apply_float_color_texture_to_objects enable_environment_objects
set_imui_gravity set_annotations_traverse_translucency
enable_carsim use_carsim_road enable_chrono_physics
apply_control_to_walker set_bones_transform blend_pose get_pose_from_animation
enable_sensor_for_ros disable_sensor_for_ros enable_gbuffers set_ignored_vehicles send
console_command
"""


def _refusal(name: str) -> Callable[..., object]:
    def refuse(simulator: Simulator, *values: object) -> object:
        raise RpcError(f"{name}: not supported by carla_drl_sim yet")

    return refuse


def _register(names: str, *, is_void: bool) -> None:
    for name in names.split():
        checks = (arguments.any_value,) * _MAX_ARGUMENTS
        RPCS[name] = Rpc(name, _refusal(name), checks, 0, is_void, False, REFUSED, "")


_register(_VALUE, is_void=False)
_register(_VOID, is_void=True)
