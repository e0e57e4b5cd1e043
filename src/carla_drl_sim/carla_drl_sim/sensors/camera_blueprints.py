"""Attributes of camera blueprints, with the defaults of CARLA's sensor reference, version 0.9.16."""

from __future__ import annotations

from carla_drl_sim.sensors.attributes import ROLE_NAME, SENSOR_TICK, Attribute, choice, flag, real, whole

MAX_SIZE = 4096
"""Largest width and height of a picture: one of 4096 x 4096 pixels has 64 MiB."""

SIZE_AND_FIELD = (
    whole("image_size_x", 800, 1, MAX_SIZE),
    whole("image_size_y", 600, 1, MAX_SIZE),
    real("fov", 90.0, 0.01, 179.99),
)

LENS = (
    real("lens_circle_falloff", 5.0, 0.0, 10.0),
    real("lens_circle_multiplier", 0.0, 0.0, 10.0),
    real("lens_k", -1.0),
    real("lens_kcube", 0.0),
    real("lens_x_size", 0.08, 0.0, 1.0),
    real("lens_y_size", 0.08, 0.0, 1.0),
)
"""Distortion of the lens: accepted, without effect; pictures are those of a pinhole."""

EXPOSURE = (
    real("gamma", 2.2, 0.01, 100.0),
    real("exposure_compensation", 0.0, -15.0, 15.0),
)
"""Attributes of colour that have an effect. CARLA's compensation is +0.75 on Linux; here 0 is a normal exposure."""

WITHOUT_EFFECT = (
    flag("enable_postprocess_effects", True),
    real("bloom_intensity", 0.675),
    real("lens_flare_intensity", 0.1),
    real("fstop", 1.4),
    real("iso", 100.0),
    real("shutter_speed", 200.0),
    real("min_fstop", 1.2),
    whole("blade_count", 5),
    choice("exposure_mode", "histogram", ("histogram", "manual")),
    real("exposure_min_bright", 10.0),
    real("exposure_max_bright", 12.0),
    real("exposure_speed_up", 3.0),
    real("exposure_speed_down", 1.0),
    real("calibration_constant", 16.0),
    real("focal_distance", 1000.0),
    real("blur_amount", 1.0),
    real("blur_radius", 0.0),
    real("motion_blur_intensity", 0.45),
    real("motion_blur_max_distortion", 0.35),
    real("motion_blur_min_object_screen_size", 0.1),
    real("slope", 0.88),
    real("toe", 0.55),
    real("shoulder", 0.26),
    real("black_clip", 0.0),
    real("white_clip", 0.04),
    real("temp", 6500.0),
    real("tint", 0.0),
    real("chromatic_aberration_intensity", 0.0),
    real("chromatic_aberration_offset", 0.0),
)
"""Attributes of CARLA's colour pipeline that are accepted without effect."""

DVS = (
    real("positive_threshold", 0.3, 0.001),
    real("negative_threshold", 0.3, 0.001),
    real("sigma_positive_threshold", 0.0, 0.0),
    real("sigma_negative_threshold", 0.0, 0.0),
    whole("refractory_period_ns", 0, 0),
    flag("use_log", True),
    real("log_eps", 0.001, 1e-9),
)

_SHAPE = (ROLE_NAME, SENSOR_TICK, *SIZE_AND_FIELD, *LENS)
_COLOR = (*_SHAPE, *EXPOSURE, *WITHOUT_EFFECT)

CAMERA_ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    "sensor.camera.rgb": _COLOR,
    "sensor.camera.depth": _SHAPE,
    "sensor.camera.semantic_segmentation": _SHAPE,
    "sensor.camera.instance_segmentation": _SHAPE,
    "sensor.camera.normals": _SHAPE,
    "sensor.camera.optical_flow": _SHAPE,
    "sensor.camera.dvs": (*_COLOR, *DVS),
}
"""Attributes by blueprint."""
