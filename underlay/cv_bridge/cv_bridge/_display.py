"""Images of any encoding as people can look at them."""

from __future__ import annotations

import cv2
import numpy as np

from ._conversion import CvBridgeError, convert
from ._encodings import parse

# What generic encodings are taken for.
_GUESS = {
    "8UC1": "mono8",
    "16UC1": "mono16",
    "8UC3": "bgr8",
    "8UC4": "bgra8",
    "16UC3": "bgr16",
    "16UC4": "bgra16",
}


def _scaled(source: np.ndarray, low: float, high: float, colormap: int) -> tuple[np.ndarray, str]:
    values = np.clip(np.nan_to_num(source.astype(np.float64), nan=low), low, high)
    grey = np.rint((values - low) * (255.0 / (high - low)))
    if colormap == -1:
        return grey.astype(np.uint8), "mono8"
    colored = cv2.applyColorMap(grey.astype(np.uint8), colormap)
    colored[np.isnan(source)] = 0
    return colored, "bgr8"


def cvtColorForDisplay(  # noqa: N802 (upstream's name)
    source: np.ndarray,
    encoding_in: str,
    encoding_out: str,
    do_dynamic_scaling: bool = False,
    min_image_value: float = 0.0,
    max_image_value: float = 0.0,
    colormap: int = -1,
) -> np.ndarray:
    """Return an image that can be shown.

    Args:
        source: the image.
        encoding_in: its encoding.
        encoding_out: mono8, or colours of 8 bits; empty: bgr8.
        do_dynamic_scaling: the least value becomes black, the greatest white.
        min_image_value: without dynamic scaling, the value that becomes black; equal to the other: none does.
        max_image_value: the value that becomes white.
        colormap: of OpenCV, for images of one channel that are scaled; -1: grey.

    Raises:
        CvBridgeError: when there is no such conversion.
    """
    try:
        before, after = parse(encoding_in), parse(encoding_out or "bgr8")
    except RuntimeError as error:
        raise CvBridgeError(str(error)) from None
    if after.color not in ("mono", "rgb", "bgr", "rgba", "bgra") or after.dtype != np.uint8:
        raise CvBridgeError(f"[{encoding_out}] cannot be shown; allowed: mono8 or colors of 8 bits")
    if encoding_in == "32SC1" and not do_dynamic_scaling and min_image_value == max_image_value:
        raise CvBridgeError(
            "colors for labels ([32SC1]) are not in this cv_bridge; the package from upstream has them"
        )
    low, high = min_image_value, max_image_value
    if do_dynamic_scaling:
        finite = source[np.isfinite(source)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        if low == high:
            shape = source.shape[:2] if after.channels == 1 else (*source.shape[:2], after.channels)
            return np.full(shape, 127, np.uint8)
    if low != high:
        if before.channels != 1:
            raise CvBridgeError(f"[{encoding_in}] has more than one channel and cannot be scaled")
        image, encoding = _scaled(source, low, high, colormap)
    else:
        image, encoding = source, _GUESS.get(encoding_in, encoding_in)
    return convert(image, encoding, encoding_out or "bgr8")
