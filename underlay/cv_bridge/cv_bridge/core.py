"""Image messages as numpy arrays and back."""

from __future__ import annotations

import sys

import cv2
import numpy as np
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from ._conversion import CvBridgeError, convert
from ._encodings import getCvType, parse, type_name

_DEPTH_NAMES = {
    cv2.CV_8U: "uint8",
    cv2.CV_8S: "int8",
    cv2.CV_16U: "uint16",
    cv2.CV_16S: "int16",
    cv2.CV_32S: "int32",
    cv2.CV_32F: "float32",
    cv2.CV_64F: "float64",
}
_ENCODED = {1: "mono8", 3: "bgr8", 4: "bgra8"}


class CvBridge:
    """Converts between OpenCV's images (numpy arrays) and image messages.

    Attributes:
        cvtype_to_name: generic encodings by OpenCV's types.
        numpy_type_to_cvtype: depths by names of numpy's types, and the other way round.
        cvdepth_to_numpy_depth: names of numpy's types by OpenCV's depths.
    """

    def __init__(self) -> None:
        self.cvdepth_to_numpy_depth = dict(_DEPTH_NAMES)
        self.numpy_type_to_cvtype = {}
        for name in _DEPTH_NAMES.values():
            depth = type_name(np.dtype(name), 1)[:-2]
            self.numpy_type_to_cvtype[name] = depth
            self.numpy_type_to_cvtype[depth] = name
        self.cvtype_to_name = {
            getCvType(f"{depth}C{channels}"): f"{depth}C{channels}"
            for depth in map(self.numpy_type_to_cvtype.get, _DEPTH_NAMES.values())
            for channels in (1, 2, 3, 4)
        }

    def dtype_with_channels_to_cvtype2(self, dtype: np.dtype, n_channels: int) -> str:
        """Return the generic encoding of an array's type, e.g. 8UC3."""
        return type_name(np.dtype(dtype), n_channels)

    def cvtype2_to_dtype_with_channels(self, cvtype: int) -> tuple[str, int]:
        """Return the name of numpy's type and the number of channels of OpenCV's type."""
        for depth in _DEPTH_NAMES:
            channels = (cvtype - depth) / (cv2.CV_MAKETYPE(depth, 2) - cv2.CV_MAKETYPE(depth, 1)) + 1
            if channels >= 1 and channels == int(channels):
                return _DEPTH_NAMES[depth], int(channels)
        raise CvBridgeError(f"{cvtype} is no type of OpenCV that messages have")

    def encoding_to_cvtype2(self, encoding: str) -> int:
        """Return OpenCV's type of an encoding.

        Raises:
            CvBridgeError: when it is unknown.
        """
        try:
            return getCvType(encoding)
        except RuntimeError as error:
            raise CvBridgeError(str(error)) from None

    def encoding_to_dtype_with_channels(self, encoding: str) -> tuple[str, int]:
        """Return the name of numpy's type and the number of channels of an encoding.

        Raises:
            CvBridgeError: when it is unknown.
        """
        try:
            meaning = parse(encoding)
        except RuntimeError as error:
            raise CvBridgeError(str(error)) from None
        return meaning.dtype.name, meaning.channels

    def imgmsg_to_cv2(self, img_msg: Image, desired_encoding: str = "passthrough") -> np.ndarray:
        """Return the pixels of a message: [H, W] for one channel, else [H, W, channels].

        Args:
            img_msg: sensor_msgs/Image.
            desired_encoding: into which they are converted; passthrough: as they are.

        Raises:
            CvBridgeError: when the message is not sound, or there is no such conversion.
        """
        name, channels = self.encoding_to_dtype_with_channels(img_msg.encoding)
        dtype = np.dtype(name).newbyteorder(">" if img_msg.is_bigendian else "<")
        height, width, step = img_msg.height, img_msg.width, img_msg.step
        row = width * channels * dtype.itemsize
        data = np.frombuffer(
            bytes(img_msg.data) if isinstance(img_msg.data, list) else img_msg.data, np.uint8
        )
        if step < row:
            raise CvBridgeError(
                f"Image is wrongly formed: step < width * byte_depth * num_channels or {step} < "
                f"{width} * {dtype.itemsize} * {channels}"
            )
        if data.size < height * step:
            raise CvBridgeError(
                f"Image is wrongly formed: height * step != size or {height} * {step} != {data.size}"
            )
        # Rows may end with bytes that are no pixels.
        rows = data[: height * step].reshape(height, step)[:, :row]
        pixels = np.ascontiguousarray(rows).view(dtype).astype(np.dtype(name))
        image = pixels.reshape((height, width) if channels == 1 else (height, width, channels))
        return (
            image if desired_encoding == "passthrough" else convert(image, img_msg.encoding, desired_encoding)
        )

    def cv2_to_imgmsg(
        self, cvim: np.ndarray, encoding: str = "passthrough", header: Header | None = None
    ) -> Image:
        """Return an image as a message.

        Args:
            cvim: [H, W] or [H, W, channels].
            encoding: what it is; passthrough: the generic encoding of its type.
            header: of the message.

        Raises:
            CvBridgeError: when the image is not of that encoding.
            TypeError: when it is no array.
        """
        if not isinstance(cvim, (np.ndarray, np.generic)):
            raise TypeError("Your input type is not a numpy array")
        if cvim.ndim not in (2, 3):
            raise CvBridgeError(
                f"the image has {cvim.ndim} axes; allowed: [height, width] or [height, width, channels]"
            )
        channels = 1 if cvim.ndim == 2 else cvim.shape[2]
        try:
            kind = type_name(cvim.dtype, channels)
            if encoding != "passthrough":
                meaning = parse(encoding)
                if type_name(meaning.dtype, meaning.channels) != kind:
                    raise RuntimeError(
                        f"encoding specified as {encoding}, but image has incompatible type {kind}"
                    )
        except RuntimeError as error:
            raise CvBridgeError(str(error)) from None
        message = Image(height=cvim.shape[0], width=cvim.shape[1])
        if header is not None:
            message.header = header
        message.encoding = kind if encoding == "passthrough" else encoding
        order = cvim.dtype.byteorder
        message.is_bigendian = int(order == ">" or (order == "=" and sys.byteorder == "big"))
        message.data.frombytes(cvim.tobytes())
        message.step = len(message.data) // max(cvim.shape[0], 1)
        return message

    def compressed_imgmsg_to_cv2(
        self, cmprs_img_msg: CompressedImage, desired_encoding: str = "passthrough"
    ) -> np.ndarray:
        """Return the pixels of a compressed message.

        Args:
            cmprs_img_msg: sensor_msgs/CompressedImage.
            desired_encoding: into which they are converted; passthrough: as OpenCV decodes them.

        Raises:
            CvBridgeError: when OpenCV cannot decode them, or there is no such conversion.
        """
        image = cv2.imdecode(np.frombuffer(cmprs_img_msg.data, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is None:
            raise CvBridgeError(f"OpenCV cannot decode the image of format '{cmprs_img_msg.format}'")
        if desired_encoding == "passthrough":
            return image
        channels = 1 if image.ndim == 2 else image.shape[2]
        encoding = _ENCODED.get(channels, "")
        if image.dtype == np.uint16:
            encoding = encoding.replace("8", "16")
        return convert(image, encoding, desired_encoding)

    def cv2_to_compressed_imgmsg(self, cvim: np.ndarray, dst_format: str = "jpg") -> CompressedImage:
        """Return an image as a compressed message.

        Args:
            cvim: [H, W] or [H, W, channels], blue first.
            dst_format: ending of the format's files: jpg, png, ... as OpenCV writes them.

        Raises:
            CvBridgeError: when OpenCV cannot write such images in that format.
            TypeError: when it is no array.
        """
        if not isinstance(cvim, (np.ndarray, np.generic)):
            raise TypeError("Your input type is not a numpy array")
        try:
            done, encoded = cv2.imencode(f".{dst_format}", cvim)
        except cv2.error as error:
            raise CvBridgeError(f"OpenCV cannot write the image as '{dst_format}': {error}") from None
        if not done:
            raise CvBridgeError(f"OpenCV cannot write the image as '{dst_format}'")
        message = CompressedImage(format=dst_format)
        message.data.frombytes(encoded.tobytes())
        return message
