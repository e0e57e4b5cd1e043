"""Pictures with boxes from a CARLA server: cameras ride on the cars of the Traffic Manager."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_drl_tools.errors import ToolError
from carla_drl_tools.instance_boxes import VEHICLE, WALKER, Array, Limits, labels, project, segments
from carla_sensor_bridge.client_session import ClientSession, Endpoint
from carla_sensor_bridge.errors import ConfigurationError, NoSimulatorError
from carla_sensor_bridge.road_users import RoadUsers
from carla_sensor_bridge.scenario import Scenario
from carla_sensor_bridge.weather import preset_values, weather_parameters

_STEP_S: Final = 0.1
_SETTLE_TICKS: Final = 30
_PATIENCE_S: Final = 20.0
_FAR_M: Final = 120.0
_CAMERAS: Final = {"picture": "sensor.camera.rgb", "instances": "sensor.camera.instance_segmentation"}
_ALL_SIGNS: Final = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


@dataclass(frozen=True)
class RecorderSettings:
    """What is recorded in each town."""

    width: int = 320
    height: int = 192
    fov_deg: float = 90.0
    cameras: int = 16
    """Cars that carry one."""
    vehicles: int = 150
    walkers: int = 150
    interval_s: float = 2.0
    """Simulated time between two pictures of a camera, s."""
    weathers: tuple[str, ...] = ("ClearNoon", "CloudyNoon", "WetNoon", "ClearSunset", "SoftRainNoon")
    """Presets, one after the other with every picture of all cameras."""
    empty_share: float = 0.1
    """Largest share of pictures without any label."""
    limits: Limits = field(default_factory=Limits)
    seed: int = 0


@dataclass(frozen=True)
class Labelled:
    """One picture."""

    picture: npt.NDArray[np.uint8]
    """u8 [H, W, 3] BGR."""
    kind: npt.NDArray[np.int64]
    """[B] index into CLASS_NAMES."""
    box: Array
    """[B, 4] left, top, right, bottom, pixels."""
    projected: Array
    """[A, 4] the boxes of all actors as the camera would see them if nothing hid them, pixels."""
    projected_kind: npt.NDArray[np.int64]


@dataclass
class _Actors:
    """Road users of a town: ids, kinds and bounding boxes."""

    ids: list[int]
    kind: npt.NDArray[np.int64]
    corners: Array
    """[A, 8, 3] in the actor's axes, m."""


def corners_in_camera(corners: Array, matrices: Array, camera_inverse: Array) -> Array:
    """Return [A, 8, 3] corners of bounding boxes as a camera sees them: x forward, y right, z up, m.

    Args:
        corners: [A, 8, 3] in each actor's axes.
        matrices: [A, 4, 4] from the actors' axes to the world's.
        camera_inverse: [4, 4] from the world's axes to the camera's.
    """
    homogeneous = np.concatenate((corners, np.ones((*corners.shape[:2], 1))), axis=2)
    result: Array = np.einsum("ij,ajk,ank->ani", camera_inverse, matrices, homogeneous)[..., :3]
    return result


def _actors(world: Any) -> _Actors:
    ids, kinds, corners = [], [], []
    for pattern, kind in (("vehicle.*", VEHICLE), ("walker.pedestrian.*", WALKER)):
        for actor in world.get_actors().filter(pattern):
            box = actor.bounding_box
            extent = np.array([box.extent.x, box.extent.y, box.extent.z])
            ids.append(actor.id)
            kinds.append(kind)
            corners.append(np.array([box.location.x, box.location.y, box.location.z]) + _ALL_SIGNS * extent)
    return _Actors(ids, np.array(kinds, dtype=np.int64), np.array(corners).reshape(-1, 8, 3))


class _Cameras:
    """Pairs of cameras on some cars; the pictures of a pair that belong together come out together."""

    def __init__(self, session: ClientSession, settings: RecorderSettings) -> None:
        world = session.world
        library = world.get_blueprint_library()
        rng = np.random.default_rng(settings.seed)
        cars = [
            car
            for car in world.get_actors().filter("vehicle.*")
            if int(car.attributes.get("number_of_wheels", 4)) == 4
        ]
        cars = sorted(cars, key=lambda car: car.id)[: settings.cameras]
        if len(cars) < settings.cameras:
            raise ToolError(f"--cameras is {settings.cameras}; allowed here: up to {len(cars)}, one per car")
        self._queue: SimpleQueue[tuple[int, str, Any]] = SimpleQueue()
        self._half: dict[tuple[int, int], tuple[str, Any]] = {}
        self._sensors: list[Any] = []
        self._client = session.client
        for number, car in enumerate(cars):
            # In front of the bumper, so that the car does not see itself; some look to the side.
            place = carla.Transform(
                carla.Location(car.bounding_box.extent.x + 0.3, 0.0, float(rng.uniform(1.2, 2.0))),
                carla.Rotation(pitch=float(rng.uniform(-6.0, 2.0)), yaw=(0.0, 0.0, 35.0, -35.0)[number % 4]),
            )
            for name, blueprint_id in _CAMERAS.items():
                blueprint = library.find(blueprint_id)
                for attribute, value in (
                    ("image_size_x", settings.width),
                    ("image_size_y", settings.height),
                    ("fov", settings.fov_deg),
                    ("sensor_tick", settings.interval_s),
                ):
                    blueprint.set_attribute(attribute, str(value))
                sensor = world.spawn_actor(blueprint, place, attach_to=car)
                sensor.listen(self._listener(number, name))
                self._sensors.append(sensor)

    def _listener(self, number: int, name: str) -> Any:
        put = self._queue.put

        def on_picture(picture: Any) -> None:
            put((number, name, picture))

        return on_picture

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Give the colour picture and the instances of every pair that is complete, without waiting for more."""
        while True:
            try:
                number, name, picture = (
                    self._queue.get(timeout=_PATIENCE_S) if self._half else self._queue.get_nowait()
                )
            except Empty:
                if self._half:
                    raise ToolError("a camera sends no more") from None
                return
            other = self._half.pop((number, picture.frame), None)
            if other is None:
                self._half[number, picture.frame] = name, picture
            elif name == "picture":
                yield picture, other[1]
            else:
                yield other[1], picture

    def destroy(self) -> None:
        """Remove the cameras."""
        for sensor in self._sensors:
            sensor.stop()
        self._client.apply_batch_sync(
            [carla.command.DestroyActor(sensor.id) for sensor in self._sensors], False
        )


def _pixels(image: Any) -> npt.NDArray[np.uint8]:
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)[..., :3]


def _label(pair: tuple[Any, Any], snapshot: Any, actors: _Actors, settings: RecorderSettings) -> Labelled:
    picture, instances = pair
    inverse = np.array(picture.transform.get_inverse_matrix())
    there = [snapshot.find(actor) for actor in actors.ids]
    rows = [row for row, actor in enumerate(there) if actor is not None]
    matrices = np.array([there[row].get_transform().get_matrix() for row in rows]).reshape(-1, 4, 4)
    near = np.linalg.norm(matrices[:, :3, 3] - np.linalg.inv(inverse)[:3, 3], axis=1) < _FAR_M
    chosen = np.array(rows, dtype=np.int64)[near]
    focal = picture.width / (2.0 * math.tan(math.radians(picture.fov) / 2.0))
    corners = corners_in_camera(actors.corners[chosen], matrices[near], inverse)
    projected = project(corners, focal, picture.width, picture.height)
    found = segments(_pixels(instances))
    keep = labels(found, actors.kind[chosen], projected, settings.limits)
    return Labelled(
        _pixels(picture).copy(), found.kind[keep], found.box[keep], projected, actors.kind[chosen]
    )


def record(
    host: str, port: int, town: str, pictures: int, settings: RecorderSettings, log: logging.Logger
) -> Iterator[Labelled]:
    """Give labelled pictures of one town.

    Raises:
        ToolError: when the server or the town cannot be used.
    """
    try:
        scenario = Scenario.model_validate(
            {
                "name": "detection",
                "town": town,
                "step_s": _STEP_S,
                "limits": {"time_limit_s": 1.0},
                "traffic": {
                    "vehicles": settings.vehicles,
                    "four_wheels_only": False,
                    "slower_percent": (0.0, 30.0),
                },
                "pedestrians": {"walkers": settings.walkers, "crossing_share": 0.4},
            }
        )
        session = ClientSession(Endpoint(host, port, 30.0, 60.0), Event(), log)
        session.prepare_world(scenario, headless=False)
        users = RoadUsers(session, scenario, settings.seed, log)
        users.spawn(np.empty((0, 2)))
    except (ConfigurationError, NoSimulatorError) as error:
        raise ToolError(str(error)) from error
    cameras: _Cameras | None = None
    try:
        world = session.world
        for _ in range(_SETTLE_TICKS):
            session.tick()
        actors = _actors(world)
        cameras = _Cameras(session, settings)
        snapshots: dict[int, Any] = {}
        made = empty = seen = round_number = 0
        while made < pictures:
            if seen >= round_number * settings.cameras:
                preset = settings.weathers[round_number % len(settings.weathers)]
                world.set_weather(weather_parameters(preset_values(preset)))
                round_number += 1
            session.tick()
            snapshot = world.get_snapshot()
            snapshots[snapshot.frame] = snapshot
            snapshots.pop(snapshot.frame - 100, None)
            for pair in cameras.pairs():
                if made == pictures or pair[0].frame not in snapshots:
                    continue
                seen += 1
                shot = _label(pair, snapshots[pair[0].frame], actors, settings)
                if not len(shot.kind):
                    if empty >= settings.empty_share * (made + 1):
                        continue
                    empty += 1
                made += 1
                yield shot
    except RuntimeError as error:
        raise ToolError(f"the simulator is lost: {error}") from error
    finally:
        if cameras is not None:
            cameras.destroy()
        users.destroy()
        session.restore()
