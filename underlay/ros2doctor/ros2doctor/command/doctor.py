"""Checks this machine and the graph."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.command import CommandExtension, add_subparsers_on_demand


class DoctorCommand(CommandExtension):
    """Check ROS setup and other potential issues."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        group = parser.add_mutually_exclusive_group()
        group.add_argument("-r", "--report", action="store_true", help="Print all reports")
        group.add_argument(
            "-rf", "--report-failed", action="store_true", help="Print reports of failed checks"
        )
        parser.add_argument(
            "-iw", "--include-warnings", action="store_true", help="Count checks with warnings as failed"
        )

        parser.add_argument(
            "-ep", "--exclude-packages", action="store_true", help="Exclude package checks or report"
        )
        add_subparsers_on_demand(parser, cli_name, "_verb", "ros2doctor.verb", required=False)

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> Any:
        """Run the verb, or all checks, or print reports; return 1 if a check failed."""
        from .. import api

        if hasattr(args, "_verb"):
            return args._verb.main(args=args)
        exclude = args.exclude_packages
        if args.report:
            for report in api.generate_reports(exclude_packages=exclude):
                api.format_print(report)
            return 0
        failed_categories, failed_names, total = api.run_checks(
            include_warnings=args.include_warnings, exclude_packages=exclude
        )
        if not failed_names:
            print(f"\nAll {total} checks passed\n")
            return 0
        if args.report_failed:
            for report in api.generate_reports(categories=failed_categories, exclude_packages=exclude):
                api.format_print(report)
        print(f"\n{len(failed_names)}/{total} check(s) failed\n\nFailed modules: {' '.join(failed_names)}\n")
        return 1


class WtfCommand(DoctorCommand):
    """Use `wtf` as alias to `doctor`."""
