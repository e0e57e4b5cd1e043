"""Train a small detector on a data set of make_detection_dataset, export it to ONNX, and measure it.

Needs ultralytics (AGPL-3.0): pip install --no-deps -r requirements/detection.txt. Weights start at random and nothing is
downloaded or reported anywhere. What is measured is the split "val", the town that was held out, with the exported
file, ONNX Runtime and the pre- and post-processing of carla_sensor_bridge, which is what runs in the loop.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import types
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import yaml
from tqdm import tqdm

from carla_drl_tools.average_precision import Scores, Truth, evaluate
from carla_drl_tools.errors import ToolError
from carla_drl_tools.yolo_dataset import YoloDataset
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.onnx_detector import OnnxDetector

# Blocks of YOLOv8, a third as wide as its nano model: strides 8, 16 and 32.
MODEL: Final[dict[str, Any]] = {
    "backbone": [
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [24, 3, 2]],
        [-1, 1, "C2f", [24, True]],
        [-1, 1, "Conv", [48, 3, 2]],
        [-1, 2, "C2f", [48, True]],
        [-1, 1, "Conv", [96, 3, 2]],
        [-1, 2, "C2f", [96, True]],
        [-1, 1, "Conv", [128, 3, 2]],
        [-1, 1, "C2f", [128, True]],
        [-1, 1, "SPPF", [128, 5]],
    ],
    "head": [
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 6], 1, "Concat", [1]],
        [-1, 1, "C2f", [96]],
        [-1, 1, "nn.Upsample", [None, 2, "nearest"]],
        [[-1, 4], 1, "Concat", [1]],
        [-1, 1, "C2f", [48]],
        [-1, 1, "Conv", [48, 3, 2]],
        [[-1, 12], 1, "Concat", [1]],
        [-1, 1, "C2f", [96]],
        [-1, 1, "Conv", [96, 3, 2]],
        [[-1, 9], 1, "Concat", [1]],
        [-1, 1, "C2f", [128]],
        [[15, 18, 21], 1, "Detect", ["nc"]],
    ],
}
# Least score of what counts when a detector is measured: precision at high recall needs the unsure ones, too.
_MEASURE_SCORE: Final = 0.001
_MEASURE_IOU: Final = 0.6
_MEASURE_MOST: Final = 300


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="ros2 run carla_drl_tools train_detector", description=__doc__)
    add = parser.add_argument
    add("dataset", type=Path, help="folder that make_detection_dataset wrote")
    add("model", type=Path, help="ONNX file to write; a report goes beside it")
    add("--epochs", type=int, default=20, help="default: %(default)s")
    add("--batch", type=int, default=16, help="pictures per step (default: %(default)s)")
    add("--threads", type=int, default=1, help="of PyTorch (default: %(default)s)")
    add("--learning-rate", type=float, default=0.003, help="at the start (default: %(default)s)")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--evaluate-only", action="store_true", help="measure a model that is there; needs no ultralytics")
    return parser.parse_args(arguments)


def _stand_in_for_torchvision() -> None:
    """Let ultralytics go on beside a PyTorch for which the installed torchvision was not built.

    PyPI's torchvision is built for CUDA and fails to load beside a PyTorch for the processor. All that ultralytics
    takes from it here is the suppression of overlaps, of which it has one of its own.
    """
    try:
        import torchvision  # noqa: F401
    except (ImportError, RuntimeError, OSError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        from ultralytics.utils.nms import TorchNMS

        stand_in: Any = types.ModuleType("torchvision")
        stand_in.ops = types.SimpleNamespace(nms=TorchNMS.nms)
        sys.modules["torchvision"] = stand_in


def _import_ultralytics(folder: Path) -> Any:
    """Import ultralytics with everything off that would use the network.

    Raises:
        ToolError: when it is not installed.
    """
    if find_spec("ultralytics") is None:
        raise ToolError(
            "ultralytics is not installed; allowed: pip install --no-deps -r requirements/detection.txt, then again"
        )
    # Settings and fonts are looked for here, and nothing is fetched or installed.
    os.environ |= {
        "YOLO_CONFIG_DIR": str(folder),
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "YOLO_VERBOSE": "false",
    }
    import ultralytics
    from matplotlib import get_data_path
    from ultralytics.utils import USER_CONFIG_DIR

    shutil.copy(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", USER_CONFIG_DIR / "Arial.ttf")
    _stand_in_for_torchvision()
    switches = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb", "vscode_msg")
    known = set(ultralytics.settings)
    ultralytics.settings.update({name: False for name in switches if name in known})
    return ultralytics


def train(data: YoloDataset, options: argparse.Namespace) -> None:
    """Train and export to `options.model`.

    Raises:
        ToolError: when ultralytics is not installed or the data set cannot be used.
    """
    pictures = data.pictures("train")
    if not pictures:
        raise ToolError(f"{data.index} has no pictures to train on")
    height, width = data.read(pictures[0])[0].shape[:2]
    stride = 32
    network = [-(-side // stride) * stride for side in (height, width)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ultralytics = _import_ultralytics(folder)
        import torch

        torch.set_num_threads(options.threads)
        structure = folder / "detector.yaml"
        structure.write_text(yaml.safe_dump({"nc": len(data.names)} | MODEL))
        model = ultralytics.YOLO(str(structure), task="detect")
        with tqdm(total=options.epochs, unit=" epochs", disable=not sys.stderr.isatty()) as bar:
            model.add_callback("on_train_epoch_end", lambda _trainer: bar.update())
            model.train(
                data=str(data.index.resolve()),
                epochs=options.epochs,
                batch=options.batch,
                # Every batch is a step: the default gathers gradients of 64 pictures for one.
                nbs=options.batch,
                imgsz=max(network),
                # All pictures have one shape: no margins are computed.
                rect=True,
                device="cpu",
                workers=0,
                cache="ram",
                pretrained=False,
                amp=False,
                val=False,
                plots=False,
                verbose=False,
                seed=options.seed,
                optimizer="AdamW",
                lr0=options.learning_rate,
                lrf=0.02,
                cos_lr=True,
                warmup_epochs=1.0,
                scale=0.3,
                translate=0.1,
                erasing=0.0,
                project=str(folder),
                name="run",
            )
        last = ultralytics.YOLO(str(folder / "run" / "weights" / "last.pt"))
        made = last.export(format="onnx", imgsz=network, simplify=False, dynamic=False)
        options.model.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, options.model)


def measure(data: YoloDataset, model: Path, threads: int) -> list[Scores]:
    """Run a detector over the split "val".

    Raises:
        ToolError: when the data set or the model cannot be used.
    """
    try:
        detector = OnnxDetector(
            model, data.names, score=_MEASURE_SCORE, iou=_MEASURE_IOU, most=_MEASURE_MOST, threads=threads
        )
    except ConfigurationError as error:
        raise ToolError(str(error)) from error
    found, truth = [], []
    for path in tqdm(data.pictures("val"), unit=" pictures", disable=not sys.stderr.isatty()):
        picture, kind, box = data.read(path)
        found.append(detector.detect(picture))
        truth.append(Truth(kind, box))
    if not truth:
        raise ToolError(f"{data.index} has no pictures to measure on")
    return evaluate(found, truth, len(data.names))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = parse(arguments)
    try:
        data = YoloDataset(options.dataset)
        if not options.evaluate_only:
            train(data, options)
        scores = dict(zip(data.names, measure(data, options.model, options.threads), strict=True))
    except ToolError as error:
        sys.exit(f"train_detector: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    report = {name: vars(score) for name, score in scores.items()}
    options.model.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    for name, score in scores.items():
        print(f"{name}: {score.objects:,} objects, mAP50 {score.ap50:.3f}, mAP50-95 {score.ap50_95:.3f}")


if __name__ == "__main__":
    main()
