from setuptools import find_packages, setup

PACKAGE = "drl_agent_node"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={f"{PACKAGE}.evaluation": ["*.j2"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=[
        "setuptools",
        "gymnasium",
        "jinja2",
        "matplotlib",
        "mlflow-skinny",
        "numba",
        "numpy",
        "onnx",
        "onnxruntime",
        "pettingzoo",
        "pydantic",
        "PyYAML",
        "scipy",
        "tensorboard",
        "torch",
    ],
    extras_require={"test": ["pytest"]},
    zip_safe=True,
    maintainer="carla_drl maintainers",
    maintainer_email="maintainers@carla-drl.invalid",
    description="Learns and drives: a vector environment over fleet topics, PPO, SAC, checkpoints and the agent node.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "agent_node = drl_agent_node.start:main",
            "compare = drl_agent_node.evaluation.compare:main",
            "compare_curriculum = drl_agent_node.compare_curriculum:main",
            "export = drl_agent_node.export:main",
            "infer_node = drl_agent_node.start:infer",
            "models = drl_agent_node.tracking.models:main",
            "pretrain = drl_agent_node.pretrain:main",
            "train_distributed = drl_agent_node.distributed.train:main",
        ]
    },
)
