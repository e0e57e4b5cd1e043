from setuptools import find_packages, setup

package_name = "ros2doctor"

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
    description="The doctor command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "doctor = ros2doctor.command.doctor:DoctorCommand",
            "wtf = ros2doctor.command.doctor:WtfCommand",
        ],
        "ros2doctor.verb": [
            "hello = ros2doctor.verb.hello:HelloVerb",
        ],
        "ros2doctor.checks": [
            "discovery = ros2doctor.api.network:DiscoveryCheck",
            "graph = ros2doctor.api.graph:GraphCheck",
            "middleware = ros2doctor.api.middleware:MiddlewareCheck",
            "platform = ros2doctor.api.platform:PlatformCheck",
            "shared_memory = ros2doctor.api.network:SharedMemoryCheck",
        ],
        "ros2doctor.report": [
            "environment = ros2doctor.api.platform:EnvironmentReport",
            "middleware = ros2doctor.api.middleware:MiddlewareReport",
            "packages = ros2doctor.api.platform:PackageReport",
            "platform = ros2doctor.api.platform:PlatformReport",
            "topics = ros2doctor.api.graph:TopicReport",
        ],
    },
)
