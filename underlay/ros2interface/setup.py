from setuptools import find_packages, setup

package_name = "ros2interface"

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
    description="The interface command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "interface = ros2interface.command.interface:InterfaceCommand",
        ],
        "ros2interface.verb": [
            "list = ros2interface.verb.list:ListVerb",
            "package = ros2interface.verb.package:PackageVerb",
            "packages = ros2interface.verb.packages:PackagesVerb",
            "proto = ros2interface.verb.proto:ProtoVerb",
            "show = ros2interface.verb.show:ShowVerb",
        ],
    },
)
