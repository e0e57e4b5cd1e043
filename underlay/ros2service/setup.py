from setuptools import find_packages, setup

package_name = "ros2service"

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
    description="The service command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "service = ros2service.command.service:ServiceCommand",
        ],
        "ros2service.verb": [
            "call = ros2service.verb.call:CallVerb",
            "echo = ros2service.verb.echo:EchoVerb",
            "find = ros2service.verb.find:FindVerb",
            "info = ros2service.verb.info:InfoVerb",
            "list = ros2service.verb.list:ListVerb",
            "type = ros2service.verb.type:TypeVerb",
        ],
    },
)
