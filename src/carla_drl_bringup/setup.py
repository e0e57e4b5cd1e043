from glob import glob

from setuptools import find_packages, setup

PACKAGE = "carla_drl_bringup"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/launch", glob("launch/*.launch.py")),
        *((f"share/{PACKAGE}/{folder}", glob(f"{folder}/*")) for folder in glob("config/*")),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    extras_require={"test": ["pytest"]},
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="Launch files and configuration of carla_drl.",
    license="Apache-2.0",
)
