from setuptools import find_packages, setup

package_name = "ros2component"

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
    description="The component command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "component = ros2component.command.component:ComponentCommand",
        ],
        "ros2component.verb": [
            "list = ros2component.verb.list:ListVerb",
            "load = ros2component.verb.load:LoadVerb",
            "types = ros2component.verb.types:TypesVerb",
            "unload = ros2component.verb.unload:UnloadVerb",
        ],
    },
)
