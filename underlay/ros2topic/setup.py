from setuptools import find_packages, setup

package_name = "ros2topic"

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
    description="The topic command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "topic = ros2topic.command.topic:TopicCommand",
        ],
        "ros2topic.verb": [
            "bw = ros2topic.verb.bw:BwVerb",
            "delay = ros2topic.verb.delay:DelayVerb",
            "echo = ros2topic.verb.echo:EchoVerb",
            "find = ros2topic.verb.find:FindVerb",
            "hz = ros2topic.verb.hz:HzVerb",
            "info = ros2topic.verb.info:InfoVerb",
            "list = ros2topic.verb.list:ListVerb",
            "type = ros2topic.verb.type:TypeVerb",
            "pub = ros2topic.verb.pub:PubVerb",
        ],
    },
)
