from setuptools import find_packages, setup

PACKAGE = "carla_drl_tools"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml", "README.md"]),
    ],
    install_requires=[
        "setuptools",
        "carla",
        "foxglove-sdk",
        "h5py",
        "numpy",
        "opencv-python-headless",
        "PyYAML",
        "tqdm",
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=True,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="Tools around carla_drl: recorded drives as training data sets and back, a server for Foxglove.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            f"bag_to_dataset = {PACKAGE}.bag_to_dataset:main",
            f"dataset_to_bag = {PACKAGE}.dataset_to_bag:main",
            f"make_detection_dataset = {PACKAGE}.make_detection_dataset:main",
            f"train_detector = {PACKAGE}.train_detector:main",
            f"road_markers_node = {PACKAGE}.road_markers_node:main",
            f"recorder_node = {PACKAGE}.recorder_node:main",
            f"foxglove_node = {PACKAGE}.foxglove_node:main",
        ]
    },
)
