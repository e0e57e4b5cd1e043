"""The gateway's arithmetic by way of its C library: states and rasters of frames, controls of actions. No ROS node."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from numpy.typing import NDArray

from drl_agent_node.errors import ConfigurationError, FleetError

LIBRARY: Final = "libcarla_gateway_in_process.so"
_NUM_CONTROLS: Final = 3
_ERROR_BYTES: Final = 512


class _Config(ctypes.Structure):
    """`carla_gateway_config` of carla_gateway/in_process.h."""

    _fields_ = (
        ("neighbour_count", ctypes.c_uint32),
        ("neighbour_radius_m", ctypes.c_float),
        ("max_steer_rate", ctypes.c_double),
        ("max_acceleration_rate", ctypes.c_double),
    )


class _RasterConfig(ctypes.Structure):
    """`carla_gateway_raster_config`."""

    _fields_ = (
        ("height", ctypes.c_uint32),
        ("width", ctypes.c_uint32),
        ("resolution_m", ctypes.c_float),
        ("ahead_m", ctypes.c_float),
        ("history", ctypes.c_uint32),
        ("history_interval", ctypes.c_uint32),
        ("threads", ctypes.c_uint32),
    )


class _Town(ctypes.Structure):
    """`carla_gateway_town`."""

    _fields_ = (
        ("cells", ctypes.c_void_p),
        ("rows", ctypes.c_uint32),
        ("columns", ctypes.c_uint32),
        ("frame", ctypes.c_void_p),
        ("light_lines", ctypes.c_void_p),
        ("num_lights", ctypes.c_uint32),
    )


@cache
def _library() -> Any:
    try:
        path = Path(get_package_prefix("carla_gateway")) / "lib" / LIBRARY
        library = ctypes.CDLL(str(path))
    except (PackageNotFoundError, OSError) as error:
        raise ConfigurationError(f"the gateway's library is missing ({error}); build the workspace") from None
    pointer, error_buffer = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_size_t)
    for name, result, arguments in (
        ("defaults", None, (ctypes.POINTER(_Config),)),
        (
            "open",
            pointer,
            (ctypes.c_uint32, ctypes.c_uint32, ctypes.c_double, ctypes.POINTER(_Config), *error_buffer),
        ),
        ("raster_defaults", None, (ctypes.POINTER(_RasterConfig),)),
        (
            "add_rasters",
            ctypes.c_int,
            (pointer, ctypes.POINTER(_RasterConfig), ctypes.POINTER(_Town), *error_buffer),
        ),
        ("close", None, (pointer,)),
        ("state_names", ctypes.c_char_p, (pointer,)),
        ("raster_names", ctypes.c_char_p, (pointer,)),
        ("observe", ctypes.c_int, (pointer, ctypes.c_uint64, *[pointer] * 8, *error_buffer)),
        ("answer", ctypes.c_int, (pointer, pointer, pointer, *error_buffer)),
    ):
        function = getattr(library, f"carla_gateway_{name}")
        function.restype, function.argtypes = result, arguments
    return library


@dataclass(frozen=True)
class GatewaySettings:
    """The gateway's parameters of these names; None stands for its default."""

    neighbour_count: int | None = None
    neighbour_radius_m: float | None = None
    max_steer_rate: float | None = None
    max_acceleration_rate: float | None = None


@dataclass(frozen=True)
class RasterSettings:
    """The gateway's parameters `raster_<name>`; None stands for its default."""

    height: int | None = None
    width: int | None = None
    resolution_m: float | None = None
    ahead_m: float | None = None
    history: int | None = None
    history_interval: int | None = None
    threads: int | None = None


class GatewayCore:
    """Observation builder and control gate of one fleet.

    Attributes:
        state_names: S names of the state's columns.
        raster_names: C names of the rasters' channels; empty without rasters.
        raster_resolution_m, raster_ahead_m: as in `ObservationLayout`.
    """

    def __init__(
        self, num_agents: int, num_route_points: int, step_s: float, settings: GatewaySettings | None = None
    ) -> None:
        """Open the library.

        Raises:
            ConfigurationError: when it is not built, or a setting is out of bounds.
        """
        self._handle = None
        self._library = _library()
        self._error = ctypes.create_string_buffer(_ERROR_BYTES)
        config = _Config()
        self._library.carla_gateway_defaults(config)
        for name, value in vars(settings or GatewaySettings()).items():
            if value is not None:
                setattr(config, name, value)
        self._handle = self._library.carla_gateway_open(
            num_agents, num_route_points, step_s, config, self._error, _ERROR_BYTES
        )
        if self._handle is None:
            raise ConfigurationError(self._reason())
        names: bytes = self._library.carla_gateway_state_names(self._handle)
        self.state_names = tuple(names.decode().split("\n"))
        self.raster_names: tuple[str, ...] = ()
        self.raster_resolution_m = self.raster_ahead_m = 0.0
        self._raster_shape = (num_agents, 0, 0, 0)
        self._num_agents = num_agents

    def add_rasters(self, town: Mapping[str, NDArray[Any]], settings: RasterSettings | None = None) -> None:
        """Have every observation from here on come with rasters, of this town.

        Args:
            town: the static arrays that the bridge puts into the ring for rasters, by name.
            settings: what is not at its default.

        Raises:
            ConfigurationError: when a setting is out of bounds.
        """
        config = _RasterConfig()
        self._library.carla_gateway_raster_defaults(config)
        for name, value in vars(settings or RasterSettings()).items():
            if value is not None:
                setattr(config, name, value)
        cells, lines = town["map_raster"], town["light_lines"]
        frame = town["map_frame"]
        described = _Town(cells.ctypes.data, *cells.shape, frame.ctypes.data, lines.ctypes.data, len(lines))
        if self._library.carla_gateway_add_rasters(
            self._handle, config, described, self._error, _ERROR_BYTES
        ):
            raise ConfigurationError(self._reason())
        names: bytes = self._library.carla_gateway_raster_names(self._handle)
        self.raster_names = tuple(names.decode().split("\n"))
        self.raster_resolution_m, self.raster_ahead_m = config.resolution_m, config.ahead_m
        self._raster_shape = (self._num_agents, len(self.raster_names), config.height, config.width)

    def observe(
        self,
        frame: int,
        ego: NDArray[np.float32],
        route: NDArray[np.float32],
        metrics: NDArray[np.float32],
        status: NDArray[np.uint8],
        route_line: NDArray[np.float32] | None = None,
        light_states: NDArray[np.uint8] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return the state of a frame, float32 [N, S], and its rasters, uint8 [N, C, H, W] (C is 0 without).

        Its action may then be answered.

        Args:
            frame: counts up from frame to frame.
            ego, route, metrics, status: as in the frame ring, C-contiguous.
            route_line, light_states: likewise; only needed for rasters.

        Raises:
            FleetError: when a value is not finite.
        """
        state = np.empty((self._num_agents, len(self.state_names)), np.float32)
        rasters = np.empty(self._raster_shape, np.uint8)
        inputs = (ego, route, metrics, status, route_line, light_states)
        arrays = (None if array is None else array.ctypes.data for array in (*inputs, state, rasters))
        if self._library.carla_gateway_observe(self._handle, frame, *arrays, self._error, _ERROR_BYTES):
            raise FleetError(f"frame {frame}: {self._reason()}")
        return state, rasters

    def answer(self, actions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn `actions`, float32 [N, NUM_ACTIONS], into controls [N, 3]: throttle, brake, steer (left positive).

        Raises:
            FleetError: when no frame awaits them.
        """
        actions = np.ascontiguousarray(actions, np.float32)
        controls = np.empty((self._num_agents, _NUM_CONTROLS), np.float32)
        if self._library.carla_gateway_answer(
            self._handle, actions.ctypes.data, controls.ctypes.data, self._error, _ERROR_BYTES
        ):
            raise FleetError(self._reason())
        return controls

    def close(self) -> None:
        """Release the library's memory."""
        if self._handle is not None:
            self._library.carla_gateway_close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()

    def _reason(self) -> str:
        return self._error.value.decode(errors="replace")
