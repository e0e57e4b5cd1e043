"""Networks in ONNX files: what is found, and what is said of files that are no detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_detector import write_tiny_detector

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.onnx_detector import OnnxDetector


def test_boxes_are_those_of_the_picture(tmp_path: Path) -> None:
    detector = OnnxDetector(write_tiny_detector(tmp_path / "tiny.onnx"))
    assert (detector.names, detector.network) == (("vehicle", "walker"), (32, 32))
    found = detector.detect(np.zeros((48, 64, 4), np.uint8))
    # Scaled by 2 and moved by 4 rows: 11..21 becomes 22..42, 13.5..18.5 becomes 19..29.
    assert found.box.tolist() == [[22.0, 19.0, 42.0, 29.0]]
    assert (found.kind.tolist(), found.score.tolist()) == ([0], pytest.approx([0.9]))
    assert len(OnnxDetector(tmp_path / "tiny.onnx", score=0.95).detect(np.zeros((8, 8, 3), np.uint8))) == 0


def test_what_cannot_be_used_is_explained(tmp_path: Path) -> None:
    path = write_tiny_detector(tmp_path / "tiny.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    for arguments, told in (
        ((tmp_path / "none.onnx",), "model is '.*none.onnx'; allowed: the path of an ONNX file"),
        ((broken,), "model is '.*broken.onnx', which ONNX Runtime cannot load"),
        ((path, ("one", "two", "three")), r"no detector for 3 classes: .*shape \[1, 6, 1\]"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            OnnxDetector(*arguments)
    with pytest.raises(
        ConfigurationError, match=r"provider is 'Abacus'; allowed here: .*CPUExecutionProvider"
    ):
        OnnxDetector(path, provider="Abacus")
