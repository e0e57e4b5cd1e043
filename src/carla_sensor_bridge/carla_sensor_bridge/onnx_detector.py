"""A YOLO detector in an ONNX file, run by ONNX Runtime."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.yolo import Detections, Letterbox, Pixels, decode, suppress


class OnnxDetector:
    """Finds objects in pictures; one picture at a time, from one thread.

    Attributes:
        names: of the classes.
        network: height and width of the input, pixels.
        provider: of ONNX Runtime that runs it.
    """

    def __init__(
        self,
        path: Path,
        names: Sequence[str] = (),
        *,
        score: float = 0.25,
        iou: float = 0.5,
        most: int = 100,
        provider: str = "CPUExecutionProvider",
        threads: int = 1,
        size: int = 640,
    ) -> None:
        """Load a network.

        Args:
            path: the ONNX file.
            names: of the classes; empty: those that the file names, as ultralytics' exports do.
            score: least score of a detection.
            iou: overlap above which the less sure of two detections of a class goes.
            most: detections per picture.
            provider: of ONNX Runtime.
            threads: that work on one picture.
            size: height and width of the input, for files that leave them open.

        Raises:
            ConfigurationError: naming what cannot be used and what is allowed.
        """
        # It takes a second, and only those who detect need it.
        import onnxruntime

        available = onnxruntime.get_available_providers()
        if provider not in available:
            raise ConfigurationError(f"provider is '{provider}'; allowed here: {', '.join(available)}")
        if not path.is_file():
            raise ConfigurationError(f"model is '{path}'; allowed: the path of an ONNX file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=[provider])
        except Exception as error:  # the runtime has no common base of its exceptions
            raise ConfigurationError(f"model is '{path}', which ONNX Runtime cannot load: {error}") from error
        self.provider = self._session.get_providers()[0]
        inputs = self._session.get_inputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
            raise ConfigurationError(
                f"model is '{path}', whose input is {inputs[0].type} {shape}; allowed: one tensor(float) "
                "[1, 3, height, width]"
            )
        self.network = tuple(side if isinstance(side, int) else size for side in shape[2:])
        self._input_name = inputs[0].name
        self._input = np.zeros((1, 3, *self.network), np.float32)
        self.names = tuple(names) or self._names_in_file(path)
        self._score, self._iou, self._most = score, iou, most
        try:
            self.detect(np.zeros((*self.network, 3), np.uint8))
        except ValueError as error:
            raise ConfigurationError(
                f"model is '{path}', which is no detector for {len(self.names)} classes: {error}"
            ) from None

    def _names_in_file(self, path: Path) -> tuple[str, ...]:
        written = self._session.get_modelmeta().custom_metadata_map.get("names", "")
        try:
            named: Any = ast.literal_eval(written)
            return tuple(str(named[number]) for number in range(len(named)))
        except (ValueError, SyntaxError, KeyError, TypeError):
            raise ConfigurationError(
                f"classes is empty, and the model '{path}' does not name its classes; allowed: their names"
            ) from None

    def detect(self, picture: Pixels) -> Detections:
        """Return what is in a picture.

        Args:
            picture: u8 [H, W, 3 or 4], blue, green, red and, not used, alpha.
        """
        height, width = picture.shape[:2]
        letterbox = Letterbox((height, width), self.network)  # type: ignore[arg-type]
        letterbox.fill(picture, self._input[0])
        output = self._session.run(None, {self._input_name: self._input})[0]
        found = suppress(decode(output, len(self.names), self._score), self._iou, self._most)
        return Detections(letterbox.back(found.box), found.score, found.kind)
