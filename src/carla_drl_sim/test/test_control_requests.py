"""The compiled path for vehicle controls does what the general one does, or leaves the request to it."""

from __future__ import annotations

import random
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
import pytest

from carla_drl_sim.handlers import RPCS
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.control_requests import MAX_CONTROLS, ControlRequests
from carla_drl_sim.protocol.rpc_framing import RequestDecoder, pack_response
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub

CONTROL = [0.5, -0.25, 0.125, True, False, True, 3]


@pytest.fixture
def simulator() -> Simulator:
    made = Simulator("Town01", 0, 20.0, synchronous=True, hub=StreamHub(lambda *_: None), clock=lambda: 0.0)
    for point in made.episode.town.spawn_points[:20].tolist():
        made.episode.spawn(Description(0, "vehicle.tesla.model3", []), Pose(*point))
    return made


def _packed(*requests: list[Any]) -> bytes:
    return b"".join(msgpack.packb(request, use_single_float=True) for request in requests)


def _single(actor: int, control: list[Any], request_id: int = 1, *, waits: bool = False) -> list[Any]:
    return [0, request_id, "apply_control_to_vehicle", [[not waits], actor, control]]


def _batch(
    commands: list[tuple[int, list[Any]]], request_id: int = 1, *, waits: bool = False, tick: bool = False
) -> list[Any]:
    wrapped = [[[2, [actor, control]]] for actor, control in commands]
    return [0, request_id, "apply_batch", [[not waits], wrapped, tick]]


def _apply(simulator: Simulator, data: bytes) -> tuple[int, bytes, bool]:
    buffer: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).copy()
    episode = simulator.episode
    taken, answers, waited = ControlRequests().apply(
        buffer,
        len(data),
        episode.actors.slot_of,
        episode.dynamics.table,
        episode.actors.walker_slot_of,
        episode.walkers.walkers.table,
    )
    return taken, bytes(answers), waited


def _generally(simulator: Simulator, data: bytes) -> bytes:
    decoder = RequestDecoder()
    decoder.feed(data)
    answers = b""
    while (request := decoder.next_request()) is not None:
        answers += pack_response(request.id, None, RPCS[request.method].call(simulator, request.arguments))
    return answers


def _ids(simulator: Simulator) -> list[int]:
    return [actor.id for actor in simulator.episode.actors.vehicles()]


def test_both_paths_agree(simulator: Simulator) -> None:
    rng = random.Random(0)
    ids, control = _ids(simulator), simulator.episode.dynamics.control
    for number in range(300):
        requests = []
        for _ in range(rng.randrange(1, 4)):
            values = [
                [rng.uniform(-1.5, 1.5), rng.uniform(-1.5, 1.5), rng.random()]
                + [rng.random() < 0.5 for _ in range(3)]
                + [rng.randrange(-1, 17)]
                for _ in ids
            ]
            chosen = list(zip(rng.choices(ids, k=rng.randrange(1, 20)), values, strict=False))
            request_id = rng.choice([number, 200, 40_000, 3_000_000_000])
            requests.append(
                _batch(chosen, request_id) if rng.random() < 0.5 else _single(*chosen[0], request_id)
            )
        data = _packed(*requests)
        control[:] = -7.0
        taken, answers, waited = _apply(simulator, data)
        fast = control.copy()
        control[:] = -7.0
        assert answers == _generally(simulator, data)
        assert taken == len(data)
        assert not waited
        np.testing.assert_array_equal(fast, control)


def test_a_waiting_client_is_noticed(simulator: Simulator) -> None:
    actor = _ids(simulator)[0]
    data = _packed(_single(actor, CONTROL), _batch([(actor, CONTROL)], waits=True))
    assert _apply(simulator, data)[0::2] == (len(data), True)


def test_incomplete_requests_change_nothing(simulator: Simulator) -> None:
    control = simulator.episode.dynamics.control
    data = _packed(_batch([(actor, CONTROL) for actor in _ids(simulator)]))
    for size in range(len(data)):
        assert _apply(simulator, data[:size]) == (0, b"", False)
    assert not control.any()


def test_what_follows_is_left(simulator: Simulator) -> None:
    first, tick = _packed(_single(_ids(simulator)[0], CONTROL)), _packed([0, 2, "tick_cue", [[False]]])
    assert _apply(simulator, first + tick)[0] == len(first)
    assert _apply(simulator, tick + first)[0] == 0


@pytest.mark.parametrize(
    "control",
    [
        [float("nan"), 0.0, 0.0, False, False, False, 0],
        [0.0, float("inf"), 0.0, False, False, False, 0],
        [0, 0.0, 0.0, False, False, False, 0],
        [0.0, 0.0, 0.0, 0, False, False, 0],
        [0.0, 0.0, 0.0, False, False, False, 17],
        [0.0, 0.0, 0.0, False, False, False, -2],
        [0.0, 0.0, 0.0, False, False, False],
        [0.0, 0.0, 0.0, False, False, False, 0, 0],
        None,
    ],
)
def test_unusual_controls_are_left_to_the_general_path(simulator: Simulator, control: Any) -> None:
    actor = _ids(simulator)[0]
    assert _apply(simulator, _packed(_single(actor, control)))[0] == 0
    assert _apply(simulator, _packed(_batch([(actor, CONTROL), (actor, control)])))[0] == 0
    assert not simulator.episode.dynamics.control.any()


def test_unknown_actors_and_ticking_batches_are_left(simulator: Simulator) -> None:
    actor, spectator = _ids(simulator)[0], simulator.episode.spectator.id
    for unknown in (0, spectator, 999, 70_000, 4_000_000_000):
        assert _apply(simulator, _packed(_single(unknown, CONTROL)))[0] == 0
    assert _apply(simulator, _packed(_batch([(actor, CONTROL)], tick=True)))[0] == 0
    assert _apply(simulator, _packed(_batch([(actor, CONTROL)] * (MAX_CONTROLS + 1))))[0] == 0


def test_random_bytes_stay_within_bounds(simulator: Simulator) -> None:
    rng = random.Random(3)
    good = _packed(_batch([(actor, CONTROL) for actor in _ids(simulator)]))
    for _ in range(3000):
        data = bytearray(good[: rng.randrange(1, len(good))])
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        taken, answers, _ = _apply(simulator, bytes(data))
        assert taken <= len(data)
        assert len(answers) <= taken + 8


def _spawn_walkers(simulator: Simulator, count: int) -> list[int]:
    description = Description(0, "walker.pedestrian.0015", [])
    return [
        simulator.episode.spawn(description, Pose(1000.0 + 2.0 * index, 0.0, 1.0)).id
        for index in range(count)
    ]


def _walker_batch(commands: list[tuple[int, list[Any], float]], *, tick: bool = False) -> list[Any]:
    wrapped = [[[7, list(command)]] for command in commands]
    return [0, 7, "apply_batch", [[True], wrapped, tick]]


def test_both_paths_lead_walkers_alike(simulator: Simulator) -> None:
    rng = random.Random(1)
    ids, walkers = _spawn_walkers(simulator, 40), simulator.episode.walkers.walkers
    names = ("position", "rotation", "direction", "speed", "jump")
    for _ in range(50):
        commands = [
            (
                actor,
                [
                    [rng.uniform(-900.0, 900.0) for _ in range(3)],
                    [rng.uniform(-400.0, 400.0) for _ in range(3)],
                ],
                rng.uniform(-0.5, 3.0),
            )
            for actor in rng.sample(ids, rng.randrange(1, 40))
        ]
        data = _packed(_walker_batch(commands))
        before = [getattr(walkers, name).copy() for name in names]
        taken, answers, waited = _apply(simulator, data)
        assert (taken, waited) == (len(data), False)
        fast = [getattr(walkers, name).copy() for name in names]
        for name, values in zip(names, before, strict=True):
            getattr(walkers, name)[:] = values
        assert answers == _generally(simulator, data)
        for name, values in zip(names, fast, strict=True):
            np.testing.assert_array_equal(getattr(walkers, name), values)


def test_unusual_walker_batches_are_left(simulator: Simulator) -> None:
    first, second = _spawn_walkers(simulator, 2)
    place = [[1.0, 2.0, 3.0], [0.0, 90.0, 0.0]]
    good = _packed(_walker_batch([(first, place, 1.0), (second, place, 1.0)]))
    before = simulator.episode.walkers.walkers.position.copy()
    for size in range(len(good)):
        assert _apply(simulator, good[:size])[0] == 0
    for wrong in (
        _walker_batch([(first, place, 1.0)], tick=True),
        _walker_batch([(first, place, 1.0), (_ids(simulator)[0], place, 1.0)]),
        _walker_batch([(first, place, 1.0), (70_000, place, 1.0)]),
        _walker_batch([(first, [[1.0, 2.0, float("nan")], [0.0, 0.0, 0.0]], 1.0)]),
        _walker_batch([(first, [[1.0, 2.0, 3e7], [0.0, 0.0, 0.0]], 1.0)]),
        _walker_batch([(first, [[1.0, 2.0, 3.0], [0.0, float("inf"), 0.0]], 1.0)]),
        _walker_batch([(first, place, float("nan"))]),
        _walker_batch([(first, [[1.0, 2.0], [0.0, 0.0, 0.0]], 1.0)]),
        [
            0,
            7,
            "apply_batch",
            [[True], [[[7, [first, place, 1.0]]], [[2, [_ids(simulator)[0], CONTROL]]]], False],
        ],
    ):
        assert _apply(simulator, _packed(wrong))[0] == 0
    simulator.episode.walkers.kill(simulator.episode.actors.walker(second), 0.0)
    assert _apply(simulator, good)[0] == 0
    np.testing.assert_array_equal(simulator.episode.walkers.walkers.position, before)
