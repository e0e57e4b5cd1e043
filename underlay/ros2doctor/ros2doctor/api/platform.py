"""The machine, the environment and the packages."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

from . import DoctorCheck, DoctorReport, Report, Result, doctor_error, doctor_warn

_VARIABLES = (
    "ROS_", "RMW_", "AMENT_PREFIX_PATH", "FASTDDS_", "FASTRTPS_", "CYCLONEDDS_URI", "LD_LIBRARY_PATH", "PYTHONPATH",
)  # fmt: skip


class PlatformCheck(DoctorCheck):
    """Are the prefixes of `AMENT_PREFIX_PATH` there, and is this the Python that the packages are for."""

    def category(self) -> str:
        """Return the report's name."""
        return "platform"

    def check(self) -> Result:
        """Check it."""
        result = Result()
        prefixes = [prefix for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if prefix]
        if not prefixes:
            doctor_error("AMENT_PREFIX_PATH is not set; source the setup file of your workspace")
            result.add_error()
        for prefix in prefixes:
            if not os.path.isdir(prefix):
                doctor_warn(f"AMENT_PREFIX_PATH has '{prefix}', which does not exist")
                result.add_warning()
        return result


class PlatformReport(DoctorReport):
    """The machine."""

    def category(self) -> str:
        """Return the report's name."""
        return "platform"

    def report(self) -> Report:
        """Return it."""
        report = Report("PLATFORM INFORMATION")
        report.add_to_report("system", platform.system())
        report.add_to_report("platform info", platform.platform())
        report.add_to_report("release", platform.release())
        report.add_to_report("processor", platform.machine())
        report.add_to_report("python", f"{platform.python_version()} ({sys.executable})")
        return report


class EnvironmentReport(DoctorReport):
    """The variables that ROS reads."""

    def category(self) -> str:
        """Return the report's name."""
        return "platform"

    def report(self) -> Report:
        """Return it."""
        report = Report("ENVIRONMENT")
        for name, value in sorted(os.environ.items()):
            if name.startswith(_VARIABLES):
                report.add_to_report(name, value)
        return report


class PackageReport(DoctorReport):
    """The wheels that ROS comes from, if it does."""

    def category(self) -> str:
        """Return the report's name."""
        return "package"

    def report(self) -> Report:
        """Return it."""
        report = Report("PACKAGES FROM PYPI")
        found = {(str(d.metadata["Name"]), d.version) for d in metadata.distributions()}
        for name, version in sorted(pair for pair in found if pair[0].startswith("ros-")):
            report.add_to_report(name, version)
        return report
