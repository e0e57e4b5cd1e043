from setuptools import find_packages, setup

package_name = "ros2param"

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
    description="The param command of ros2. Upstream's API for machines whose ROS 2 comes from PyPI.",
    license="Apache-2.0",
    entry_points={
        "ros2cli.command": [
            "param = ros2param.command.param:ParamCommand",
        ],
        "ros2param.verb": [
            "delete = ros2param.verb.delete:DeleteVerb",
            "describe = ros2param.verb.describe:DescribeVerb",
            "dump = ros2param.verb.dump:DumpVerb",
            "get = ros2param.verb.get:GetVerb",
            "list = ros2param.verb.list:ListVerb",
            "load = ros2param.verb.load:LoadVerb",
            "set = ros2param.verb.set:SetVerb",
        ],
    },
)
