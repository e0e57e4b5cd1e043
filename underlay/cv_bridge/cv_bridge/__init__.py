"""Image messages as OpenCV's images and back: upstream's names, on numpy and cv2."""

from ._conversion import CvBridgeError
from ._display import cvtColorForDisplay
from ._encodings import getCvType
from .core import CvBridge

__all__ = ["CvBridge", "CvBridgeError", "cvtColorForDisplay", "getCvType"]
