from setuptools import find_packages, setup

package_name = "ros2action"

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
    description="The action command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "action = ros2action.command.action:ActionCommand",
        ],
        "ros2action.verb": [
            "find = ros2action.verb.find:FindVerb",
            "info = ros2action.verb.info:InfoVerb",
            "list = ros2action.verb.list:ListVerb",
            "send_goal = ros2action.verb.send_goal:SendGoalVerb",
            "type = ros2action.verb.type:TypeVerb",
        ],
    },
)
