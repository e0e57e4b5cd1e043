"""The product is plain ROS 2: it uses nothing that upstream's packages and `requirements/` do not bring.

Walks the Python imports, C++ includes, CMake packages and manifests of `src/`. What only `underlay/` has would
work on a machine without a ROS 2 install and fail on all others.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "src"
UPSTREAM = {
    line
    for line in Path(__file__).with_name("upstream_packages.txt").read_text().split("\n")
    if line[:1].isalpha()
}
WORKSPACE = {manifest.parent.name for manifest in SOURCES.glob("*/package.xml")}
# What underlay's packages have beyond upstream's.
ADDITIONS = {"ros2cli.node.calls", "ros2cli.node.discovery", "ros2cli.testing", "ros2cli.verb.verb_command"}
SYSTEM_FOLDERS = {"arpa", "linux", "netinet", "sys"}
CMAKE_MODULES = {"Threads", "Python3", "GTest"}


def python_files() -> list[Path]:
    return sorted(path for path in SOURCES.rglob("*.py") if path.name != "setup.py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{name.name}") for name in node.names)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required_distributions() -> set[str]:
    names = set()
    for file in (ROOT / "requirements").glob("*.txt"):
        if file.name == "ros.txt":  # a ROS 2 install brings its own
            continue
        for line in file.read_text().splitlines():
            match = re.match(r"[A-Za-z0-9][\w.-]*", line)
            if match:
                names.add(normal(match.group()))
    return names


def is_local(path: Path, module: str) -> bool:
    """Whether a module is a file beside the importing one or at the top of its package's test folder."""
    folders = [path.parent, *(parent / "test" for parent in path.parents if parent.parent == SOURCES)]
    return any((folder / f"{module}.py").is_file() or (folder / module).is_dir() for folder in folders)


def test_python_imports() -> None:
    required = required_distributions()
    distributions = packages_distributions()
    strange = []
    for path in python_files():
        for line, name in imports(path):
            module = name.partition(".")[0]
            if module in sys.stdlib_module_names or module in UPSTREAM | WORKSPACE or is_local(path, module):
                if any(name == addition or name.startswith(addition + ".") for addition in ADDITIONS):
                    strange.append(f"{path.relative_to(ROOT)}:{line}: {name} is an addition of underlay/")
                continue
            names = {normal(found) for found in distributions.get(module, [module])}
            if not names & required:
                strange.append(
                    f"{path.relative_to(ROOT)}:{line}: {module} is neither upstream's nor required"
                )
    assert not strange, "\n".join(strange)


def test_includes() -> None:
    strange = []
    own = {path.name for path in SOURCES.glob("*/include/*")}
    for path in sorted(found for kind in ("*.cpp", "*.hpp", "*.h") for found in SOURCES.rglob(kind)):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            folder = match.group(1).partition("/")[0] if match and "/" in match.group(1) else ""
            if folder and folder not in UPSTREAM | WORKSPACE | own | SYSTEM_FOLDERS | {"gtest", "gmock"}:
                strange.append(f"{path.relative_to(ROOT)}:{number}: {match and match.group(1)}")
    assert not strange, "\n".join(strange)


@pytest.mark.parametrize("manifest", sorted(SOURCES.glob("*/package.xml")), ids=lambda path: path.parent.name)
def test_manifests_and_cmake(manifest: Path) -> None:
    root = ElementTree.parse(manifest).getroot()
    names = [str(element.text) for element in root if element.tag.endswith("depend")]
    strange = [n for n in names if n not in UPSTREAM | WORKSPACE and not n.startswith("python3-")]
    assert len(names) == len(set(zip(names, [e.tag for e in root if e.tag.endswith("depend")], strict=True)))
    for file in sorted(manifest.parent.rglob("CMakeLists.txt")):
        found = re.findall(r"find_package\(\s*([A-Za-z0-9_]+)", file.read_text())
        strange += [name for name in found if name not in UPSTREAM | WORKSPACE | CMAKE_MODULES]
    assert not strange


def test_underlay_has_upstreams_names_only() -> None:
    assert {path.parent.name for path in (ROOT / "underlay").glob("*/package.xml")} <= UPSTREAM


@pytest.mark.parametrize(
    ("file", "prefix"), [("environment.yml", "ros-jazzy-"), ("deployment/Dockerfile", "ros-${ROS_DISTRO}-")]
)
def test_other_ways_to_set_up_name_upstreams_packages(file: str, prefix: str) -> None:
    found = re.findall(rf"{re.escape(prefix)}([a-z0-9-]+)", (ROOT / file).read_text())
    names = {name.replace("-", "_") for name in found} - {"ros_base"}
    assert names
    assert names <= UPSTREAM
    manifests = [ElementTree.parse(path).getroot() for path in SOURCES.glob("*/package.xml")]
    used = {str(element.text) for root in manifests for element in root if element.tag.endswith("depend")}
    beside_ros_base = {"diagnostic_updater", "launch_testing", "rosbag2_storage_mcap", "vision_msgs"}
    assert used & beside_ros_base <= names
