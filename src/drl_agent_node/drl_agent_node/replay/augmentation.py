"""Changes of drawn images that do not change what they mean."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def random_shift(images: NDArray[np.uint8], limit: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Move each of `images` [B, C, H, W] by up to `limit` pixels along both axes (Yarats et al. 2021, DrQ-v2).

    Pixels that come into view repeat the image's edge. Returns uint8 of the same shape.
    """
    if limit == 0:
        return images
    batch, _, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (limit, limit), (limit, limit)), mode="edge")
    # Every possible cut as a view, [B, C, 2 limit + 1, 2 limit + 1, H, W].
    cuts = sliding_window_view(padded, (height, width), axis=(2, 3))
    rows, columns = random.integers(0, 2 * limit + 1, (2, batch))
    shifted: NDArray[np.uint8] = cuts[np.arange(batch), :, rows, columns]
    return shifted
