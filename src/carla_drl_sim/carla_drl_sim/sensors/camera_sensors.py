"""Camera sensors of an episode: from settings and poses to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.protocol import streams
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.camera import CameraJob, CameraState, render
from carla_drl_sim.sensors.device import Batch, Kind, Moment, Payload

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode


def _make(actor: Actor, values: dict[str, Value], _: Episode) -> CameraJob:
    return CameraJob(
        actor.type_id,
        int(values["image_size_x"]),
        int(values["image_size_y"]),
        float(values["fov"]),
        np.zeros((4, 3)),
        values,
        CameraState(),
        actor.id,
    )


def _measure(batch: Batch, moment: Moment) -> Sequence[Payload | None]:
    poses = np.concatenate((batch.axes, batch.location[:, None]), axis=1)
    for job, pose in zip(batch.devices, poses, strict=True):
        job.pose = pose
    return render(batch.devices, moment.scene, moment.workers)


def _kind(stream_type: int) -> Kind:
    return Kind(stream_type, _make, _measure, needs_scene=True, is_camera=True)


CAMERA_SENSORS: dict[str, Kind] = {
    "sensor.camera.depth": _kind(streams.SENSOR_DEPTH),
    "sensor.camera.normals": _kind(streams.SENSOR_NORMALS),
    "sensor.camera.dvs": _kind(streams.SENSOR_DVS),
    "sensor.camera.optical_flow": _kind(streams.SENSOR_OPTICAL_FLOW),
    "sensor.camera.rgb": _kind(streams.SENSOR_RGB),
    "sensor.camera.semantic_segmentation": _kind(streams.SENSOR_SEMANTIC_SEGMENTATION),
    "sensor.camera.instance_segmentation": _kind(streams.SENSOR_INSTANCE_SEGMENTATION),
}
"""Kinds of cameras by blueprint."""
