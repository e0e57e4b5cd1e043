from setuptools import find_packages, setup

package_name = "ros2bag"

setup(
    name=package_name,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
    ],
    extras_require={"test": ["pytest"]},
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="The bag command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "bag = ros2bag.command.bag:BagCommand",
        ],
        "ros2bag.verb": [
            "info = ros2bag.verb.info:InfoVerb",
            "play = ros2bag.verb.play:PlayVerb",
            "record = ros2bag.verb.record:RecordVerb",
        ],
    },
)
