"""Everything that RPC handlers act on: the current episode, the streams, the gate of ticks, and the town generator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from carla_drl_sim.actors import ActorRegistry
from carla_drl_sim.blueprints import BlueprintLibrary
from carla_drl_sim.episode import Episode
from carla_drl_sim.errors import RpcError
from carla_drl_sim.navigation_files import NavigationFiles
from carla_drl_sim.protocol import streams
from carla_drl_sim.recording.files import Recording
from carla_drl_sim.recording.preface import Preface
from carla_drl_sim.recording.recorder import map_check
from carla_drl_sim.recording.recordings import DEFAULT_FOLDER, Recordings
from carla_drl_sim.recording.replayer import Options, Replayer
from carla_drl_sim.scenery_state import ALL_LAYERS
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.settings import EpisodeSettings
from carla_drl_sim.stream_hub import StreamHub
from carla_drl_sim.tick_gate import RELOAD_DELAY_S, RELOAD_SILENCE_S, SUBSCRIBE_LIMIT_S, TickGate
from carla_drl_sim.town_library import OWN_MAP, TownLibrary
from carla_drl_sim.viewer.frames import Frames


class Simulator:
    """The state of the server behind its connections.

    Args:
        town: name of the first town.
        seed: seed of all generated towns.
        fps: ticks per second while the world is asynchronous, and the step when none is set.
        synchronous: start in synchronous mode, so that frames count ticks from the very first.
        hub: subscribers of the streams.
        clock: monotonic time in seconds.
        workers: threads that measure; one per core where None.
        recordings: folder of recordings.
        opendrive: a map of the user's, which is loaded first.
        towns: where towns come from, for worlds that share them; those of the seed where None.

    Raises:
        RpcError: there is no such town, or the map is wrong.
    """

    def __init__(
        self,
        town: str,
        seed: int,
        fps: float,
        *,
        synchronous: bool,
        hub: StreamHub,
        clock: Callable[[], float],
        workers: Workers | None = None,
        recordings: Path = DEFAULT_FOLDER,
        opendrive: str | None = None,
        towns: TownLibrary | None = None,
    ) -> None:
        self.clock = clock
        self._workers = workers or Workers()
        self.streams = hub
        self.gate = TickGate(hub)
        self.recordings = Recordings(recordings)
        self.frames: Frames | None = None
        """Where the viewer gets its frames from, if there is one."""
        self.caller: object = None
        """The connection whose call is being handled."""
        self._default_step_s = 1.0 / fps
        self.towns = towns or TownLibrary(seed)
        """The maps that can be loaded."""
        if opendrive is not None:
            self.towns.add(opendrive)
            town = OWN_MAP
        self.navigation = NavigationFiles()
        self._actors = ActorRegistry()
        self._blueprints = BlueprintLibrary()
        self._manager_owners: dict[int, object] = {}
        self._initial_settings = EpisodeSettings(
            synchronous_mode=synchronous, fixed_delta_seconds=self._default_step_s if synchronous else None
        )
        self.episode = self._new_episode(1, town, self._initial_settings, 0)
        hub.synchronous = synchronous

    @property
    def is_synchronous(self) -> bool:
        """Whether the world only moves when a client ticks it."""
        return self.episode.settings.synchronous_mode

    def available_maps(self) -> list[str]:
        """Full names of the maps that can be loaded."""
        return self.towns.names()

    def apply_settings(self, settings: EpisodeSettings) -> None:
        """Take over new episode settings."""
        self.episode.settings = settings
        self.streams.synchronous = settings.synchronous_mode

    def tick(self) -> int:
        """Advance the world, send sensor messages, then the snapshot, and return the frame number."""
        episode, recordings = self.episode, self.recordings
        collisions = episode.step()
        if recordings.is_replaying:
            recordings.stepped(episode.step_s)
        episode.snapshot.refresh()
        episode.sensors.tick(episode, collisions)
        self.streams.send(streams.WORLD_STREAM_ID, episode.snapshot_message())
        if recordings.recorder.is_recording:
            recordings.recorder.record(episode, collisions)
        if self.frames is not None:
            self.frames.ticked(episode)
        self.gate.ticked(self.clock())
        return episode.frame

    def load(self, name: str, *, reset_settings: bool, layers: int = ALL_LAYERS) -> None:
        """Replace the episode by a fresh one; nothing is sent until the clients have followed.

        Args:
            name: of the map, with or without a path.
            reset_settings: go back to the settings that the server started with.
            layers: map layers of the scenery to load.

        Raises:
            RpcError: there is no such map; the episode goes on.
        """
        self.towns.town(name)
        self.recordings.end_episode()
        old = self.episode
        old.close()
        settings = self._initial_settings if reset_settings else old.settings
        self.episode = self._new_episode(old.id + 1, name, settings, old.frame, layers)
        self.apply_settings(settings)
        self.gate.silence(self.clock() + RELOAD_DELAY_S + RELOAD_SILENCE_S)

    def replay(self, recording: Recording, options: Options, preface: Preface) -> Replayer:
        """Replay a recording; another map is loaded first. Raises RpcError or RecordingError when that cannot be."""
        name = recording.header.map_name
        if recording.header.map_check != map_check(self.towns.town(name).opendrive):
            raise RpcError(f"the recording is of another map of the name '{name}': of another seed or file")
        if name != self.episode.town.name:
            self.load(name, reset_settings=False)
        return self.recordings.replay(recording, self.episode, options, preface)

    def expect_subscription(self, stream_id: int) -> None:
        """The calling client is about to subscribe to a stream."""
        self.streams.expect(stream_id, self.clock() + SUBSCRIBE_LIMIT_S, self.caller)

    def note_owner_of_traffic_manager(self, port: int) -> None:
        """Remember which connection registered a Traffic Manager."""
        self._manager_owners[port] = self.caller

    def forget(self, caller: object) -> None:
        """A connection has ended: nothing waits for what it announced."""
        self.streams.forget_expected(caller)
        for port in [port for port, owner in self._manager_owners.items() if owner is caller]:
            del self._manager_owners[port]
            self.gate.traffic_managers.pop(port, None)

    def _new_episode(
        self, episode_id: int, name: str, settings: EpisodeSettings, frame: int, layers: int = ALL_LAYERS
    ) -> Episode:
        return Episode(
            episode_id,
            self.towns.town(name),
            self._blueprints,
            self._actors,
            self.streams,
            settings=replace(settings),
            default_step_s=self._default_step_s,
            workers=self._workers,
            frame=frame,
            map_name=self.towns.full_name(name),
            layers=layers,
        )
