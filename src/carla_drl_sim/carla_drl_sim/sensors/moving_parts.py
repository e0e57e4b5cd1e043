"""The parts of everything that moves or switches in an episode: vehicles, walkers, what they carry, traffic lights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.attachment import axes as axes_of
from carla_drl_sim.sensors.actor_parts_kernel import place_parts
from carla_drl_sim.sensors.part_builder import BRAKE, FIXED, LEFT_BLINKER, RIGHT_BLINKER, ActorParts
from carla_drl_sim.sensors.person_parts import walker_parts
from carla_drl_sim.sensors.scene import PartIndex, SceneParts, chosen, index_of_groups, joined
from carla_drl_sim.sensors.traffic_parts import prop_parts, sign_parts, traffic_light_parts
from carla_drl_sim.sensors.vehicle_parts import Body, vehicle_parts
from carla_drl_sim.world.dynamics_columns import BRAKE as BRAKE_PEDAL
from carla_drl_sim.world.props import PROPS
from carla_drl_sim.world.signals import SignalKind

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode
    from carla_drl_sim.world.vehicle_model import VehicleModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Colors = tuple[tuple[int, int, int], ...]

_SKIN = ((236, 196, 170), (205, 160, 130), (160, 112, 82), (104, 70, 50))
_CLOTHES = (
    (172, 44, 44),
    (44, 70, 150),
    (48, 110, 70),
    (205, 180, 70),
    (230, 230, 228),
    (120, 60, 130),
    (60, 62, 68),
    (200, 110, 50),
)
_TROUSERS = ((40, 48, 74), (34, 34, 36), (92, 84, 70), (64, 66, 70), (96, 104, 116))
_BODY_PAINT = (
    (200, 202, 204),
    (38, 40, 44),
    (130, 22, 24),
    (32, 58, 118),
    (92, 98, 104),
    (226, 226, 222),
    (60, 84, 66),
)
_SPECIAL_PAINT = {
    "vehicle.carlamotors.firetruck": ((176, 22, 20), (176, 22, 20)),
    "vehicle.carlamotors.carlacola": ((180, 24, 24), (200, 30, 30)),
    "vehicle.ford.ambulance": ((232, 232, 228), (232, 232, 228)),
    "vehicle.dodge.charger_police": ((24, 25, 28), (24, 25, 28)),
    "vehicle.dodge.charger_police_2020": ((24, 25, 28), (24, 25, 28)),
    "vehicle.ford.crown": ((226, 178, 30), (226, 178, 30)),
    "vehicle.mitsubishi.fusorosa": ((222, 222, 216), (222, 222, 216)),
}

BLINK_HZ = 1.5
"""Flashes of indicators per second; UNECE Regulation 48 asks for 90 per minute."""
_STEPS_PER_METRE = 0.68
_LONGEST_SWING = 0.55


def _pick(options: Sequence[tuple[int, int, int]], actor_id: int, what: str) -> tuple[int, int, int]:
    digest = hashlib.sha256(f"{what} {actor_id}".encode()).digest()
    return options[int.from_bytes(digest[:4], "little") % len(options)]


def _rgb(text: str) -> tuple[int, int, int] | None:
    parts = text.split(",")
    if len(parts) != 3 or not all(part.strip().isdigit() for part in parts):
        return None
    red, green, blue = (min(int(part), 255) for part in parts)
    return red, green, blue


def body_of(model: VehicleModel) -> Body:
    """What the shape of a vehicle follows from."""
    return Body(
        model.base_type,
        model.special_type == "emergency",
        model.extent,
        (1.0 - model.front_load) * model.wheelbase_m,
        -model.front_load * model.wheelbase_m,
        model.track_m,
        model.wheel_radius_m,
    )


def vehicle_colors(actor: Actor) -> Colors:
    """Paint, load or trousers, and skin; as the attribute color says, else by the actor's id."""
    paint = _rgb(actor.description.attributes.get("color", ""))
    second = _pick(_TROUSERS, actor.id, "trousers")
    if actor.model is not None and actor.model.number_of_wheels > 2:
        second = (214, 214, 210)
        if paint is None and actor.type_id in _SPECIAL_PAINT:
            paint, second = _SPECIAL_PAINT[actor.type_id]
    return paint or _pick(_BODY_PAINT, actor.id, "paint"), second, _pick(_SKIN, actor.id, "skin")


def walker_colors(actor_id: int) -> Colors:
    """Jacket, trousers and skin, by the actor's id."""
    return (
        _pick(_CLOTHES, actor_id, "jacket"),
        _pick(_TROUSERS, actor_id, "trousers"),
        _pick(_SKIN, actor_id, "skin"),
    )


class PlacedActors:
    """Parts of a set of actors that stays the same until somebody comes or goes.

    Args:
        kinds: the parts of each actor, [A]; actors of one kind share the object.
        colors: three colours of each actor.
        owners: their ids.
    """

    def __init__(self, kinds: Sequence[ActorParts], colors: Sequence[Colors], owners: Sequence[int]) -> None:
        known: dict[int, tuple[int, ActorParts]] = {}
        total = 0
        for kind in kinds:
            if id(kind) not in known:
                known[id(kind)] = (total, kind)
                total += len(kind.tint)
        tables = [kind for _, kind in known.values()]
        self._table = joined([kind.parts for kind in tables])
        self._bright: Ints = _column(tables, 2, np.int32)
        self._dim: Ints = _column(tables, 3, np.int32)
        self._steered: npt.NDArray[np.bool_] = _column(tables, 4, np.bool_)
        self._swing: Floats = _column(tables, 5, np.float64)
        self._first = np.array([known[id(kind)][0] for kind in kinds], np.int32)
        self.length = np.array([len(kind.tint) for kind in kinds], np.int32)
        self.start = (np.cumsum(self.length) - self.length).astype(np.int32)
        rows = [
            np.arange(first, first + length) for first, length in zip(self._first, self.length, strict=True)
        ]
        which = np.concatenate(rows).astype(np.intp) if rows else np.empty(0, np.intp)
        self._parts = chosen(self._table, which)
        tint = _column(tables, 1, np.uint8)[which]
        actor = np.repeat(np.arange(len(kinds)), self.length)
        palette = np.array(colors, np.uint8).reshape(-1, 3, 3)
        own = tint != FIXED
        self._parts.color[own] = palette[actor[own], tint[own] - 1]
        self._parts.owner[:] = np.asarray(owners, np.int64)[actor]

    def place(
        self,
        position: Floats,
        axes: Floats,
        velocity: Floats,
        spin: Floats,
        steer: Floats,
        stride: Floats,
        flags: Ints,
    ) -> SceneParts:
        """The parts where the actors are now; arguments as `place_parts`. Only what changes is copied."""
        parts = self._parts
        number = len(parts.shape)
        parts = parts._replace(
            centre=np.empty((number, 3)),
            axes=np.empty((number, 3, 3)),
            glow=np.empty(number, np.float32),
            velocity=np.empty((number, 3)),
            spin=np.empty((number, 3)),
        )
        place_parts(
            self._table,
            self._bright,
            self._dim,
            self._steered,
            self._swing,
            self._first,
            self.length,
            self.start,
            position,
            axes,
            velocity,
            spin,
            steer,
            stride,
            flags,
            parts,
        )
        return parts


def _column(tables: Sequence[ActorParts], place: int, dtype: type) -> npt.NDArray[Any]:
    pieces = [np.asarray(table[place]) for table in tables]
    return np.concatenate(pieces).astype(dtype) if pieces else np.empty(0, dtype)


class MovingParts:
    """All parts of an episode that belong to actors."""

    def __init__(self) -> None:
        self._version = -1

    def parts(self, episode: Episode) -> tuple[SceneParts, PartIndex]:
        """The parts where they are now, and a tree over them with one leaf per actor."""
        if self._version != episode.actors.version:
            self._lay_out(episode)
            self._version = episode.actors.version
        dynamics, walkers, lights = episode.dynamics, episode.walkers.walkers, episode.traffic.lights
        slots, walker_slots, number = self._slots, self._walker_slots, self._number
        first_walker = len(slots)
        first_light = first_walker + len(walker_slots)
        first_sign = first_light + len(lights)
        position, rotation = self._position, self._rotation
        velocity, spin = np.zeros((number, 3)), np.zeros((number, 3))
        steer, stride, flags = np.zeros(number), np.zeros(number), np.zeros(number, np.int32)
        position[:first_walker] = dynamics.position[slots]
        rotation[:first_walker] = dynamics.rotation[slots]
        velocity[:first_walker] = dynamics.velocity[slots]
        spin[:first_walker] = np.radians(dynamics.angular_velocity[slots])
        steer[:first_walker] = np.radians(dynamics.wheel_steer_deg[slots])
        flags[:first_walker] = self._vehicle_flags(episode)
        walking = slice(first_walker, first_light)
        position[walking] = walkers.position[walker_slots]
        rotation[walking] = walkers.rotation[walker_slots]
        velocity[walking] = walkers.velocity[walker_slots]
        stride[walking] = _strides(velocity[walking], position[walking])
        flags[first_light:first_sign] = np.left_shift(1, lights.state.astype(np.int32))
        self._carry(episode, velocity, spin)
        parts = self._placed.place(position, axes_of(rotation), velocity, spin, steer, stride, flags)
        return parts, index_of_groups(parts, self._placed.start, self._placed.length)

    def _carry(self, episode: Episode, velocity: Floats, spin: Floats) -> None:
        """Place the props that are attached to something, and let them move with it."""
        first = self._number - len(self._carried)
        for row, (prop, carrier) in enumerate(self._carried, start=first):
            pose = episode.snapshot.world_pose(prop)
            self._position[row], self._rotation[row] = pose[:3], pose[3:]
            if carrier is not None:
                spin[row] = spin[carrier]
                offset = self._position[row] - self._position[carrier]
                velocity[row] = velocity[carrier] + np.cross(spin[row], offset)

    def _vehicle_flags(self, episode: Episode) -> Ints:
        """Lights of the vehicles: as set, brake lights also by the pedal, indicators in their flashing phase."""
        flags = np.array([vehicle.light_flags for vehicle in self._vehicles], np.int32)
        flags |= np.where(episode.dynamics.control[self._slots, BRAKE_PEDAL] > 0.05, BRAKE, 0).astype(
            np.int32
        )
        if int(episode.elapsed_s * 2.0 * BLINK_HZ) % 2:
            flags &= ~(LEFT_BLINKER | RIGHT_BLINKER)
        return flags

    def _lay_out(self, episode: Episode) -> None:
        """Everything that only changes when actors come and go."""
        self._vehicles = episode.actors.vehicles()
        walkers = [actor for actor in episode.actors if actor.is_walker]
        lights = episode.traffic.light_actors
        signs = [actor for actor in episode.actors if _is_sign(actor)]
        self._slots = np.array([vehicle.slot for vehicle in self._vehicles], np.intp)
        self._walker_slots = np.array([walker.walker_slot for walker in walkers], np.intp)
        kinds: list[ActorParts] = []
        for vehicle in self._vehicles:
            assert vehicle.model is not None
            kinds.append(vehicle_parts(body_of(vehicle.model)))
        extent = episode.walkers.walkers.extent
        kinds += [walker_parts(float(extent[slot, 2])) for slot in self._walker_slots]
        kinds += [traffic_light_parts()] * len(lights)
        for sign in signs:
            assert sign.signal is not None
            kinds.append(sign_parts(sign.signal.kind))
        colors = [vehicle_colors(vehicle) for vehicle in self._vehicles]
        colors += [walker_colors(walker.id) for walker in walkers]
        colors += [_NO_COLORS] * (len(lights) + len(signs))
        props = [actor for actor in episode.actors if actor.type_id in PROPS and actor.parent_id]
        kinds += [prop_parts(prop.type_id) for prop in props]
        colors += [_NO_COLORS] * len(props)
        actors = [*self._vehicles, *walkers, *lights, *signs, *props]
        rows = {actor.id: row for row, actor in enumerate((*self._vehicles, *walkers))}
        self._carried = [(prop, rows.get(_carrier(episode, prop).id)) for prop in props]
        self._placed = PlacedActors(kinds, colors, [actor.id for actor in actors])
        self._number = len(actors)
        self._position, self._rotation = np.zeros((len(actors), 3)), np.zeros((len(actors), 3))
        first = len(self._vehicles) + len(walkers)
        for row, actor in enumerate([*lights, *signs], start=first):
            assert actor.signal is not None
            self._position[row] = (actor.signal.x, actor.signal.y, actor.signal.z)
            self._rotation[row, 1] = actor.signal.yaw_deg


_NO_COLORS: Colors = ((0, 0, 0), (0, 0, 0), (0, 0, 0))


def _is_sign(actor: Actor) -> bool:
    return actor.signal is not None and actor.signal.kind is not SignalKind.TRAFFIC_LIGHT


def _carrier(episode: Episode, actor: Actor) -> Actor:
    """The free actor at the end of the chain of parents."""
    while actor.parent_id:
        actor = episode.actors.get(actor.parent_id)
    return actor


def _strides(velocity: Floats, position: Floats) -> Floats:
    """Angle of the limbs, rad; the phase follows the place, so that feet keep their place on the ground."""
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    along = velocity[:, 0] * position[:, 0] + velocity[:, 1] * position[:, 1]
    distance = along / np.maximum(speed, 1e-3)
    swing = np.minimum(0.35 * speed, _LONGEST_SWING)
    return np.asarray(swing * np.sin(2.0 * np.pi * _STEPS_PER_METRE * distance))
