from setuptools import find_packages, setup

PACKAGE = "carla_sensor_bridge"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml", "README.md"]),
    ],
    install_requires=[
        "setuptools",
        "carla",
        "numba",
        "numpy",
        "onnxruntime",
        "opencv-python-headless",
        "pydantic",
        "PyYAML",
    ],
    zip_safe=False,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="CARLA client of carla_drl: fleet, routes, ego metrics, frame ring.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={
        "console_scripts": [
            f"bridge_node = {PACKAGE}.start:main",
            f"replay_node = {PACKAGE}.replay_node:main",
        ]
    },
)
