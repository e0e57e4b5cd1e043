"""Recordings: start, stop, reports, replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim.errors import ArgumentError, RpcError
from carla_drl_sim.handlers.registry import PARTIAL, AfterDelay, InBackground, rpc
from carla_drl_sim.protocol import arguments, rpc_framing
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.recording.files import Recording, RecordingError
from carla_drl_sim.recording.preface import WHOLE, Preface
from carla_drl_sim.recording.replayer import Options
from carla_drl_sim.tick_gate import RELOAD_DELAY_S

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_FACTOR = 1000.0


def _category(value: Any) -> str:
    """Accept a category of actors: one character, sent as its number."""
    if type(value) is int and 0 <= value < 128 and chr(value) in "hvwtoa":
        return chr(value)
    raise ArgumentError(f"expected one of the categories h, v, w, t, o, a, got {value!r}")


def _factor(value: Any) -> float:
    factor = arguments.number(value)
    if not 0.0 <= factor <= _MAX_FACTOR:
        raise ArgumentError(f"the time factor must be 0 to {_MAX_FACTOR:g}, got {factor!r}")
    return factor


def _missing(name: str) -> str:
    return f"File {name} not found on server\n"


def _opened(simulator: Simulator, name: str) -> Recording | None:
    """A recording, None when there is none."""
    try:
        return simulator.recordings.open(name)
    except FileNotFoundError:
        return None
    except (OSError, RecordingError) as error:
        raise RpcError(str(error)) from None


def _ask(simulator: Simulator, what: str, recording: Recording, *arguments: object) -> bytes:
    try:
        return simulator.recordings.reader.ask(what, recording.path, *arguments)
    except (OSError, RecordingError) as error:
        raise RpcError(str(error)) from None


def _report(simulator: Simulator, name: str, what: str, *arguments: object) -> object:
    """A text about a recording; as in CARLA, a file that is not there is answered with a text, too."""
    recording = _opened(simulator, name)
    if recording is None:
        return _missing(name)
    recording.close()
    return InBackground(lambda: _ask(simulator, what, recording, *arguments), bytes.decode)


@rpc(
    arguments.text,
    arguments.boolean,
    optional=1,
    note="answers with the file; additional data is always recorded",
)
def start_recorder(simulator: Simulator, name: str, additional_data: bool = False) -> str:
    """Record from the next tick on."""
    try:
        return str(simulator.recordings.recorder.start(name, simulator.episode))
    except RecordingError as error:
        raise RpcError(str(error)) from None


@rpc(void=True)
def stop_recorder(simulator: Simulator) -> None:
    """Finish the recording."""
    simulator.recordings.recorder.stop()


@rpc(arguments.text, arguments.boolean)
def show_recorder_file_info(simulator: Simulator, name: str, show_all: bool) -> object:
    """What happened in a recording."""
    return _report(simulator, name, "file_info", show_all)


@rpc(arguments.text, _category, _category)
def show_recorder_collisions(simulator: Simulator, name: str, first: str, second: str) -> object:
    """The collisions in a recording that collision sensors felt."""
    return _report(simulator, name, "collisions", first, second)


@rpc(arguments.text, arguments.number, arguments.number)
def show_recorder_actors_blocked(
    simulator: Simulator, name: str, min_time_s: float, min_distance_cm: float
) -> object:
    """Vehicles and walkers that stood still in a recording."""
    return _report(simulator, name, "actors_blocked", min_time_s, min_distance_cm)


@rpc(
    arguments.text,
    arguments.number,
    arguments.number,
    arguments.unsigned,
    arguments.boolean,
    arguments.pose,
    optional=2,
    state=PARTIAL,
    note="times and freezing of traffic lights are not replayed, their states are",
)
def replay_file(
    simulator: Simulator,
    name: str,
    start_s: float,
    duration_s: float,
    follow_id: int,
    sensors: bool = False,
    offset: Pose = Options().offset,  # noqa: B008  (a constant)
) -> object:
    """Replay a recording, on its map."""
    recordings = simulator.recordings
    found = _opened(simulator, name)
    if found is None:
        return _missing(name)
    found.close()
    options = Options(
        start_s,
        duration_s,
        follow_id,
        offset,
        sensors,
        recordings.ignore_hero,
        recordings.ignore_spectator,
    )
    begin_s = options.start_in(found.duration_s)
    if begin_s == 0.0:
        return _replay(simulator, name, options, WHOLE)
    return InBackground(
        lambda: _ask(simulator, "preface", found, begin_s),
        lambda preface: _replay(simulator, name, options, Preface.unpacked(preface)),
    )


def _replay(simulator: Simulator, name: str, options: Options, preface: Preface) -> object:
    recording = _opened(simulator, name)
    if recording is None:
        return _missing(name)
    old = simulator.episode
    try:
        replayer = simulator.replay(recording, options, preface)
    except BaseException as error:
        recording.close()
        if isinstance(error, RecordingError):
            raise RpcError(str(error)) from None
        raise
    text = (
        f"Replaying File: {recording.path}\n\nTotal time recorded: {recording.duration_s:.6g}\n\n"
        f"Replaying from {replayer.start_s:.6g} s - {replayer.stop_s:.6g} s "
        f"({recording.duration_s:.6g} s) at {replayer.factor:.1f}x\n"
    )
    if simulator.episode is not old:
        return AfterDelay(RELOAD_DELAY_S, rpc_framing.value(text))
    return text


@rpc(arguments.boolean, void=True)
def stop_replayer(simulator: Simulator, keep_actors: bool) -> None:
    """End the replay; the actors that it made stay or go."""
    simulator.recordings.stop_replay(keep_actors=keep_actors)


@rpc(_factor, void=True)
def set_replayer_time_factor(simulator: Simulator, factor: float) -> None:
    """Replay faster or slower, now and later."""
    simulator.recordings.factor = factor


@rpc(arguments.boolean, void=True)
def set_replayer_ignore_hero(simulator: Simulator, ignored: bool) -> None:
    """Leave vehicles with the role hero out of replays, or not."""
    simulator.recordings.ignore_hero = ignored


@rpc(arguments.boolean, void=True)
def set_replayer_ignore_spectator(simulator: Simulator, ignored: bool) -> None:
    """Leave the spectator alone in replays, or not."""
    simulator.recordings.ignore_spectator = ignored
