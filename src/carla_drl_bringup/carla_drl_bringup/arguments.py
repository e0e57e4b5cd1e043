"""What the launch arguments mean: parsing and checks, without launch or ROS.

Every function raises `ArgumentError` with the argument's name, its value and what is allowed.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

SIMULATOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
FIRST_PORT = 2000
# A CARLA server uses its RPC port, the next one for streams, and the one after that.
PORT_STRIDE = 3
EMBEDDED_HOST = "127.0.0.1"
IMAGES = ("raster", "camera", "lidar")
"""Parts of observations that are images, each with parameters of the gateway of its own."""
SENSOR_TYPES = {"camera": "sensor.camera.rgb", "lidar": "sensor.lidar.ray_cast"}
"""The sensors that images are made from."""
RASTER_PARAMETERS: dict[str, type[int | float | str]] = {
    "height": int,
    "width": int,
    "resolution_m": float,
    "ahead_m": float,
    "history": int,
    "history_interval": int,
    "threads": int,
}
CAMERA_PARAMETERS: dict[str, type[int | float | str]] = {
    "sensors": str,
    "height": int,
    "width": int,
    "color": str,
    "resize": str,
    "history": int,
    "history_interval": int,
}
LIDAR_PARAMETERS: dict[str, type[int | float | str]] = {
    "sensor": str,
    "form": str,
    "rows": int,
    "columns": int,
    "lower_deg": float,
    "upper_deg": float,
    "range_m": float,
    "height": int,
    "width": int,
    "resolution_m": float,
    "ahead_m": float,
    "min_z_m": float,
    "max_z_m": float,
}
IMAGE_PARAMETERS = {"raster": RASTER_PARAMETERS, "camera": CAMERA_PARAMETERS, "lidar": LIDAR_PARAMETERS}


class ArgumentError(ValueError):
    """A launch argument that cannot be used."""

    def __init__(self, name: str, value: object, allowed: str) -> None:
        super().__init__(f"argument {name}:='{value}' cannot be used; allowed: {allowed}")


@dataclass(frozen=True)
class Simulator:
    """Where the CARLA server is, and whether launch starts it."""

    embedded: bool
    host: str
    port: int


def port_is_free(port: int, host: str = EMBEDDED_HOST) -> bool:
    """Tell whether a server could listen on `host`:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


_claims: list[socket.socket] = []


def _claim(ports: Sequence[int]) -> bool:
    """Keep `ports` from other launches, before their servers listen and while those are started again.

    A name that a socket is bound to, without a file: it ends with this process, however that ends.

    Returns:
        Whether nobody has claimed one of them before.
    """
    claims: list[socket.socket] = []
    for port in ports:
        claims.append(socket.socket(socket.AF_UNIX))
        try:
            claims[-1].bind(f"\0carla_drl.port.{port}")
        except OSError:
            for claim in claims:
                claim.close()
            return False
    _claims.extend(claims)
    return True


def first_free_port(first: int = FIRST_PORT, last: int = FIRST_PORT + 100 * PORT_STRIDE) -> int:
    """Return the first port from `first` on whose RPC and stream ports are free, and claim them for this process."""
    for port in range(first, last, PORT_STRIDE):
        ports = (port, port + 1)
        if all(map(port_is_free, ports)) and _claim(ports):
            return port
    raise ArgumentError("simulator", "embedded", f"needs two free ports between {first} and {last}")


def parse_simulator(value: str) -> Simulator:
    """Parse `embedded`, `embedded:port` or `host:port`."""
    allowed = "embedded, embedded:<port>, or <host>:<port> of a CARLA server, ports 1 to 65534"
    host, colon, port_text = value.strip().rpartition(":")
    if value.strip() == "embedded":
        return Simulator(True, EMBEDDED_HOST, first_free_port())
    if not colon or not host or not port_text.isdecimal() or not 0 < int(port_text) < 65535:
        raise ArgumentError("simulator", value, allowed)
    embedded = host == "embedded"
    return Simulator(embedded, EMBEDDED_HOST if embedded else host, int(port_text))


def parse_simulators(value: str, count: int) -> list[Simulator]:
    """Parse the simulators of `count` groups.

    Each of several embedded ones takes the first free ports, or, with a port given, those `PORT_STRIDE` after the ones
    before.
    """
    if count == 1:
        return [parse_simulator(value)]
    parts = [part.strip() for part in value.split(",")]
    if len(parts) == 1 and parts[0] == "embedded":
        return [Simulator(True, EMBEDDED_HOST, first_free_port()) for _ in range(count)]
    if len(parts) == 1 and parts[0].startswith("embedded:"):
        first = parse_simulator(parts[0])
        return [parse_simulator(f"embedded:{first.port + PORT_STRIDE * number}") for number in range(count)]
    if len(parts) != count or len(set(parts)) != count:
        raise ArgumentError(
            "simulator", value, f"embedded, embedded:<port>, or {count} different <host>:<port> with commas"
        )
    return [parse_simulator(part) for part in parts]


def group_names(first: str, count: int) -> list[str]:
    """Name `count` lock-step groups: the number at the end of `first`, 0 if it has none, counts up."""
    if count == 1:
        return [first]
    stem = first.rstrip("0123456789")
    number = int(first[len(stem) :] or 0)
    return [parse_simulator_name(f"{stem}{number + k}") for k in range(count)]


def parse_simulator_name(value: str) -> str:
    """Check the name of the lock-step group: it becomes part of topic names."""
    if not SIMULATOR_NAME.fullmatch(value):
        raise ArgumentError(
            "simulator_name", value, "a-z, 0-9 and _, starting with a letter, at most 31 characters"
        )
    return value


def parse_int(name: str, value: str, low: int, high: int) -> int:
    """Parse a whole number within [low, high]."""
    try:
        number = int(value.replace("_", ""))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ArgumentError(name, value, f"a whole number from {low} to {high}")
    return number


def parse_float(name: str, value: str, low: float, high: float) -> float:
    """Parse a number within [low, high]."""
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ArgumentError(name, value, f"a number from {low} to {high}")
    return number


def parse_bool(name: str, value: str) -> bool:
    """Parse `true` or `false`."""
    lowered = value.strip().lower()
    if lowered not in {"true", "false"}:
        raise ArgumentError(name, value, "true or false")
    return lowered == "true"


def parse_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Check that a value is one of `choices`."""
    if value not in choices:
        raise ArgumentError(name, value, ", ".join(choices))
    return value


def parse_observation(value: str) -> tuple[str, ...]:
    """Return the images among what a policy is to see, of a text like `state+camera`; `both` is `state+raster`."""
    parts = ("state", "raster") if value == "both" else tuple(value.split("+"))
    if set(parts) - {"state", *IMAGES} or len(set(parts)) != len(parts):
        raise ArgumentError(
            "observation", value, "parts of state, raster, camera, lidar with + between them, or both"
        )
    return tuple(name for name in IMAGES if name in parts)


def check_sensors(observation: str, scenario: Path) -> None:
    """Check that a scenario has sensors of the kinds that a policy is to see; the gateway looks at each vehicle."""
    sensors = (yaml.safe_load(scenario.read_text(encoding="utf-8")) or {}).get("sensors") or []
    types = [sensor.get("type") for sensor in sensors if isinstance(sensor, dict)]
    for image in parse_observation(observation):
        wanted = SENSOR_TYPES.get(image)
        if wanted is not None and wanted not in types:
            raise ArgumentError(
                "observation",
                observation,
                f"what the sensors of scenario {scenario.stem} show, and none of them is a {wanted}; it has: "
                + (", ".join(map(str, types)) or "none"),
            )


def parse_image(image: str, value: str) -> dict[str, int | float | bool | str | list[str]]:
    """Parse `<name>=<value>,...`, parameters `<image>_<name>` of the gateway, which checks their ranges.

    Args:
        image: one of `IMAGES`, the argument's name.
        value: the argument; several names of sensors have + between them.
    """
    parameters: dict[str, int | float | bool | str | list[str]] = {}
    known = IMAGE_PARAMETERS[image]
    for part in filter(None, value.split(",")):
        name, _, text = part.partition("=")
        try:
            parameters[name.strip()] = _image_parameter(name.strip(), known[name.strip()], text.strip())
        except (KeyError, ValueError):
            allowed = f"<name>=<value>,... with names {', '.join(known)}"
            raise ArgumentError(image, value, allowed) from None
    return parameters


def _image_parameter(
    name: str, kind: type[int | float | str], text: str
) -> int | float | bool | str | list[str]:
    if not text:
        raise ValueError(name)
    if name == "color":
        return parse_bool(name, text)
    if name == "sensors":
        return text.split("+")
    return kind(text)


def find_config(name: str, value: str, folder: Path) -> Path:
    """Find a YAML file by the name of one in `folder`, or by path."""
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if value in known:
        return folder / f"{value}.yaml"
    path = Path(value).expanduser()
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path.resolve()
    raise ArgumentError(name, value, f"{', '.join(known)}, or the path of a .yaml file")


def parse_optional_file(name: str, value: str, allowed: str) -> str:
    """Return the absolute path of a file, or nothing for nothing."""
    if not value:
        return ""
    path = Path(value).expanduser()
    if not path.is_file():
        raise ArgumentError(name, value, allowed)
    return str(path.resolve())


def newest_run(run_root: Path) -> str:
    """Return the name of the run below `run_root` that wrote a checkpoint last."""
    checkpoints = sorted(run_root.glob("*/checkpoints/*.pt"), key=lambda path: path.stat().st_mtime)
    if not checkpoints:
        raise ArgumentError(
            "run_name", "", f"the name of a run with checkpoints; there is none in {run_root}"
        )
    return checkpoints[-1].parent.parent.name
