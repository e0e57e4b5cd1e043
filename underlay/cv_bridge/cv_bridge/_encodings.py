"""What the encodings of image messages mean: those of `sensor_msgs/image_encodings.hpp`."""

from __future__ import annotations

import re
from typing import NamedTuple

import cv2
import numpy as np

_DEPTHS = {"8U": "uint8", "8S": "int8", "16U": "uint16", "16S": "int16", "32S": "int32", "32F": "float32"}
_DEPTHS["64F"] = "float64"
_CHANNELS = {"mono": 1, "rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4}
_GENERIC = re.compile(r"(8U|8S|16U|16S|32S|32F|64F)(?:C([0-9]+))?")
_COLOR = re.compile(r"(mono|rgba?|bgra?|bayer_(?:rggb|bggr|gbrg|grbg))(8|16)")
# Names of one thing, old and new.
_YUV = {"yuv422": "UYVY", "uyvy": "UYVY", "yuv422_yuy2": "YUY2", "yuyv": "YUY2"}
_MOST_CHANNELS = 512


class Encoding(NamedTuple):
    """What the pixels of an image are."""

    dtype: np.dtype
    channels: int
    color: str
    """mono, rgb, bgr, rgba, bgra, bayer_<pattern>, UYVY or YUY2; empty where the encoding does not say."""


def parse(encoding: str) -> Encoding:
    """Return what an encoding means.

    Raises:
        RuntimeError: when it is none that is known here.
    """
    if encoding in _YUV:
        return Encoding(np.dtype(np.uint8), 2, _YUV[encoding])
    found = _COLOR.fullmatch(encoding)
    if found:
        color, bits = found.groups()
        return Encoding(np.dtype(f"uint{bits}"), _CHANNELS.get(color, 1), color)
    found = _GENERIC.fullmatch(encoding)
    if found and 1 <= int(found.group(2) or 1) <= _MOST_CHANNELS:
        return Encoding(np.dtype(_DEPTHS[found.group(1)]), int(found.group(2) or 1), "")
    raise RuntimeError(f"Unrecognized image encoding [{encoding}]")


def type_name(dtype: np.dtype, channels: int) -> str:
    """Return the generic encoding of an array, e.g. 8UC3."""
    for depth, name in _DEPTHS.items():
        if np.dtype(name) == dtype.newbyteorder("="):
            return f"{depth}C{channels}"
    raise RuntimeError(f"images of {dtype.name} have no encoding; allowed: {', '.join(_DEPTHS.values())}")


def getCvType(encoding: str) -> int:  # noqa: N802 (upstream's name)
    """Return OpenCV's type of the pixels of an encoding, e.g. cv2.CV_8UC3.

    Raises:
        RuntimeError: when the encoding is unknown.
    """
    meaning = parse(encoding)
    depth = next(depth for depth, name in _DEPTHS.items() if np.dtype(name) == meaning.dtype)
    return cv2.CV_MAKETYPE(getattr(cv2, f"CV_{depth}"), meaning.channels)
