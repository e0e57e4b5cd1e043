"""Images go into messages and back, as upstream's cv_bridge does it."""

import array

import cv2
import numpy as np
import pytest
from cv_bridge import CvBridge, CvBridgeError, cvtColorForDisplay, getCvType
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

BRIDGE = CvBridge()
RNG = np.random.default_rng(0)


def message(encoding: str, width: int, height: int, data: bytes, *, step: int | None = None) -> Image:
    made = Image(encoding=encoding, width=width, height=height, step=step or len(data) // height)
    made.data = array.array("B", data)
    return made


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_type_goes_there_and_back(dtype: str, channels: int) -> None:
    shape = (3, 5) if channels == 1 else (3, 5, channels)
    image = (RNG.random(shape) * 100).astype(dtype)
    made = BRIDGE.cv2_to_imgmsg(image)
    assert (made.height, made.width, made.step) == (3, 5, 5 * channels * image.itemsize)
    assert getCvType(made.encoding) == getattr(cv2, f"CV_{made.encoding}")
    back = BRIDGE.imgmsg_to_cv2(made)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


def test_headers_and_encodings_are_kept() -> None:
    made = BRIDGE.cv2_to_imgmsg(np.zeros((2, 3, 3), np.uint8), "rgb8", Header(frame_id="camera"))
    assert (made.encoding, made.header.frame_id) == ("rgb8", "camera")


def test_colors_are_converted() -> None:
    rgb = message("rgb8", 2, 1, bytes([1, 2, 3, 4, 5, 6]))
    assert BRIDGE.imgmsg_to_cv2(rgb).tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert BRIDGE.imgmsg_to_cv2(rgb, "bgr8").tolist() == [[[3, 2, 1], [6, 5, 4]]]
    assert BRIDGE.imgmsg_to_cv2(rgb, "bgra8").tolist() == [[[3, 2, 1, 255], [6, 5, 4, 255]]]
    assert BRIDGE.imgmsg_to_cv2(rgb, "8UC3").tolist() == [[[1, 2, 3], [4, 5, 6]]]
    white = message("bgra8", 1, 1, bytes([255] * 4))
    assert BRIDGE.imgmsg_to_cv2(white, "mono8").tolist() == [[255]]
    bayer = message("bayer_rggb8", 4, 4, bytes([200] * 16))
    assert BRIDGE.imgmsg_to_cv2(bayer, "rgb8").shape == (4, 4, 3)
    yuv = message("yuv422", 2, 1, bytes([128, 255, 128, 16]))
    grey = BRIDGE.imgmsg_to_cv2(yuv, "mono8")
    assert grey.tolist() == [[255, 16]]


def test_depths_are_scaled_between_colors_only() -> None:
    mono = message("mono8", 2, 1, bytes([0, 255]))
    assert BRIDGE.imgmsg_to_cv2(mono, "mono16").tolist() == [[0, 65535]]
    deep = BRIDGE.cv2_to_imgmsg(np.array([[0, 65535, 300]], np.uint16), "mono16")
    assert BRIDGE.imgmsg_to_cv2(deep, "mono8").tolist() == [[0, 255, 1]]
    depth = BRIDGE.cv2_to_imgmsg(np.array([[1.5, -2.0]], np.float32))
    assert BRIDGE.imgmsg_to_cv2(depth, "64FC1").tolist() == [[1.5, -2.0]]


def test_padded_rows_and_the_other_byte_order() -> None:
    padded = message("mono8", 2, 2, bytes([1, 2, 0, 3, 4, 0]))
    assert BRIDGE.imgmsg_to_cv2(padded).tolist() == [[1, 2], [3, 4]]
    swapped = message("mono16", 2, 1, bytes([1, 2, 3, 4]))
    swapped.is_bigendian = 1
    assert BRIDGE.imgmsg_to_cv2(swapped).tolist() == [[0x0102, 0x0304]]
    big = BRIDGE.cv2_to_imgmsg(np.array([[258]], ">u2"), "mono16")
    assert (big.is_bigendian, bytes(big.data)) == (1, bytes([1, 2]))


def test_what_is_given_out_may_be_written_to() -> None:
    image = BRIDGE.imgmsg_to_cv2(message("mono8", 2, 1, bytes([1, 2])))
    image[0, 0] = 7
    assert image[0, 0] == 7


@pytest.mark.parametrize(
    ("made", "wanted", "told"),
    [
        (message("rgb9", 1, 1, bytes(3)), "passthrough", "Unrecognized image encoding [rgb9]"),
        (message("8UC3", 1, 1, bytes(3)), "bgr8", "[8UC3] is not a color format. but [bgr8] is"),
        (message("rgb8", 1, 1, bytes(3)), "8UC1", "[rgb8] and [8UC1]"),
        (message("mono8", 1, 1, bytes(1)), "bayer_rggb8", "Unsupported conversion"),
        (message("rgb8", 2, 1, bytes(3)), "passthrough", "step < width"),
        (message("mono8", 2, 2, bytes(3), step=2), "passthrough", "height * step != size"),
    ],
)
def test_what_cannot_be_is_explained(made: Image, wanted: str, told: str) -> None:
    with pytest.raises(CvBridgeError) as caught:
        BRIDGE.imgmsg_to_cv2(made, wanted)
    assert told in str(caught.value)


def test_images_of_another_type_are_refused() -> None:
    with pytest.raises(
        CvBridgeError, match="encoding specified as bgr8, but image has incompatible type 8UC1"
    ):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.uint8), "bgr8")
    with pytest.raises(CvBridgeError, match="int64"):
        BRIDGE.cv2_to_imgmsg(np.zeros((2, 2), np.int64))
    with pytest.raises(TypeError, match="numpy"):
        BRIDGE.cv2_to_imgmsg([[1]])


def test_compressed_images() -> None:
    image = RNG.integers(0, 255, (8, 6, 3), np.uint8)
    made = BRIDGE.cv2_to_compressed_imgmsg(image, "png")
    assert made.format == "png"
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(made), image)
    np.testing.assert_array_equal(BRIDGE.compressed_imgmsg_to_cv2(made, "rgb8"), image[..., ::-1])
    assert BRIDGE.compressed_imgmsg_to_cv2(BRIDGE.cv2_to_compressed_imgmsg(image)).shape == image.shape
    with pytest.raises(CvBridgeError, match="cannot decode"):
        BRIDGE.compressed_imgmsg_to_cv2(CompressedImage(format="jpg", data=[1, 2, 3]))
    with pytest.raises(CvBridgeError, match="cannot write the image as 'doc'"):
        BRIDGE.cv2_to_compressed_imgmsg(image, "doc")


def test_images_for_people() -> None:
    depth = np.array([[1.0, 3.0, np.inf]], np.float32)
    assert cvtColorForDisplay(depth, "32FC1", "mono8", do_dynamic_scaling=True).tolist() == [[0, 255, 255]]
    halved = cvtColorForDisplay(depth, "32FC1", "bgr8", min_image_value=1.0, max_image_value=5.0)
    assert halved[0, 1].tolist() == [128, 128, 128]
    assert cvtColorForDisplay(np.full((1, 1), 9, np.uint8), "8UC1", "rgb8").tolist() == [[[9, 9, 9]]]
    with pytest.raises(CvBridgeError, match="mono8 or colors of 8 bits"):
        cvtColorForDisplay(depth, "32FC1", "16UC1")
    with pytest.raises(CvBridgeError, match="upstream"):
        cvtColorForDisplay(np.zeros((1, 1), np.int32), "32SC1", "bgr8")


def test_types_by_name() -> None:
    assert BRIDGE.encoding_to_cvtype2("bgr8") == cv2.CV_8UC3
    assert BRIDGE.encoding_to_dtype_with_channels("16UC2") == ("uint16", 2)
    assert BRIDGE.cvtype2_to_dtype_with_channels(cv2.CV_32FC4) == ("float32", 4)
    assert BRIDGE.cvtype_to_name[cv2.CV_8UC3] == "8UC3"
    assert BRIDGE.dtype_with_channels_to_cvtype2(np.dtype("float32"), 1) == "32FC1"
