from setuptools import find_packages, setup

PACKAGE = "carla_drl_sim"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml", "README.md"]),
    ],
    extras_require={"test": ["pytest"]},
    install_requires=["setuptools", "numpy", "msgpack"],
    zip_safe=False,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="Embedded driving simulator that the unmodified CARLA client drives.",
    license="Apache-2.0",
    entry_points={"console_scripts": [f"server = {PACKAGE}.cli:main"]},
)
