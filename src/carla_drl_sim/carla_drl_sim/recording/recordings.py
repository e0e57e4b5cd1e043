"""Recording and replay of the running world: what starts, runs and ends when."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from carla_drl_sim.recording.files import Recording, RecordingError, path_in
from carla_drl_sim.recording.preface import Preface
from carla_drl_sim.recording.reader import Reader
from carla_drl_sim.recording.recorder import Recorder
from carla_drl_sim.recording.replayer import Options, Replayer

if TYPE_CHECKING:
    from carla_drl_sim.episode import Episode

_log = logging.getLogger(__name__)

DEFAULT_FOLDER = Path("~/.carla_drl_sim/recordings")


class Recordings:
    """The recorder, the replayer, and the settings of replays, which outlive episodes.

    Args:
        folder: where recordings are.
    """

    def __init__(self, folder: Path) -> None:
        self.recorder = Recorder(folder.expanduser())
        self.reader = Reader()
        """Reads whole recordings, which takes as long as they are long."""
        self.ignore_hero = False
        self.ignore_spectator = True
        self._factor = 1.0
        self._replayer: Replayer | None = None

    @property
    def factor(self) -> float:
        """Recorded time per simulated time in replays."""
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        self._factor = factor
        if self._replayer is not None:
            self._replayer.factor = factor

    def open(self, name: str) -> Recording:
        """Open a recording.

        Raises:
            FileNotFoundError: there is none of this name.
            RecordingError: the name or the file is bad, or the recording is still being written.
        """
        path = path_in(self.recorder.folder, name)
        if path == self.recorder.path:
            raise RecordingError(f"recording {path} is still being written: stop the recorder first")
        return Recording(path)

    def replay(self, recording: Recording, episode: Episode, options: Options, preface: Preface) -> Replayer:
        """Start a replay; one that runs ends. Raises RecordingError when the file is damaged."""
        self.stop_replay(keep_actors=False)
        self._replayer = Replayer(recording, episode, options, self._factor, preface)
        return self._replayer

    def stop_replay(self, *, keep_actors: bool) -> None:
        """End the replay, if there is one."""
        replayer, self._replayer = self._replayer, None
        if replayer is not None:
            replayer.finish(keep_actors=keep_actors)

    @property
    def is_replaying(self) -> bool:
        """Whether a replay runs, which `stepped` goes on with."""
        return self._replayer is not None

    def stepped(self, step_s: float) -> None:
        """The world has moved by itself: now move what is replayed."""
        if self._replayer is None:
            return
        try:
            if self._replayer.advance(step_s):
                return
        except RecordingError as error:
            _log.error("the replay ends: %s", error)
        self.stop_replay(keep_actors=True)

    def end_episode(self) -> None:
        """The world ends, or the server: finish what runs, before its actors are gone."""
        self.recorder.stop()
        self.stop_replay(keep_actors=True)
