"""The middleware."""

from __future__ import annotations

from . import DoctorCheck, DoctorReport, Report, Result, doctor_error


class MiddlewareCheck(DoctorCheck):
    """Can a node be made."""

    def category(self) -> str:
        """Return the report's name."""
        return "middleware"

    def check(self) -> Result:
        """Check it."""
        import rclpy

        result = Result()
        context = rclpy.Context()
        try:
            rclpy.init(context=context, args=[])
            rclpy.create_node("_ros2doctor", context=context).destroy_node()
        except Exception as error:
            doctor_error(f"no node can be made: {error}")
            result.add_error()
        finally:
            context.try_shutdown()
        return result


class MiddlewareReport(DoctorReport):
    """Which middleware is used."""

    def category(self) -> str:
        """Return the report's name."""
        return "middleware"

    def report(self) -> Report:
        """Return it."""
        from rclpy.utilities import get_rmw_implementation_identifier

        report = Report("RMW MIDDLEWARE")
        report.add_to_report("middleware name", get_rmw_implementation_identifier())
        return report
