"""Connection, episode, map and clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim import CARLA_VERSION
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.handlers.registry import PARTIAL, AfterDelay, AfterTick, rpc
from carla_drl_sim.handlers.scenery import layers
from carla_drl_sim.navigation_files import FOLDER
from carla_drl_sim.protocol import arguments, structs
from carla_drl_sim.protocol.rpc_framing import VOID_OK
from carla_drl_sim.protocol.streams import WORLD_STREAM_ID
from carla_drl_sim.scenery_state import ALL_LAYERS
from carla_drl_sim.settings import EpisodeSettings, settings
from carla_drl_sim.tick_gate import RELOAD_DELAY_S

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator


_GENERATION_FIELDS = (
    arguments.number,
    arguments.number,
    arguments.number,
    arguments.number,
    arguments.boolean,
    arguments.boolean,
    arguments.boolean,
)


def _document(value: Any) -> str:
    """Accept a text of any length that a request may have."""
    if type(value) is not str:
        raise ArgumentError(f"expected an OpenDRIVE document as a string, got {type(value).__name__}")
    return value


def _generation(value: Any) -> list[object]:
    """Accept ``carla.OpendriveGenerationParameters``: four numbers and three booleans."""
    fields = arguments.array(value, len(_GENERATION_FIELDS), "the parameters of generation")
    return [check(field) for check, field in zip(_GENERATION_FIELDS, fields, strict=True)]


@rpc()
def version(simulator: Simulator) -> str:
    """Version of the protocol, which the client compares with its own."""
    return CARLA_VERSION


@rpc()
def get_episode_info(simulator: Simulator) -> object:
    """Id of the episode and where its snapshots are streamed."""
    return [simulator.episode.id, [simulator.streams.token(WORLD_STREAM_ID)]]


@rpc()
def get_episode_settings(simulator: Simulator) -> object:
    """Settings of the episode."""
    simulator.gate.settings_read(simulator.clock())
    return simulator.episode.settings.wire()


@rpc(
    settings,
    state=PARTIAL,
    note="synchronous mode, fixed step and no rendering are acted on, the rest is stored",
)
def set_episode_settings(simulator: Simulator, new: EpisodeSettings) -> int:
    """Change the settings; answers with the frame from which they count."""
    simulator.apply_settings(new)
    return simulator.episode.frame


@rpc()
def tick_cue(simulator: Simulator) -> AfterTick:
    """Advance the world; answers with the frame. In asynchronous mode it waits for the next frame."""
    return AfterTick(None)


@rpc()
def get_map_info(simulator: Simulator) -> object:
    """Name of the map and its recommended spawn points."""
    episode = simulator.episode
    return [episode.map_name, [structs.transform(point) for point in episode.town.spawn_points.tolist()]]


@rpc()
def get_map_data(simulator: Simulator) -> str:
    """The map as OpenDRIVE."""
    return simulator.episode.town.opendrive


@rpc()
def get_available_maps(simulator: Simulator) -> list[str]:
    """Names of the maps that can be loaded."""
    return simulator.available_maps()


@rpc(arguments.text, optional=1, note="the navigation mesh; the map is sent by `get_map_data`")
def get_required_files(simulator: Simulator, folder: str = "") -> list[str]:
    """Files that the client must fetch for the map."""
    return [simulator.navigation.name(simulator.episode.town)] if folder == FOLDER else []


@rpc(arguments.text)
def request_file(simulator: Simulator, name: str) -> bytes:
    """A file that the map needs."""
    return simulator.navigation.request(simulator.episode.town, name)


@rpc()
def get_navigation_mesh(simulator: Simulator) -> bytes:
    """The navigation mesh of the town."""
    return simulator.navigation.content(simulator.episode.town)


@rpc(
    _document,
    _generation,
    void=True,
    optional=1,
    note="the document is all that counts; parameters are checked",
)
def copy_opendrive_to_file(
    simulator: Simulator, opendrive: str, parameters: list[object] | None = None
) -> None:
    """Take over a map of the client's; loading OpenDriveMap then shows it."""
    simulator.towns.add(opendrive)


@rpc(arguments.text, arguments.boolean, layers, void=True, optional=2)
def load_new_episode(
    simulator: Simulator, name: str, reset_settings: bool = True, bits: int = ALL_LAYERS
) -> AfterDelay:
    """Load a map; an empty name loads the current one again."""
    simulator.load(name or simulator.episode.map_name, reset_settings=reset_settings, layers=bits)
    return AfterDelay(RELOAD_DELAY_S, VOID_OK)


@rpc(arguments.unsigned)
def get_sensor_token(simulator: Simulator, stream_id: int) -> object:
    """Where a sensor's data is streamed; the client subscribes right after this."""
    simulator.expect_subscription(stream_id)
    return [simulator.streams.token(stream_id)]
