"""The scenery: objects, boxes, layers, textures, street lights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim.errors import ArgumentError, RpcError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.scenery_state import ALL_LAYERS
from carla_drl_sim.street_lights import StreetLight, light
from carla_drl_sim.world.scenery import SceneryObject

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_LAYERS_NOTE = "buildings, foliage, props, street lights and walls, in every town; other layers are empty"
_TEXTURE_NOTE = "names and texture are checked; surfaces keep their looks"
_MATERIALS = 4


def layers(value: Any) -> int:
    """Accept bits of ``carla.MapLayer``."""
    bits = arguments.unsigned(value)
    if bits > ALL_LAYERS:
        raise ArgumentError(f"map layers are at most {ALL_LAYERS}, got {bits}")
    return bits


def _object_id(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**64:
        raise ArgumentError(f"expected an unsigned 64-bit integer, got {value!r:.60}")
    return value


def _material(value: Any) -> int:
    material = arguments.unsigned(value)
    if material >= _MATERIALS:
        raise ArgumentError(f"there is no material parameter {material}, they are 0 to {_MATERIALS - 1}")
    return material


def _texture(value: Any) -> tuple[int, int]:
    """Accept [width, height, pixels]; return the size."""
    width, height, pixels = arguments.array(value, 3, "a texture")
    width, height = arguments.unsigned(width), arguments.unsigned(height)
    if type(pixels) is not list or len(pixels) != width * height:
        raise ArgumentError(f"a texture of {width} x {height} pixels needs as many colors")
    return width, height


def _box(item: SceneryObject) -> list[object]:
    """Box around an object, in world coordinates."""
    return [list(item.centre), list(item.extent), [0.0, item.yaw_deg, 0.0], 0]


@rpc()
def get_names_of_all_objects(simulator: Simulator) -> list[str]:
    """Names of the scenery's objects."""
    return [item.name for item in simulator.episode.scenery.objects()]


@rpc(arguments.unsigned)
def get_environment_objects(simulator: Simulator, label: int) -> list[object]:
    """Objects of the scenery with a semantic label, their boxes in world coordinates."""
    found: list[object] = []
    for item in simulator.episode.scenery.objects(label):
        x, y, z = item.centre
        pose = [[x, y, z - item.extent[2]], [0.0, item.yaw_deg, 0.0]]
        found.append([pose, _box(item), item.id, item.name, int(item.label)])
    return found


@rpc(arguments.unsigned)
def get_all_level_BBs(simulator: Simulator, label: int) -> list[object]:  # noqa: N802
    """Boxes around the scenery's objects with a semantic label, in world coordinates."""
    return [_box(item) for item in simulator.episode.scenery.objects(label)]


@rpc(arguments.list_of(_object_id), arguments.boolean, void=True)
def enable_environment_objects(simulator: Simulator, ids: list[int], enabled: bool) -> None:
    """Show objects of the scenery, or hide them: then they are neither seen nor hit."""
    simulator.episode.scenery.enable(ids, enabled=enabled)


@rpc(layers, void=True, note=_LAYERS_NOTE)
def load_map_layer(simulator: Simulator, bits: int) -> None:
    """Show layers of the scenery."""
    simulator.episode.scenery.load(bits)


@rpc(layers, void=True, note=_LAYERS_NOTE)
def unload_map_layer(simulator: Simulator, bits: int) -> None:
    """Take layers of the scenery away: they are neither seen nor hit."""
    simulator.episode.scenery.unload(bits)


def _check_names(simulator: Simulator, names: list[str]) -> None:
    unknown = set(names).difference(item.name for item in simulator.episode.scenery.objects())
    if unknown:
        raise RpcError(f"there is no object '{sorted(unknown)[0]}'; see get_names_of_all_objects")


@rpc(arguments.list_of(arguments.text), _material, _texture, void=True, state=PARTIAL, note=_TEXTURE_NOTE)
def apply_color_texture_to_objects(
    simulator: Simulator, names: list[str], material: int, texture: tuple[int, int]
) -> None:
    """Paint objects."""
    _check_names(simulator, names)


@rpc(arguments.list_of(arguments.text), _material, _texture, void=True, state=PARTIAL, note=_TEXTURE_NOTE)
def apply_float_color_texture_to_objects(
    simulator: Simulator, names: list[str], material: int, texture: tuple[int, int]
) -> None:
    """Give objects other surfaces."""
    _check_names(simulator, names)


@rpc(arguments.text)
def query_lights_state(simulator: Simulator, client: str) -> list[object]:
    """State of the street lights."""
    return [lamp.wire() for lamp in simulator.episode.street_lights.all()]


@rpc(arguments.text, arguments.list_of(light), arguments.boolean, void=True)
def update_lights_state(simulator: Simulator, client: str, lights: list[StreetLight], discard: bool) -> None:
    """Switch and change street lights; all clients are told with the next snapshot."""
    simulator.episode.street_lights.change(lights)
    simulator.episode.lights_changed()


@rpc(
    arguments.text,
    arguments.boolean,
    void=True,
    note="street lights are on while the sun is below the horizon",
)
def update_day_night_cycle(simulator: Simulator, client: str, active: bool) -> None:
    """Let street lights follow the sun, or not."""
    simulator.episode.street_lights.follow_sun = active
