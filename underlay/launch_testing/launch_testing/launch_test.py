"""The `launch_test` command."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from .junitxml import unittestResultsToXml
from .loader import LoadTestsFromPythonModule
from .test_runner import LaunchTestRunner, successful


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("launch_test_file", help="Path to the launch test")
    parser.add_argument(
        "launch_arguments", nargs="*", metavar="name:=value", help="Arguments of the launch description"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="Run with verbose output")
    parser.add_argument(
        "-s", "--show-args", "--show-arguments", action="store_true", help="Show the arguments of the launch"
    )
    parser.add_argument("--package-name", help="Name of the package under test")
    parser.add_argument("--junit-xml", dest="xmlpath", help="Write the results to a JUnit file")


def main(argv: list[str] | None = None) -> int:
    """Run a launch test; return 0 if all tests passed, 1 if not, 2 for a file that is none."""
    parser = argparse.ArgumentParser(description="Launch integration testing tool.")
    add_arguments(parser)
    args = parser.parse_args(argv)
    path = Path(args.launch_test_file)
    if not path.is_file():
        parser.error(f"Test file '{path}' does not exist")
    try:
        runs = LoadTestsFromPythonModule(load_module(path), name=args.package_name or path.stem)
    except RuntimeError as error:
        parser.error(str(error))
    if args.show_args:
        description, _ = runs[0].describe(lambda: None)
        for argument in description.get_launch_arguments():
            print(f"{argument.name}: {argument.description or 'no description given'}")
        return 0
    results = LaunchTestRunner(runs, args.launch_arguments, args.verbose).run()
    for found in results.values():
        for result in found:
            if not result.wasSuccessful():
                for kind, test, text in result.problems():
                    print(f"\n{kind.upper()}: {test}\n{text}", file=sys.stderr)
    if args.xmlpath:
        document = unittestResultsToXml(name=args.package_name or path.stem, test_results=results)
        os.makedirs(os.path.dirname(os.path.abspath(args.xmlpath)), exist_ok=True)
        document.write(args.xmlpath, encoding="utf-8", xml_declaration=True)
    return 0 if successful(results) else 1


def load_module(path: Path) -> ModuleType:
    """Import a file whose folder need not be a package; modules beside it can be imported, too."""
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"'{path}' is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def run() -> None:
    """Run `main` and exit with its code."""
    sys.exit(main())


if __name__ == "__main__":
    run()
