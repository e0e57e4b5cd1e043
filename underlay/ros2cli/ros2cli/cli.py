"""Entry point of the `ros2` command."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import Any

from .command import add_subparsers_on_demand
from .plugin_system import COMMAND_GROUP

_QUIET_EXIT = {"ExternalShutdownException": signal.SIGTERM}


def main(
    *,
    script_name: str = "ros2",
    argv: list[str] | None = None,
    description: str | None = None,
    extension: Any = None,
) -> int | str | None:
    """Parse `argv` (default: this process's) and run the command; return its exit code or error text.

    Ctrl-C ends quietly with exit code 2 (SIGINT's number), as upstream does.
    """
    if description is None:
        description = f"{script_name} is an extensible command-line tool for ROS 2."
    # Lines must come out at once where the output is a pipe, as with upstream.
    if "--use-python-default-buffering" not in (argv if argv is not None else sys.argv):
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--use-python-default-buffering",
        action="store_true",
        default=False,
        help="Do not force line buffering in stdout and instead use the python default buffering, which "
        "might be affected by PYTHONUNBUFFERED/-u and depends on whatever stdout is interactive or not",
    )
    if extension is not None:
        extension.add_arguments(parser, script_name)
    else:
        add_subparsers_on_demand(
            parser,
            script_name,
            "_command",
            COMMAND_GROUP,
            hide_extensions=["extension_points"],
            required=False,
            argv=argv,
        )
    if "_ARGCOMPLETE" in os.environ:
        from argcomplete import autocomplete

        autocomplete(parser, exclude=["-h", "--help"])
    args = parser.parse_args(args=argv)
    command = extension if extension is not None else getattr(args, "_command", None)
    if command is None:
        parser.print_help()
        return 0
    return _run(command, parser, args)


def _run(command: Any, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int | str | None:
    try:
        code: int | str | None = command.main(parser=parser, args=args)
    except KeyboardInterrupt:
        code = int(signal.SIGINT)
    except BrokenPipeError:  # the reader of our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except RuntimeError as error:
        code = str(error)
    except Exception as error:  # rclpy's classes are not imported for this
        if type(error).__name__ not in _QUIET_EXIT:
            raise
        code = int(_QUIET_EXIT[type(error).__name__])
    return code


def run() -> None:
    """Run `main` and exit with its code."""
    sys.exit(main())
