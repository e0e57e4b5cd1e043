from setuptools import find_packages, setup

package_name = "ros2cli"

setup(
    name=package_name,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/" + package_name]),
        ("share/" + package_name, ["package.xml"]),
        ("share/" + package_name + "/environment", ["completion/ros2-argcomplete.bash"]),
    ],
    extras_require={"test": ["pytest"]},
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="The ros2 command line tool. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "ros2 = ros2cli.cli:run",
        ],
        "ros2cli.command": [
            "daemon = ros2cli.command.daemon:DaemonCommand",
        ],
        "ros2cli.daemon.verb": [
            "start = ros2cli.verb.daemon:StartVerb",
            "status = ros2cli.verb.daemon:StatusVerb",
            "stop = ros2cli.verb.daemon:StopVerb",
        ],
    },
)
