"""The gateway's arithmetic by way of its C library: states of frames, controls of actions. No ROS node."""

from __future__ import annotations

import ctypes
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
        ("close", None, (pointer,)),
        ("state_names", ctypes.c_char_p, (pointer,)),
        ("observe", ctypes.c_int, (pointer, ctypes.c_uint64, *[pointer] * 5, *error_buffer)),
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


class GatewayCore:
    """Observation builder and control gate of one fleet.

    Attributes:
        state_names: S names of the state's columns.
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
        self._num_agents = num_agents

    def observe(
        self,
        frame: int,
        ego: NDArray[np.float32],
        route: NDArray[np.float32],
        metrics: NDArray[np.float32],
        status: NDArray[np.uint8],
    ) -> NDArray[np.float32]:
        """Return the state of a frame, float32 [N, S]; its action may then be answered.

        Args:
            frame: counts up from frame to frame.
            ego, route, metrics, status: as in the frame ring, C-contiguous.

        Raises:
            FleetError: when a value is not finite.
        """
        state = np.empty((self._num_agents, len(self.state_names)), np.float32)
        arrays = (array.ctypes.data for array in (ego, route, metrics, status, state))
        if self._library.carla_gateway_observe(self._handle, frame, *arrays, self._error, _ERROR_BYTES):
            raise FleetError(f"frame {frame}: {self._reason()}")
        return state

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
