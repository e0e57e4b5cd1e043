"""Data sets for detectors as users make them: real client library, embedded simulator."""

import importlib.util
import math
import os
import queue
import subprocess
import sys
from pathlib import Path

import carla
import numpy as np
import pytest

from carla_drl_tools.instance_boxes import VEHICLE, segments
from carla_drl_tools.simulator_process import embedded_simulator
from carla_drl_tools.yolo_dataset import YoloDataset

WIDTH, HEIGHT, FOV = 160, 96, 90.0


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"carla_drl_tools.{module}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def test_boxes_are_where_the_client_says_the_car_is() -> None:
    with embedded_simulator("Town01") as port:
        client = carla.Client("127.0.0.1", port, worker_threads=1)
        client.set_timeout(60.0)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.1
        world.apply_settings(settings)
        point = world.get_map().get_spawn_points()[0]
        library = world.get_blueprint_library()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), point)
        blueprint = library.find("sensor.camera.instance_segmentation")
        for name, value in (("image_size_x", WIDTH), ("image_size_y", HEIGHT), ("fov", FOV)):
            blueprint.set_attribute(name, str(value))
        mount = carla.Transform(carla.Location(-9.0, 2.0, 2.0), carla.Rotation(pitch=-5.0))
        camera = world.spawn_actor(blueprint, mount, attach_to=car)
        images: queue.Queue = queue.Queue()
        camera.listen(images.put)
        for _ in range(10):
            frame = world.tick()
        image = images.get(timeout=60.0)
        while image.frame < frame:
            image = images.get(timeout=60.0)
        pixels = np.frombuffer(image.raw_data, np.uint8).reshape(HEIGHT, WIDTH, 4)
        inverse = np.array(image.transform.get_inverse_matrix())
        corners = car.bounding_box.get_world_vertices(world.get_snapshot().find(car.id).get_transform())
        camera.stop()
        camera.destroy()
        car.destroy()
    found = segments(pixels)
    assert found.kind.tolist() == [VEHICLE]
    focal = WIDTH / (2.0 * math.tan(math.radians(FOV) / 2.0))
    seen = []
    for corner in corners:
        x, y, z, _ = inverse @ [corner.x, corner.y, corner.z, 1.0]
        seen.append((WIDTH / 2 + focal * y / x, HEIGHT / 2 - focal * z / x))
    around = np.array([*np.min(seen, axis=0), *np.max(seen, axis=0)])
    # The car fills its box nearly, and does not reach beyond it.
    inside = found.box[0] - around
    assert (inside[:2] > -1.5).all()
    assert (inside[2:] < 1.5).all()
    assert np.abs(inside).max() < 8.0


@pytest.fixture(scope="module")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detection") / "set"
    sizes = ["--width", str(WIDTH), "--height", str(HEIGHT), "--min-side", "4", "--cameras", "4"]
    people = ["--vehicles", "30", "--walkers", "10", "--interval", "0.5"]
    towns = [
        "--train-towns",
        "Town02",
        "--val-town",
        "Town10HD",
        "--train-pictures",
        "12",
        "--val-pictures",
        "6",
    ]
    made = run("make_detection_dataset", str(folder), *sizes, *people, *towns)
    assert made.returncode == 0, made.stderr
    assert "train: 12 pictures" in made.stdout
    return folder


def test_a_town_is_held_out(small_set: Path) -> None:
    data = YoloDataset(small_set)
    assert {path.stem.partition("_")[0] for path in data.pictures("train")} == {"Town02"}
    assert {path.stem.partition("_")[0] for path in data.pictures("val")} == {"Town10HD"}
    boxes = 0
    for split, count in (("train", 12), ("val", 6)):
        pictures = data.pictures(split)
        assert len(pictures) == count
        for path in pictures:
            picture, kinds, box = data.read(path)
            assert picture.shape == (HEIGHT, WIDTH, 3)
            assert set(kinds.tolist()) <= {0, 1}
            assert (box >= -1e-3).all()
            assert (box <= np.array([WIDTH, HEIGHT] * 2) + 1e-3).all()
            assert (box[:, 2:] - box[:, :2] >= 4 - 1e-3).all()
            boxes += len(kinds)
    assert boxes >= 10


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--val-town", "Town01"], "--val-town is Town01; allowed: a town that is not in --train-towns"),
        (["--server", "2000"], "--server is '2000'; allowed: HOST:PORT"),
        (["--train-pictures", "0"], "0; allowed: 1 or more"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, arguments: list[str], told: str) -> None:
    made = run("make_detection_dataset", str(tmp_path / "set"), *arguments)
    assert made.returncode != 0
    assert told in made.stderr


ULTRALYTICS = importlib.util.find_spec("ultralytics") is not None


@pytest.mark.skipif(ULTRALYTICS, reason="ultralytics is installed")
def test_training_says_what_to_install(small_set: Path, tmp_path: Path) -> None:
    trained = run("train_detector", str(small_set), str(tmp_path / "detector.onnx"))
    assert trained.returncode == 1
    assert "pip install --no-deps -r requirements/detection.txt" in trained.stderr


@pytest.mark.skipif(not ULTRALYTICS, reason="ultralytics, an optional package, is not installed")
def test_a_detector_is_trained_exported_and_measured(small_set: Path, tmp_path: Path) -> None:
    model = tmp_path / "detector.onnx"
    trained = run("train_detector", str(small_set), str(model), "--epochs", "1", "--batch", "4")
    assert trained.returncode == 0, trained.stderr
    assert "vehicle: " in trained.stdout
    assert "mAP50-95" in trained.stdout
    again = run("train_detector", str(small_set), str(model), "--evaluate-only")
    assert again.stdout == trained.stdout
    assert os.path.getsize(model.with_suffix(".json")) > 0
