"""From the pixels of one encoding to those of another."""

from __future__ import annotations

import cv2
import numpy as np

from ._encodings import Encoding, parse

# OpenCV names a Bayer pattern after its second row and column, messages after the first.
_BAYER = {"bayer_rggb": "BayerBG", "bayer_bggr": "BayerRG", "bayer_gbrg": "BayerGR", "bayer_grbg": "BayerGB"}
_SIDES = {"mono": "GRAY", "rgb": "RGB", "bgr": "BGR", "rgba": "RGBA", "bgra": "BGRA"}


class CvBridgeError(TypeError):
    """An image that cannot be converted as asked."""


def _code(source: str, target: str) -> int | None:
    """Return OpenCV's code of a change of colours; None when there is none."""
    end = _SIDES.get(target)
    if end is None:
        return None
    if source in ("UYVY", "YUY2"):
        return getattr(cv2, f"COLOR_YUV2{end}_{source}", None)
    return getattr(cv2, f"COLOR_{_BAYER.get(source) or _SIDES[source]}2{end}", None)


def _rescale(image: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Change the depth; colours of 8 bits become those of 16 and the other way round, all else keeps its value."""
    before = image.dtype
    if before == dtype:
        return image
    factor = 1.0
    if (before.itemsize, dtype.itemsize) == (1, 2):
        factor = 65535.0 / 255.0
    elif (before.itemsize, dtype.itemsize) == (2, 1):
        factor = 255.0 / 65535.0
    values = image.astype(np.float64) * factor
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = np.clip(np.rint(values), limits.min, limits.max)
    return values.astype(dtype)


def _check(source: Encoding, target: Encoding, names: tuple[str, str]) -> None:
    before, after = names
    if not source.color and target.color:
        raise CvBridgeError(
            f"[{before}] is not a color format. but [{after}] is. The conversion does not make sense"
        )
    if not target.color and source.channels != target.channels:
        what = (
            "are not of the same number of channels"
            if not source.color
            else "do not fit: only the first has colors"
        )
        raise CvBridgeError(f"[{before}] and [{after}] {what}")


def convert(image: np.ndarray, before: str, after: str) -> np.ndarray:
    """Return an image in another encoding.

    Args:
        image: [H, W] or [H, W, channels] in the encoding `before`.
        before: its encoding.
        after: the wanted one; empty: the same.

    Raises:
        CvBridgeError: when there is no such conversion, or an encoding is unknown.
    """
    if not after or before == after:
        return image
    try:
        source, target = parse(before), parse(after)
    except RuntimeError as error:
        raise CvBridgeError(str(error)) from None
    _check(source, target, (before, after))
    if source.color and target.color and source.color != target.color:
        code = _code(source.color, target.color)
        if code is None:
            raise CvBridgeError(f"Unsupported conversion from [{before}] to [{after}]")
        try:
            image = cv2.cvtColor(image, code)
        except cv2.error as error:
            raise CvBridgeError(f"OpenCV cannot convert [{before}] to [{after}]: {error}") from None
    return _rescale(image, target.dtype)
