"""Pictures and boxes on disk as YOLO trainers read them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
import yaml

from carla_drl_tools.errors import ToolError
from carla_drl_tools.instance_boxes import Array

SPLITS: Final = ("train", "val")
_JPEG: Final = [cv2.IMWRITE_JPEG_QUALITY, 95]
_INDEX: Final = "data.yaml"


class YoloWriter:
    """Writes `images/<split>/*.jpg` and `labels/<split>/*.txt`; `data.yaml` comes last and says that all is there."""

    def __init__(self, folder: Path, names: tuple[str, ...], about: dict[str, Any]) -> None:
        """Begin a data set.

        Args:
            folder: must not exist or be empty.
            names: of the classes.
            about: how it was made, kept in `recording.json`.

        Raises:
            ToolError: when the folder cannot be used.
        """
        if folder.exists() and any(folder.iterdir()):
            raise ToolError(f"{folder} is not empty; allowed: a new or empty folder")
        self._folder = folder
        self._names = names
        for split in SPLITS:
            (folder / "images" / split).mkdir(parents=True)
            (folder / "labels" / split).mkdir(parents=True)
        (folder / "recording.json").write_text(json.dumps(about, indent=2) + "\n")

    def add(
        self, split: str, name: str, picture: npt.NDArray[np.uint8], kind: npt.NDArray[np.int64], box: Array
    ) -> None:
        """Write one picture.

        Args:
            split: train or val.
            name: of the files, without ending.
            picture: u8 [H, W, 3] BGR.
            kind: [B] index of the class.
            box: [B, 4] left, top, right, bottom, pixels.
        """
        height, width = picture.shape[:2]
        path = self._folder / "images" / split / f"{name}.jpg"
        if not cv2.imwrite(str(path), picture, _JPEG):
            raise ToolError(f"{path} cannot be written")
        lines = [
            f"{each} {(x0 + x1) / 2 / width:.6f} {(y0 + y1) / 2 / height:.6f} {(x1 - x0) / width:.6f} {(y1 - y0) / height:.6f}\n"
            for each, (x0, y0, x1, y1) in zip(kind.tolist(), box.tolist(), strict=True)
        ]
        (self._folder / "labels" / split / f"{name}.txt").write_text("".join(lines))

    def close(self) -> None:
        """Write `data.yaml`."""
        document = {split: f"images/{split}" for split in SPLITS} | {"names": dict(enumerate(self._names))}
        partial = self._folder / (_INDEX + ".partial")
        partial.write_text(yaml.safe_dump(document, sort_keys=False))
        os.replace(partial, self._folder / _INDEX)


class YoloDataset:
    """A data set that is complete.

    Attributes:
        names: of the classes.
        index: path of `data.yaml`.
    """

    def __init__(self, folder: Path) -> None:
        """Open it.

        Raises:
            ToolError: when it is none, or is not complete.
        """
        self._folder = folder
        self.index = folder / _INDEX
        try:
            document = yaml.safe_load(self.index.read_text())
            self.names = tuple(document["names"][number] for number in range(len(document["names"])))
        except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
            raise ToolError(
                f"{folder} is no complete data set: {self.index.name} cannot be read ({error}); make one with make_detection_dataset"
            ) from error

    def pictures(self, split: str) -> list[Path]:
        """Return the pictures of a split."""
        return sorted((self._folder / "images" / split).glob("*.jpg"))

    def read(self, path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], Array]:
        """Return a picture, u8 [H, W, 3] BGR, the classes [B] and boxes [B, 4] on it, pixels."""
        picture: Any = cv2.imread(str(path))
        if picture is None:
            raise ToolError(f"{path} is no picture")
        height, width = picture.shape[:2]
        text = (self._folder / "labels" / path.parent.name / f"{path.stem}.txt").read_text()
        rows = np.array([line.split() for line in text.splitlines()], dtype=np.float64).reshape(-1, 5)
        centre, size = rows[:, 1:3], rows[:, 3:5]
        box = np.concatenate((centre - size / 2, centre + size / 2), axis=1) * [width, height, width, height]
        return picture, rows[:, 0].astype(np.int64), box
